/**
 * Runs code blocks of the documentation, and compares what they print with what is shown.
 *
 * @module
 */
import { dirname } from "@std/path";
import type { Block } from "./markdown.ts";

/** What came of a block. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs an `sh` block in a folder; it ends at the first command that fails. */
export function runShell(code: string, cwd: string): Promise<Ran> {
  // This very Deno comes first, whatever the PATH has.
  const start = 'NO_COLOR=1 PATH="$0:$PATH" exec sh -e -c "$1"';
  return finish("sh", ["-c", start, dirname(Deno.execPath()), code], cwd);
}

/** Runs a `ts` block in a folder, without any permission. */
export function runTypeScript(code: string, cwd: string): Promise<Ran> {
  const start = 'NO_COLOR=1 exec "$0" run --quiet --no-prompt --ext=ts -';
  return finish("sh", ["-c", start, Deno.execPath()], cwd, code);
}

/** The exit status that an `sh` block announces by `# exit status 2`; 0 where it says nothing. */
export function announcedStatus({ code }: Block): number {
  return Number(/# exit status (\d+)$/m.exec(code)?.[1] ?? 0);
}

/**
 * Whether a text is as it is shown. `…` stands for what differs from run to run: within a line for
 * any characters, alone on a line for any lines.
 */
export function isAsShown(text: string, shown: string): boolean {
  const pattern = shown.split("\n").map((line) =>
    line.trim() === "…" ? "(?:.*\n)*?" : `${line.split("…").map(RegExp.escape).join(".*?")}\n`
  ).join("");
  return new RegExp(`^${pattern}$`).test(`${text}\n`);
}

/** Runs a program and gives it an input, empty by default. */
export async function finish(
  program: string,
  args: string[],
  cwd: string,
  input = "",
): Promise<Ran> {
  const child = new Deno.Command(program, {
    args,
    cwd,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const [{ code, stdout, stderr }] = await Promise.all([
    child.output(),
    // A program may end without reading its input.
    new Blob([input]).stream().pipeTo(child.stdin).catch(() => {}),
  ]);
  const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, stdout: out!, stderr: error! };
}
