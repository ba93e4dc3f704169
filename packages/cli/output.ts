/** Where a command's words go: the answer to standard output, all else to standard error. */
export interface Output {
  /**
   * Writes lines of the answer.
   *
   * @param text The lines, without the last line end.
   */
  print(text: string): void;
  /**
   * Writes a line beside the answer.
   *
   * @param text The line, without its line end.
   */
  note(text: string): void;
  /**
   * Shows progress on a terminal; does nothing elsewhere.
   *
   * @param text The line that replaces the one shown before.
   */
  progress(text: string): void;
}

/** 128 and the number of SIGPIPE. */
const SIGPIPE_STATUS = 141;
const CLEAR_LINE = "\r\x1b[K";

/** Standard output and standard error of this process. */
export function standardOutput(): Output {
  const encoder = new TextEncoder();
  const terminal = Deno.stderr.isTerminal();
  let shown = false;
  const hide = () => {
    if (shown) Deno.stderr.writeSync(encoder.encode(CLEAR_LINE));
    shown = false;
  };
  return {
    print(text) {
      hide();
      writeAll(Deno.stdout, encoder.encode(`${text}\n`));
    },
    note(text) {
      hide();
      writeAll(Deno.stderr, encoder.encode(`${text}\n`));
    },
    progress(text) {
      if (!terminal) return;
      Deno.stderr.writeSync(encoder.encode(`${CLEAR_LINE}${text}`));
      shown = true;
    },
  };
}

function writeAll(stream: { writeSync(bytes: Uint8Array): number }, bytes: Uint8Array): void {
  try {
    for (let written = 0; written < bytes.length;) {
      written += stream.writeSync(bytes.subarray(written));
    }
  } catch (error) {
    // A reader such as `head` has seen enough: end as SIGPIPE ends other programs.
    if (error instanceof Deno.errors.BrokenPipe) Deno.exit(SIGPIPE_STATUS);
    throw error;
  }
}
