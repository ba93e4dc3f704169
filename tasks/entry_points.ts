import { join } from "@std/path";
import { packageFolders } from "./package_folders.ts";

/** A module that others import by a name. */
export interface EntryPoint {
  /** The name, for example `@tdx/core/rules`. */
  readonly specifier: string;
  /** The module, from the folder of the workspace. */
  readonly file: string;
}

/** What packages and platforms export. */
export function entryPoints(): EntryPoint[] {
  return packageFolders().flatMap((home) => {
    const { name, exports } = JSON.parse(Deno.readTextFileSync(join(home, "deno.json")));
    const files: Record<string, string> = typeof exports === "string" ? { ".": exports } : exports;
    return Object.entries(files).map(([entry, file]) => ({
      specifier: name + entry.slice(1),
      file: join(home, file),
    }));
  });
}
