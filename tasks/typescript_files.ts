import { join } from "@std/path";

/** The TypeScript files under a folder, in the order of their names. */
export function* typescriptFiles(folder: string): Generator<string> {
  const entries = [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1);
  for (const { name, isDirectory } of entries) {
    const path = join(folder, name);
    if (isDirectory && name !== "node_modules") yield* typescriptFiles(path);
    else if (name.endsWith(".ts")) yield path;
  }
}
