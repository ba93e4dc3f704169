import { MiB, showSize } from "@tdx/core/plugin";
import { showText } from "@tdx/core/text";
import { requireGranted } from "./permissions.ts";
import type { Output, Stdio } from "./stdio.ts";
import { systemTrouble } from "./system_trouble.ts";
import { UsageError } from "./values.ts";

const READABLE = "a readable file";

/** More than that is no text of one machine, and a string holds only twice as much. */
const MOST_BYTES = 256 * 2 ** 20;

/**
 * Reads a whole text; see {@link openInput}.
 *
 * @throws {UsageError} If it is larger than 256 MiB, too.
 */
export async function readInput(
  path: string,
  stdio: Stdio,
  expected: string = READABLE,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const piece of await openInput(path, stdio, expected)) {
    size += piece.length;
    if (size > MOST_BYTES) {
      throw new UsageError(`Expected at most 256 MiB, got more in ${showText(path)}`);
    }
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}

/**
 * Opens a file that is read as it comes.
 *
 * @param path A file, or `-` for standard input.
 * @param expected What else it could have been, for messages.
 * @throws {UsageError} If it cannot be opened, saying why.
 */
export async function openInput(
  path: string,
  stdio: Stdio,
  expected: string = READABLE,
): Promise<ReadableStream<Uint8Array>> {
  if (path === "-") return shownBytes(stdio.stdin(), "standard input", stdio);
  try {
    requireGranted({ name: "read", path });
    const file = await Deno.open(path);
    if (!(await file.stat()).isDirectory) return shownBytes(file.readable, path, stdio);
    file.close();
  } catch (error) {
    throw new UsageError(`Expected ${expected}, got ${showText(path)}: ${reason(error, path)}`);
  }
  throw new UsageError(`Expected ${expected}, got ${showText(path)}: it is a folder`);
}

/** Shows every some MiB how much was read. */
function shownBytes(
  bytes: ReadableStream<Uint8Array>,
  name: string,
  output: Output,
): ReadableStream<Uint8Array> {
  let [read, shown] = [0, 0];
  return bytes.pipeThrough(
    new TransformStream({
      transform(piece, controller) {
        controller.enqueue(piece);
        read += piece.length;
        if (read - shown < 4 * MiB) return;
        shown = read;
        output.progress(`${showText(name)}: ${showSize(read)} read`);
      },
    }),
  );
}

function reason(error: unknown, path: string): string {
  if (error instanceof Deno.errors.NotCapable) {
    // Deno keeps /proc, /sys and /dev from any program that has less than all permissions.
    return error.message.includes("all access")
      ? "Deno does not let a program read it; give - instead, and pipe it in"
      : `reading it needs --allow-read=${path}`;
  }
  return systemTrouble(error) ?? String(error);
}
