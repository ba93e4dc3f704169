/**
 * The `tdx` command: `deno run jsr:@tdx/cli SUBCOMMAND`.
 *
 * The README says what each subcommand answers and which permission it asks for.
 *
 * @example What `tdx status` prints
 * ```ts
 * import { main } from "@tdx/cli";
 * import { assertMatch } from "@std/assert";
 *
 * const lines: string[] = [];
 * const output = { print: (text: string) => lines.push(text), note() {}, progress() {} };
 * await main(["status", "c000030000000001"], output);
 * assertMatch(lines.join("\n"), /PAGE_METADATA_INCORRECT/);
 * ```
 *
 * @module
 */
import { requireArray, requireFunction, requireObject, requireString } from "@tdx/core/arguments";
import type { Command } from "./command.ts";
import { EXIT, type ExitStatus } from "./exit_status.ts";
import { commandHelp, generalHelp } from "./help.ts";
import { pick } from "./nearest.ts";
import { readOptions } from "./options.ts";
import { type Output, standardOutput } from "./output.ts";
import { UsageError } from "./usage_error.ts";

export { EXIT, type ExitStatus, type Output };

/** The subcommands; each is loaded only when it is asked for, so that starting stays quick. */
const COMMANDS: Readonly<Record<string, () => Promise<{ command: Command }>>> = {
  audit: () => import("./commands/audit.ts"),
  check: () => import("./commands/check.ts"),
  decide: () => import("./commands/decide.ts"),
  estimate: () => import("./commands/estimate.ts"),
  mce: () => import("./commands/mce.ts"),
  meter: () => import("./commands/meter.ts"),
  platforms: () => import("./commands/platforms.ts"),
  status: () => import("./commands/status.ts"),
  teardown: () => import("./commands/teardown.ts"),
};

const COMMON = {
  help: { help: "say how to use it" },
  json: { help: "answer with one JSON object" },
};

/**
 * Runs `tdx`.
 *
 * @param args The arguments.
 * @param output Where the answer goes.
 * @returns The exit status; a user's mistake is one line on standard error and status 1.
 * @throws {TypeError} Where an argument of this function is of a wrong type.
 *
 * @example The decision for a platform, as an object
 * ```ts
 * import { main } from "@tdx/cli";
 * import { assertEquals } from "@std/assert";
 *
 * const lines: string[] = [];
 * const output = { print: (text: string) => lines.push(text), note() {}, progress() {} };
 *
 * const status = await main(["decide", "--platform", "emr", "--json"], output);
 * const { clear, needed } = JSON.parse(lines.join(""));
 * assertEquals([status, clear, needed], [0, true, true]);
 * ```
 */
export async function main(
  args: readonly string[],
  output: Output = standardOutput(),
): Promise<ExitStatus> {
  requireArray("args", args, requireString);
  requireObject("output", output);
  for (const way of ["print", "note", "progress"] as const) {
    requireFunction(`output.${way}`, output[way]);
  }
  try {
    return await run(args, output);
  } catch (error) {
    if (!isUsersMistake(error)) throw error;
    output.note(`tdx: ${error.message}`);
    return EXIT.usage;
  }
}

async function run(args: readonly string[], output: Output): Promise<ExitStatus> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "help") {
    output.print(generalHelp(await Promise.all(Object.entries(COMMANDS).map(loaded))));
    return name === undefined ? EXIT.usage : EXIT.fine;
  }
  if (name === "--version") {
    output.print((await import("./version.ts")).VERSION);
    return EXIT.fine;
  }
  const { command } = await pick("the subcommand", name, COMMANDS)();
  const table = { ...command.options, ...COMMON };
  const options = readOptions(rest, table);
  if (options.has("help")) {
    output.print(commandHelp(name, command, table));
    return EXIT.fine;
  }
  return await command.run(options, output);
}

async function loaded(
  [name, load]: [string, () => Promise<{ command: Command }>],
): Promise<[string, Command]> {
  return [name, (await load()).command];
}

/** Libraries refuse bad input with these; anything else is a bug and keeps its stack trace. */
function isUsersMistake(error: unknown): error is Error {
  return error instanceof UsageError || error instanceof RangeError || error instanceof SyntaxError;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
