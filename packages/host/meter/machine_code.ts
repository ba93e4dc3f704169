/** A routine in machine code, beside the assembly that it was written from. */
export interface Routine {
  /** Its instructions, in order. */
  readonly lines: readonly RoutineLine[];
  /** Their bytes, one after the other. */
  readonly code: Uint8Array<ArrayBuffer>;
}

/** One instruction. */
export interface RoutineLine {
  readonly bytes: readonly number[];
  /** In Intel's syntax as the GNU assembler reads it; `1:` is a label that `1b` jumps back to. */
  readonly assembly: string;
}

/**
 * Reads a routine: one instruction a line, its bytes in hexadecimal, a bar, its assembly.
 *
 * @param listing The lines; blank ones are skipped.
 * @returns The routine.
 * @throws {SyntaxError} Where a line is anything else.
 */
export function routine(listing: string): Routine {
  const lines = listing.split("\n").map((text) => text.trim()).filter(Boolean).map(readLine);
  return { lines, code: new Uint8Array(lines.flatMap(({ bytes }) => bytes)) };
}

function readLine(text: string, index: number): RoutineLine {
  const match = /^((?:[0-9a-f]{2} )+) *\| (.+)$/.exec(text);
  if (match === null) {
    throw new SyntaxError(
      `listing:${index + 1}:1: Expected bytes, a bar and an instruction, got "${text}"`,
    );
  }
  return {
    bytes: match[1]!.trim().split(" ").map((byte) => parseInt(byte, 16)),
    assembly: match[2]!,
  };
}
