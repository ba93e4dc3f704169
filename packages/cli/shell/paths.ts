import { TEARDOWN_PATHS, type TeardownPath } from "@tdx/reclaim";
import type { Options, OptionTable } from "./options.ts";

/** The option that says which path a teardown takes. */
export const PATH_OPTION: OptionTable = {
  path: {
    value: TEARDOWN_PATHS.join("|"),
    help: "only this path; default dynamic, and what terminate, a proposed patch, would change",
  },
};

/** Each path in words. */
export const PATHS: Readonly<Record<TeardownPath, string>> = {
  dynamic: "pages first, as mainline Linux",
  terminate: "key first, a proposed patch",
};

/** The path that is asked for; else the one that Linux takes, and the others to compare. */
export function readPaths(options: Options): readonly [TeardownPath, ...TeardownPath[]] {
  const path = options.pick("path", TEARDOWN_PATHS);
  return path === undefined ? TEARDOWN_PATHS : [path];
}
