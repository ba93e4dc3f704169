import { UsageError } from "./usage_error.ts";

/**
 * Reads a whole text.
 *
 * @param path A file, or `-` for standard input.
 * @returns Its text.
 * @throws {UsageError} Where it cannot be read, saying why.
 */
export async function readInput(path: string): Promise<string> {
  if (path === "-") return await new Response(Deno.stdin.readable).text();
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw new UsageError(`Expected a readable file, got ${path}: ${reason(error, path)}`);
  }
}

function reason(error: unknown, path: string): string {
  if (error instanceof Deno.errors.NotFound) return "no such file";
  if (error instanceof Deno.errors.NotCapable) {
    // Deno keeps /proc, /sys and /dev from any program that has less than all permissions.
    return error.message.includes("all access")
      ? "Deno does not let a program read it; give - instead, and pipe it in"
      : `reading it needs --allow-read=${path}`;
  }
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (error instanceof Deno.errors.IsADirectory) return "it is a folder";
  return error instanceof Error ? error.message : String(error);
}
