import type { Output } from "./output.ts";
import { UsageError } from "./usage_error.ts";

/**
 * Writes a text where the user wants it.
 *
 * @param path A file, or `-` for standard output.
 * @param text The text.
 * @param output Standard output.
 * @throws {UsageError} Where the file cannot be written, saying why.
 */
export async function writeOutput(path: string, text: string, output: Output): Promise<void> {
  if (path === "-") return output.print(text.trimEnd());
  try {
    await Deno.writeTextFile(path, text);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) {
      throw new UsageError(`Writing ${path} needs --allow-write=${path}`);
    }
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`Expected a file that can be written, got ${path}: ${reason}`);
  }
}
