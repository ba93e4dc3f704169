/**
 * Runs code blocks of the documentation, and compares what they print with what is shown.
 *
 * @module
 */
import { stripAnsiCode } from "@std/fmt/colors";
import { dirname, join, toFileUrl } from "@std/path";
import { main } from "../packages/cli/main.ts";
import type { Block } from "./markdown.ts";
import { type Finished, run } from "./run.ts";
import { ROOT } from "./workspace.ts";

/** A line that calls the command and needs no shell. */
const CALL = /^(?:deno task (?:-q )?tdx|\.\/tdx) ([^'"`$|<>&;*\\]*?)(?: +#.*)?$/;

/**
 * Runs an `sh` block; it ends at the first command that fails. Where all it does is to call the
 * command, that is done in this process, which is quicker.
 *
 * @param code The block.
 * @param cwd Where; default: the folder of the workspace.
 */
export async function runShell(code: string, cwd: string = ROOT): Promise<Finished> {
  const calls = code.split("\n").filter((line) => !/^\s*(#|$)/.test(line))
    .map((line) => CALL.exec(line)?.[1]);
  if (cwd === ROOT && calls.every((call) => call !== undefined)) return await runCalls(calls);
  // This very Deno comes first, whatever the PATH has.
  const start = 'PATH="$0:$PATH" exec sh -e -c "$1"';
  const args = ["-c", start, dirname(Deno.execPath()), code];
  return await run("sh", args, { cwd, env: { NO_COLOR: "1" } });
}

async function runCalls(calls: readonly string[]): Promise<Finished> {
  let [code, stdout, stderr] = [0, "", ""];
  const output = {
    // A terminal that the tests run on is none of the command's.
    print: (text: string) => void (stdout += `${stripAnsiCode(text)}\n`),
    note: (text: string) => void (stderr += `${text}\n`),
    progress() {},
  };
  for (const call of calls) {
    code = await main(call.split(/ +/), output);
    if (code !== 0) break;
  }
  return { code, stdout, stderr };
}

/** Whether a `ts` block calls what it imports from `@std/assert`. */
export function asserts({ code }: Pick<Block, "code">): boolean {
  const [statement, names] = /import \{([^}]*)\} from "@std\/assert";/.exec(code) ?? [];
  if (statement === undefined) return false;
  const rest = code.replace(statement, "");
  return names!.split(",").map((name) => name.trim()).filter(Boolean)
    .some((name) => new RegExp(`^(?!\\s*//).*\\b${name}\\(`, "m").test(rest));
}

/**
 * Runs a `ts` block that asserts, in this process: `deno test --doc` would take a third of a second
 * to give each a worker of its own. `deno check --doc` looks at its types.
 *
 * @param block The block; its imports are those of its file.
 * @throws {Error} If it fails; the message begins with its place.
 */
export async function runExample({ file, line, code }: Block): Promise<void> {
  const home = toFileUrl(join(ROOT, file));
  const resolve = (name: string) =>
    name.startsWith(".") ? new URL(name, home).href : import.meta.resolve(name);
  const text = code.replace(/(?<=\b(?:from |import\()")[^"]+(?=")/g, resolve);
  try {
    await import(`data:application/typescript,${encodeURIComponent(text)}`);
  } catch (error) {
    throw new Error(`${file}:${line}: ${(error as Error).message}`);
  }
}

/** Runs a `ts` block without any permission. */
export function runTypeScript(code: string): Promise<Finished> {
  const args = ["run", "--quiet", "--no-prompt", "--ext=ts", "-"];
  return run(Deno.execPath(), args, { env: { NO_COLOR: "1" }, input: code });
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
