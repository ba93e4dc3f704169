import { errorsIn, quote } from "../../_text_lines.ts";
import { wholeText } from "../readers/byte_text.ts";
import { UnreadableError } from "../readers/reading.ts";
import type { HostFile } from "./host_source.ts";

/** The name of a snapshot's list of what the collector tried to read. */
export const MANIFEST = "manifest";

const STATES = ["present", "absent", "unreadable"] as const;
/** By path, what the collector found. */
export type Manifest = ReadonlyMap<string, (typeof STATES)[number]>;

/**
 * Reads the list of a snapshot, lines `absent sys/kernel/kexec_crash_loaded`.
 *
 * @throws {SyntaxError} `manifest:line:1: …` If a line has another form.
 */
export async function readManifest(bytes: AsyncIterable<Uint8Array>): Promise<Manifest> {
  const text = await wholeText(bytes, 2 ** 20).catch((error) => {
    throw error instanceof UnreadableError ? errorsIn(MANIFEST)(1, error.message) : error;
  });
  const lines = text.split("\n").filter((line) => line !== "");
  return new Map(lines.map((line, index) => {
    const [, state, path] = /^([a-z]+) (\S+)$/.exec(line) ?? [];
    const known = STATES.find((name) => name === state);
    if (known === undefined) {
      const want = '"present PATH", "absent PATH" or "unreadable PATH"';
      throw errorsIn(MANIFEST)(index + 1, `Expected ${want}, got ${quote(line)}`);
    }
    return [path!, known];
  }));
}

/** What to say of a file that a snapshot does not hold. */
export function missingFile(path: string, manifest: Manifest | undefined): HostFile {
  switch (manifest?.get(path)) {
    case "absent":
      return { path, state: "absent" };
    case "unreadable":
      return { path, state: "unreadable", reason: "the collector could not" };
    case "present":
      return { path, state: "unreadable", reason: "the manifest lists it, the snapshot lacks it" };
    // Nobody says that the machine lacks it: it may just not have been collected.
    case undefined:
      return { path, state: "unreadable", reason: "it is not in the snapshot" };
  }
}

/** The error for a snapshot in which nothing is known. */
export function nothingKnown(what: string, paths: readonly string[], got: string): RangeError {
  return new RangeError(`Expected ${what} with files such as ${paths[0]}, got ${got}`);
}
