/**
 * Writes `packages/cli/install.json`, by which `deno install --global` takes the command from a
 * clone: that copies a configuration away from its workspace and its links, so all names stand in one
 * map, which it leaves in its place.
 *
 * @module
 */
import { join, relative } from "@std/path";
import { entryPoints, packageFolders, ROOT } from "./workspace.ts";

/** The map's file. */
export const INSTALL_MAP = "packages/cli/install.json";

/** What the map says. */
export function installMap(): string {
  const read = (folder: string) =>
    JSON.parse(Deno.readTextFileSync(join(ROOT, folder, "deno.json")));
  const { links } = read(".") as { readonly links: readonly string[] };
  const here = (file: string) => relative("packages/cli", file).replace(/^(?!\.)/, "./");
  const files = [
    ...entryPoints(),
    ...links.flatMap((folder) => {
      const { name, exports } = read(folder);
      return Object.entries<string>(exports).map(([entry, file]) => ({
        specifier: name + entry.slice(1),
        file: join(folder, file),
      }));
    }),
  ].map(({ specifier, file }) => [specifier, here(file)]);
  const npm = packageFolders().flatMap((folder) =>
    Object.entries<string>(read(folder).imports ?? {})
      .filter(([, where]) => where.startsWith("npm:"))
  );
  const { compilerOptions } = read("packages/report");
  const map = {
    imports: Object.fromEntries([...files, ...npm]),
    compilerOptions,
    nodeModulesDir: "none",
    unstable: ["lazy-dynamic-imports"],
  };
  return `${JSON.stringify(map, null, 2)}\n`;
}

if (import.meta.main) Deno.writeTextFileSync(join(ROOT, INSTALL_MAP), installMap());
