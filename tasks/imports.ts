/**
 * Checks that imports run only in the allowed direction: core imports nothing, a platform only core,
 * and so on down the list; and that no file imports itself by way of others, be it for a type only.
 * Tests may import anything in the workspace.
 *
 * @module
 */
import { dirname, join, normalize } from "@std/path";
import ts from "typescript";
import { circles } from "./circles.ts";
import { packageFolders, typescriptFiles } from "./workspace.ts";

/** What each package may import, `cli` everything below it. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  "packages/core": [],
  "packages/seam": ["@tdx/core"],
  "packages/linux": ["@tdx/core"],
  "packages/reclaim": ["@tdx/core", "@tdx/seam", "@tdx/linux"],
  "packages/litmus": ["@tdx/core", "@tdx/seam", "@tdx/linux", "@tdx/reclaim"],
  "packages/report": [
    "@tdx/core",
    "@tdx/seam",
    "@tdx/linux",
    "@tdx/reclaim",
    "@tdx/litmus",
    "@observablehq/plot",
    "linkedom",
    "preact",
    "preact-render-to-string",
  ],
  "packages/host": [
    "@tdx/core",
    "@tdx/seam",
    "@tdx/linux",
    "@tdx/reclaim",
    "node:sqlite",
    "node:stream",
    "node:zlib",
  ],
  "packages/cli": ["@tdx", "@std/cli", "@std/csv", "@std/fmt/colors", "@std/text"],
  "explorer": ["@tdx", "@codemirror", "@lezer/highlight", "preact"],
};
const PLATFORM = ["@tdx/core"];

const problems: string[] = [];
/** For each file, the files of its package that it imports. */
const imports = new Map<string, string[]>();
for (const home of [...packageFolders(), "explorer"]) {
  const allowed = home.startsWith("platforms/") ? PLATFORM : ALLOWED[home];
  if (allowed === undefined) {
    problems.push(`${home}: Expected what it may import in tasks/imports.ts`);
    continue;
  }
  for (const file of typescriptFiles(home)) {
    if (!/_(test|bench)\.tsx?$/.test(file)) checkFile(file, home, allowed);
  }
}
for (const circle of circles(imports)) {
  problems.push(`Expected no circle, got ${[...circle, circle[0]].join("\n  imports ")}`);
}
problems.forEach((problem) => console.error(problem));
console.log(`imports: ${imports.size} files, ${problems.length} problems`);
if (problems.length > 0) Deno.exit(1);

function checkFile(file: string, home: string, allowed: readonly string[]): void {
  const inside: string[] = [];
  const { importedFiles } = ts.preProcessFile(Deno.readTextFileSync(file), true, false);
  for (const { fileName: target } of importedFiles) {
    const path = normalize(join(dirname(file), target));
    if (target.startsWith(".") && path.startsWith(`${home}/`)) inside.push(path);
    else if (!allowed.some((name) => target === name || target.startsWith(`${name}/`))) {
      problems.push(`${file}: Expected an import that is allowed, got ${target}`);
    }
  }
  imports.set(file, inside);
}
