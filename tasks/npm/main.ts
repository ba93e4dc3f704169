/**
 * Builds the libraries for npm, one folder each: ES modules and declarations for Node, Bun, browsers
 * and TypeScript. `npm pack` and `npm publish` take the folders as they are.
 *
 * JSR serves its packages to npm too, as `@jsr/tdx__core`; that build runs on JSR only. This one has
 * the same layout under the packages' own names, so a program imports `@tdx/core` in every runtime,
 * and what it gets can be tried before anything is published. `@tdx/cli` and `@tdx/host/meter` are
 * left out, they are for Deno, and so is `@tdx/report`, which the command uses. Of `@tdx/host`,
 * `liveSource` and `folderSource` refuse every runtime but Deno, and `readRasdaemon` one without
 * `node:sqlite`, such as Node before 22.13.
 *
 * @module
 */
import { parseArgs } from "@std/cli";
import { dirname, join } from "@std/path";
import { packageFolders } from "../workspace.ts";
import { manifest } from "./manifest.ts";
import { buildModules, type Package, readPackage } from "./package.ts";

const { out } = parseArgs(Deno.args, { string: ["out"], unknown: refuse });
if (typeof out !== "string" || out === "") refuse("no folder");
await requireEmpty(out);
const packages = packageFolders().map(readPackage)
  .filter(({ entries }) => Object.keys(entries).length > 0);
for (const one of packages) await write(one, join(out, one.name.split("/")[1]!));
console.log(`${packages.length} packages in ${out}`);

async function write(one: Package, folder: string): Promise<void> {
  const { files, dependencies } = await buildModules(one);
  for (const [path, text] of files) {
    await Deno.mkdir(dirname(join(folder, path)), { recursive: true });
    await Deno.writeTextFile(join(folder, path), text);
  }
  const siblings = packages.filter(({ name }) => dependencies.has(name));
  if (siblings.length < dependencies.size) {
    throw new Error(
      `Expected ${one.name} to import libraries of this workspace, got ${[...dependencies]}`,
    );
  }
  await Deno.writeTextFile(join(folder, "package.json"), manifest(one, siblings));
  await Deno.copyFile("LICENSE", join(folder, "LICENSE"));
  await Deno.copyFile(join(one.folder, "README.md"), join(folder, "README.md"));
}

/** What an earlier build left would be packed too. */
async function requireEmpty(folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  if (!Deno.readDirSync(folder)[Symbol.iterator]().next().done) refuse(`${folder}, not empty`);
}

function refuse(got: string): never {
  console.error(`Expected --out DIR, a folder that is empty or not there yet, got ${got}`);
  Deno.exit(1);
}
