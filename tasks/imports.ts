/**
 * Checks that imports run only in the allowed direction: core imports nothing, a platform only core,
 * and so on down the list. Tests may import anything in the workspace.
 *
 * @module
 */
import { dirname, join, normalize } from "@std/path";
import ts from "typescript";
import { packageFolders } from "./package_folders.ts";

/** What each package may import, `cli` everything below it. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  "packages/core": [],
  "packages/seam": ["@tdx/core"],
  "packages/reclaim": ["@tdx/core", "@tdx/seam"],
  "packages/litmus": ["@tdx/core", "@tdx/reclaim"],
  "packages/report": [
    "@tdx/core",
    "@tdx/seam",
    "@tdx/reclaim",
    "@tdx/litmus",
    "@observablehq/plot",
    "linkedom",
    "preact",
    "preact-render-to-string",
  ],
  "packages/host": ["@tdx/core", "@tdx/reclaim", "node:sqlite"],
  "packages/cli": ["@tdx", "@std/cli", "@std/fmt/colors", "@std/path", "@std/text"],
  "explorer": ["@tdx", "preact"],
};
const PLATFORM = ["@tdx/core"];

const problems: string[] = [];
let files = 0;
for (const home of [...packageFolders(), "explorer"]) {
  const allowed = home.startsWith("platforms/") ? PLATFORM : ALLOWED[home];
  if (allowed === undefined) {
    problems.push(`${home}: expected a line in ${import.meta.filename?.split("/").pop()}`);
    continue;
  }
  for await (const file of sources(home)) checkFile(file, home, allowed);
}
problems.forEach((problem) => console.error(problem));
console.log(`import directions: ${files} files, ${problems.length} problems`);
if (problems.length > 0) Deno.exit(1);

function checkFile(file: string, home: string, allowed: readonly string[]): void {
  files++;
  const { importedFiles } = ts.preProcessFile(Deno.readTextFileSync(file), true, true);
  for (const { fileName: target } of importedFiles) {
    const inside = target.startsWith(".") &&
      normalize(join(dirname(file), target)).startsWith(`${home}/`);
    const named = allowed.some((name) => target === name || target.startsWith(`${name}/`));
    if (!inside && !named) problems.push(`${file}: may not import ${target}`);
  }
}

async function* sources(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* sources(path);
    else if (/\.tsx?$/.test(name) && !/_(test|bench)\.tsx?$/.test(name)) yield path;
  }
}
