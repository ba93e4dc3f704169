import { citationsIn } from "@tdx/core/plugin";
import { showLines, showText } from "@tdx/core/text";
import { requireGranted } from "./permissions.ts";
import { systemTrouble } from "./system_trouble.ts";
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
  /** Whether what the answer cites may be a link of the terminal (OSC 8). */
  readonly links: boolean;
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
    links: Deno.stdout.isTerminal() && !Deno.noColor && readsEscapes(),
    // Not a terminal: as wide as the project's own texts.
    columns: Deno.stdout.isTerminal() ? Deno.consoleSize().columns : 100,
    fileWriter,
  };
}

/** Terminals skip an escape that they do not know, but for dumb ones; without TERM nothing tells. */
function readsEscapes(): boolean {
  const term = { name: "env", variable: "TERM" } as const;
  if (Deno.permissions.querySync(term).state !== "granted") return false;
  return !["dumb", "", undefined].includes(Deno.env.get("TERM"));
}

/** What a colour begins and ends with. */
// deno-lint-ignore no-control-regex
const COLOUR = /(\x1b\[[0-9;]*m)/;

/**
 * The same streams; what is printed passes {@link showLines}, but for colours where they are meant.
 * What the answer cites becomes a link, where links may be.
 */
export function shownStdio(stdio: Stdio): Stdio {
  const shown = (text: string) =>
    stdio.colour
      ? text.split(COLOUR).map((part, i) => i % 2 === 1 ? part : showLines(part)).join("")
      : showLines(text);
  return {
    ...stdio,
    print: (text) => stdio.print(stdio.links ? linked(shown(text)) : shown(text)),
    note: (text) => stdio.note(shown(text)),
    progress: (text) => stdio.progress(shown(text)),
  };
}

function linked(text: string): string {
  return citationsIn(text).map(({ text, url }) =>
    url === undefined ? text : `\x1b]8;;${url}\x1b\\${text}\x1b]8;;\x1b\\`
  ).join("");
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
  const isNew = await orWhy(path, () => probe(path));
  return (text) => orWhy(path, () => writeWhole(path, new TextEncoder().encode(text), isNew));
}

/** Says in words why a file cannot be written. */
async function orWhy<T>(path: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) {
      // Deno keeps /dev from any program that has less than all permissions.
      throw new UsageError(
        error.message.includes("all access")
          ? `Expected a file that can be written, got ${
            showText(path)
          }: Deno keeps it from programs`
          : `Writing ${path} needs --allow-write=${path}`,
      );
    }
    const reason = systemTrouble(error) ?? String(error);
    throw new UsageError(`Expected a file that can be written, got ${showText(path)}: ${reason}`);
  }
}

/** Opens a file to write, and takes it away again where it was not there before: tells which. */
async function probe(path: string): Promise<boolean> {
  requireGranted({ name: "write", path });
  try {
    (await Deno.open(path, { write: true, createNew: true })).close();
    await Deno.remove(path);
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    (await Deno.open(path, { write: true })).close();
    return false;
  }
}

/**
 * Writes a whole file, or leaves it as it was. What was there stays until the new text has found its
 * place: that is first written behind it, which a full disk refuses. Nothing here asks to read.
 */
async function writeWhole(path: string, bytes: Uint8Array, isNew: boolean): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true });
  // A pipe has no end, a device ends where it begins.
  const size = await file.seek(0, Deno.SeekMode.End).catch(() => 0);
  try {
    if (size > 0) {
      await writeBytes(file, bytes);
      await file.sync();
      await file.seek(0, Deno.SeekMode.Start);
    }
    await writeBytes(file, bytes);
    if (size > 0) await file.truncate(bytes.length);
  } catch (error) {
    if (size > 0) await file.truncate(size);
    if (isNew) await Deno.remove(path);
    throw error;
  }
}

async function writeBytes(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += await file.write(bytes.subarray(written));
  }
}
