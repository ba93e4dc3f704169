/**
 * Refuses a runtime that lacks what a source reads with; Node and Bun load this package too.
 *
 * @param source The source, for example `liveSource()`.
 * @throws {Error} Unless it is Deno.
 */
export function requireDeno(source: string): void {
  if ("Deno" in globalThis) return;
  throw new Error(`Expected Deno, which ${source} reads with, got a runtime without it`);
}
