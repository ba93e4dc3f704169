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
 * await main(["status", "c000030000000001"], { print: (text) => lines.push(text) });
 * assertMatch(lines.join("\n"), /PAGE_METADATA_INCORRECT/);
 * ```
 *
 * @module
 */
import { showLines, showText } from "@tdx/core/text";
import {
  allOptions,
  type Command,
  commandHelp,
  EXIT,
  type ExitStatus,
  generalHelp,
  type NamedCommand,
} from "./shell/command.ts";
import { readOptions } from "./shell/options.ts";
import {
  type Output,
  processStdio,
  shownStdio,
  type Stdio,
  type WriteFile,
} from "./shell/stdio.ts";
import { messageOf } from "./shell/system_trouble.ts";
import { pick, UnknownNameError, UsageError } from "./shell/values.ts";

export { EXIT, type ExitStatus, type Output, type Stdio, type WriteFile };

/** The subcommands; each is loaded only when it is asked for, so that starting stays quick. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  audit: async () => (await import("./commands/audit.ts")).auditCommand,
  check: async () => (await import("./commands/check.ts")).checkCommand,
  claims: async () => (await import("./commands/claims.ts")).claimsCommand,
  decide: async () => (await import("./commands/decide.ts")).decideCommand,
  diff: async () => (await import("./commands/diff.ts")).diffCommand,
  estimate: async () => (await import("./commands/estimate.ts")).estimateCommand,
  export: async () => (await import("./commands/export.ts")).exportCommand,
  litmus: async () => (await import("./commands/litmus.ts")).litmusCommand,
  mce: async () => (await import("./commands/mce.ts")).mceCommand,
  meter: async () => (await import("./commands/meter.ts")).meterCommand,
  platforms: async () => (await import("./commands/platforms.ts")).platformsCommand,
  prove: async () => (await import("./commands/prove.ts")).proveCommand,
  shutdown: async () => (await import("./commands/shutdown.ts")).shutdownCommand,
  status: async () => (await import("./commands/status.ts")).statusCommand,
  teardown: async () => (await import("./commands/teardown.ts")).teardownCommand,
};

/**
 * Runs `tdx`.
 *
 * @param args The arguments.
 * @param stdio Where the answer goes and where standard input is, as own properties; what it lacks
 * is this process's.
 * @returns The exit status; a user's mistake is one line on standard error and status 1.
 *
 * @example The decision for a platform, as an object
 * ```ts
 * import { main } from "@tdx/cli";
 * import { assertEquals } from "@std/assert";
 *
 * const lines: string[] = [];
 * const args = ["decide", "--platform", "emr", "--json"];
 *
 * const status = await main(args, { print: (text) => lines.push(text) });
 * const { clear, needed } = JSON.parse(lines.join(""));
 * assertEquals([status, clear, needed], [0, true, true]);
 * ```
 */
export async function main(
  args: readonly string[],
  stdio: Partial<Stdio> = {},
): Promise<ExitStatus> {
  const own = processStdio();
  // JSON has its links as `url`.
  const links = own.links && !args.includes("--json");
  const whole = shownStdio({ ...own, links, ...stdio });
  try {
    return await run(args, whole);
  } catch (error) {
    const known = messageOf(error);
    if (known === undefined) throw error;
    const message = known + (error instanceof UnknownNameError ? await error.hint() : "");
    // A place in a text is shown with its line and a caret below it; all else is one line.
    const show: typeof showText = error instanceof SyntaxError ? showLines : showText;
    whole.note(`tdx: ${show(message.slice(0, LONGEST_MESSAGE), LONGEST_MESSAGE)}`);
    // More states than --limit allows: not a mistake, but no answer either.
    return (error as Error).name === "StateLimitError" ? EXIT.unknown : EXIT.usage;
  }
}

/** Characters of a message. */
const LONGEST_MESSAGE = 2000;

async function run(args: readonly string[], stdio: Stdio): Promise<ExitStatus> {
  const [name, ...rest] = args;
  if (name === "help" && rest.length === 1) return await run([rest[0]!, "--help"], stdio);
  if (rest.length > 0 && ["--help", "-h", "help", "--version", "-V", "man"].includes(name!)) {
    throw new UsageError(`Expected ${name} alone, got ${rest.join(" ")} behind it`);
  }
  if (name === undefined || ["--help", "-h", "help"].includes(name)) {
    stdio.print(generalHelp(await allCommands(), stdio.columns));
    return name === undefined ? EXIT.usage : EXIT.fine;
  }
  if (name === "--version" || name === "-V") {
    stdio.print((await import("./shell/version.ts")).VERSION);
    return EXIT.fine;
  }
  if (name === "completions" || name === "man") {
    const text = name === "man"
      ? (await import("./shell/man_page.ts")).manPage(await allCommands())
      : (await import("./shell/completions.ts")).completions(rest, await allCommands());
    stdio.print(text);
    return EXIT.fine;
  }
  const command = await pick("the subcommand", name, COMMANDS)();
  const options = readOptions(rest, allOptions(command));
  if (options.has("help")) {
    stdio.print(commandHelp(name, command, stdio.columns));
    return EXIT.fine;
  }
  return await command.run(options, options.has("quiet") ? { ...stdio, progress() {} } : stdio);
}

async function allCommands(): Promise<NamedCommand[]> {
  return await Promise.all(
    Object.entries(COMMANDS).map(async ([name, load]) => [name, await load()] as const),
  );
}

if (import.meta.main) Deno.exit(await main(Deno.args));
