import { quote } from "../../_text_lines.ts";
import { UnreadableError } from "./reading.ts";

/** A kernel's version as `uname -r` gives it. */
export interface KernelRelease {
  /** All of it: `6.18.3-1-generic`. */
  readonly text: string;
  readonly major: number;
  readonly minor: number;
}

/** Reads `/proc/sys/kernel/osrelease`. */
export function readKernelRelease(text: string): KernelRelease {
  const match = /^(([0-9]{1,4})\.([0-9]{1,4})[\w.+~-]{0,100})\s*$/.exec(text);
  if (match === null) {
    throw new UnreadableError(`Expected a kernel release such as 6.18.3, got ${quote(text)}`);
  }
  return { text: match[1]!, major: Number(match[2]), minor: Number(match[3]) };
}

/** Whether a kernel is of a version or later, by its number alone. */
export function atLeast(release: KernelRelease, major: number, minor: number): boolean {
  return release.major > major || (release.major === major && release.minor >= minor);
}
