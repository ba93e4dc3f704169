import { dirname, join, normalize } from "@std/path";
import { readPackageConfig } from "../workspace.ts";
import { emit } from "./emit.ts";

/** A package of this workspace that is built for npm. */
export interface Package {
  readonly name: string;
  readonly version: string;
  /** Its folder, for example `packages/core`. */
  readonly folder: string;
  /** Its modules by the entry that other packages import: `.`, `./cpu`. */
  readonly entries: Readonly<Record<string, string>>;
}

/** A package as npm wants it, in memory. */
export interface Built {
  /** Text by path within the package. */
  readonly files: ReadonlyMap<string, string>;
  /** Names of the packages that it imports. */
  readonly dependencies: ReadonlySet<string>;
}

/**
 * Entries that are left out: the command and what calls machine code by `Deno.dlopen` run in Deno
 * alone; the report brings packages from npm, and what it is written in is no plain TypeScript.
 */
const LEFT_OUT: Readonly<Record<string, readonly string[]>> = {
  "@tdx/cli": [".", "./platforms"],
  "@tdx/host": ["./meter"],
  "@tdx/report": ["."],
};

/**
 * Reads what a package says about itself.
 *
 * @param folder Its folder.
 * @returns The package, without the entries that are left out.
 */
export function readPackage(folder: string): Package {
  const { name, version, exports } = readPackageConfig(folder);
  const kept = Object.entries(exports).filter(([entry]) => !LEFT_OUT[name]?.includes(entry));
  return { name, version, folder, entries: Object.fromEntries(kept) };
}

/**
 * Builds every module that the entries lead to.
 *
 * @param one The package.
 * @returns Its files, and what it depends on.
 */
export async function buildModules({ folder, entries }: Package): Promise<Built> {
  const files = new Map<string, string>();
  const dependencies = new Set<string>();
  const waiting = Object.values(entries).map(normalize);
  const seen = new Set(waiting);
  for (const path of waiting) {
    const module = emit(await Deno.readTextFile(`${folder}/${path}`), `${folder}/${path}`);
    files.set(path.replace(/\.ts$/, ".js"), module.code);
    files.set(path.replace(/\.ts$/, ".d.ts"), module.declarations);
    for (const next of module.files.map((file) => join(dirname(path), file))) {
      if (!seen.has(next)) waiting.push(next);
      seen.add(next);
    }
    for (const name of module.modules) {
      if (!name.startsWith("node:")) dependencies.add(name.split("/").slice(0, 2).join("/"));
    }
  }
  return { files, dependencies };
}
