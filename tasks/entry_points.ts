import { join } from "@std/path";

/** The files that packages and platforms export, from the folder of the workspace. */
export function entryPoints(): string[] {
  return ["packages", "platforms"].flatMap((root) =>
    [...Deno.readDirSync(root)].map(({ name }) => join(root, name)).sort().flatMap((home) => {
      const { exports } = JSON.parse(Deno.readTextFileSync(join(home, "deno.json")));
      const files: string[] = typeof exports === "string" ? [exports] : Object.values(exports);
      return files.map((file) => join(home, file));
    })
  );
}
