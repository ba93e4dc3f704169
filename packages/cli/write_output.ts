import type { Output } from "./output.ts";
import { requireGranted } from "./require_granted.ts";
import { UsageError } from "./usage_error.ts";

/**
 * Writes a text where the user wants it, whole or not at all.
 *
 * @param path A file, or `-` for standard output.
 * @param text The text.
 * @param output Standard output.
 * @throws {UsageError} Where the file cannot be written, saying why.
 */
export async function writeOutput(path: string, text: string, output: Output): Promise<void> {
  if (path === "-") return output.print(text.trimEnd());
  try {
    requireGranted({ name: "write", path });
    await writeWhole(path, new TextEncoder().encode(text));
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) {
      throw new UsageError(`Writing ${path} needs --allow-write=${path}`);
    }
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`Expected a file that can be written, got ${path}: ${reason}`);
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
