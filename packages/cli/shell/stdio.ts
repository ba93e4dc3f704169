import { requireGranted } from "./permissions.ts";
import { UsageError } from "./values.ts";

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

/** What a command reads and writes, besides the files it is told to read. */
export interface Stdio extends Output {
  /** Opens standard input. */
  stdin(): ReadableStream<Uint8Array>;
  /** Whether standard input is a terminal, so that nothing is piped in. */
  readonly stdinIsTerminal: boolean;
  /** Whether the answer may be coloured. */
  readonly colour: boolean;
  /** How many characters a line of help may have. */
  readonly columns: number;
  /**
   * Makes sure that a file can be written, and leaves it as it is.
   *
   * @param path The file.
   * @returns What writes a text to it, whole or not at all.
   * @throws {UsageError} If it cannot be written, saying why.
   */
  fileWriter(path: string): Promise<WriteFile>;
}

/** Writes a text to a file that was named before. */
export type WriteFile = (text: string) => Promise<void>;

/** 128 and the number of SIGPIPE. */
const SIGPIPE_STATUS = 141;
const CLEAR_LINE = "\r\x1b[K";

/** The standard streams of this process. */
export function processStdio(): Stdio {
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
    stdin: () => Deno.stdin.readable,
    stdinIsTerminal: Deno.stdin.isTerminal(),
    colour: Deno.stdout.isTerminal() && !Deno.noColor,
    // Not a terminal: as wide as the project's own texts.
    columns: Deno.stdout.isTerminal() ? Deno.consoleSize().columns : 100,
    fileWriter,
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

async function fileWriter(path: string): Promise<WriteFile> {
  await orWhy(path, () => probe(path));
  return (text) => orWhy(path, () => writeWhole(path, new TextEncoder().encode(text)));
}

/** Says in words why a file cannot be written. */
async function orWhy(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) {
      throw new UsageError(`Writing ${path} needs --allow-write=${path}`);
    }
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`Expected a file that can be written, got ${path}: ${reason}`);
  }
}

/** Opens a file to write, and takes it away again where it was not there before. */
async function probe(path: string): Promise<void> {
  requireGranted({ name: "write", path });
  try {
    (await Deno.open(path, { write: true, createNew: true })).close();
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    (await Deno.open(path, { write: true })).close();
  }
}

/** A file that could be opened but not written to the end is taken away again. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  try {
    for (let written = 0; written < bytes.length;) {
      written += await file.write(bytes.subarray(written));
    }
  } catch (error) {
    await Deno.remove(path);
    throw error;
  }
}
