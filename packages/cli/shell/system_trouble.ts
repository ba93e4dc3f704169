import { UsageError } from "./values.ts";

/** Words for what the system says of a file, a stream or a disk. */
const WORDS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EIO: "the device failed to read or write",
  EISDIR: "it is a folder",
  ELOOP: "too many symbolic links",
  EMFILE: "too many open files",
  ENAMETOOLONG: "its name is too long",
  ENFILE: "too many open files",
  ENOENT: "no such file",
  ENOSPC: "no space is left on the device",
  ENOTDIR: "a part of its path is no folder",
  EPERM: "operation not permitted",
  EPIPE: "nobody reads it any more",
  EROFS: "the file system is read-only",
};

/**
 * Says in words what an error of the system is.
 *
 * @returns The words; `undefined` if it is no such error.
 */
export function systemTrouble(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { readonly code?: unknown };
  if (typeof code === "string" && /^E[A-Z0-9]+$/.test(code)) return WORDS[code] ?? code;
  if (error instanceof Deno.errors.NotFound) return WORDS["ENOENT"];
  // Deno gives some of them no code.
  return /^(.{1,100}) \(os error \d+\)/.exec(error.message)?.[1]?.toLowerCase();
}

/**
 * What to say of an error: libraries refuse bad input with some, and the system fails.
 *
 * @returns The words; `undefined` for a bug, which keeps its stack trace.
 */
export function messageOf(error: unknown): string | undefined {
  if (
    error instanceof UsageError || error instanceof RangeError || error instanceof SyntaxError
  ) {
    return error.message;
  }
  const trouble = systemTrouble(error);
  return trouble && `Expected to read the input and write the answer to its end, got: ${trouble}`;
}
