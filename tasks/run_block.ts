/**
 * Runs code blocks of the documentation, and compares what they print with what is shown.
 *
 * @module
 */
import { dirname } from "@std/path";
import type { Block } from "./markdown.ts";
import { type Finished, run } from "./run.ts";

/** Runs an `sh` block in a folder; it ends at the first command that fails. */
export function runShell(code: string, cwd: string): Promise<Finished> {
  // This very Deno comes first, whatever the PATH has.
  const start = 'PATH="$0:$PATH" exec sh -e -c "$1"';
  return run("sh", ["-c", start, dirname(Deno.execPath()), code], { cwd, env: { NO_COLOR: "1" } });
}

/** Runs a `ts` block in a folder, without any permission. */
export function runTypeScript(code: string, cwd: string): Promise<Finished> {
  const args = ["run", "--quiet", "--no-prompt", "--ext=ts", "-"];
  return run(Deno.execPath(), args, { cwd, env: { NO_COLOR: "1" }, input: code });
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
