/**
 * What the workspace holds: its packages, what they export, their files. Paths are from its root.
 *
 * @module
 */
import { fromFileUrl, join } from "@std/path";

/** The folder of the workspace. */
export const ROOT: string = fromFileUrl(new URL("..", import.meta.url));

/** The folders of packages and platforms, in order. */
export function packageFolders(): string[] {
  return ["packages", "platforms"].flatMap((group) =>
    [...Deno.readDirSync(join(ROOT, group))].map(({ name }) => `${group}/${name}`).sort()
  );
}

/** What the `deno.json` of a package says. */
export interface PackageConfig {
  readonly name: string;
  readonly version: string;
  /** Modules by the entry that others import: `.`, `./cpu`. */
  readonly exports: Readonly<Record<string, string>>;
}

/** Reads the `deno.json` of a package. */
export function readPackageConfig(folder: string): PackageConfig {
  const config = JSON.parse(Deno.readTextFileSync(join(ROOT, folder, "deno.json")));
  const { name, version, exports } = config;
  return { name, version, exports: typeof exports === "string" ? { ".": exports } : exports };
}

/** A module that others import by a name. */
export interface EntryPoint {
  /** The name, for example `@tdx/core/rules`. */
  readonly specifier: string;
  readonly file: string;
}

/** What packages and platforms export. */
export function entryPoints(): EntryPoint[] {
  return packageFolders().flatMap((home) => {
    const { name, exports } = readPackageConfig(home);
    return Object.entries(exports).map(([entry, file]) => ({
      specifier: name + entry.slice(1),
      file: join(home, file),
    }));
  });
}

/** The TypeScript files under a folder, in the order of their names. */
export function* typescriptFiles(folder: string): Generator<string> {
  const entries = [...Deno.readDirSync(join(ROOT, folder))].sort((a, b) =>
    a.name < b.name ? -1 : 1
  );
  for (const { name, isDirectory } of entries) {
    const path = `${folder}/${name}`;
    if (isDirectory && name !== "node_modules") yield* typescriptFiles(path);
    else if (/\.tsx?$/.test(name)) yield path;
  }
}

/** Whether a file or folder is there. */
export function exists(path: string): boolean {
  try {
    Deno.statSync(join(ROOT, path));
    return true;
  } catch {
    return false;
  }
}
