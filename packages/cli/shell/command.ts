import type { Options, OptionTable } from "./options.ts";
import type { Stdio } from "./stdio.ts";

/** Exit statuses, the same for every subcommand. */
export const EXIT = {
  /** Nothing to worry about. */
  fine: 0,
  /** Wrong usage or bad input. */
  usage: 1,
  /** A hazard was found. */
  hazard: 2,
  /** The answer could not be told. */
  unknown: 3,
} as const;

/** How a command ends: 0 fine, 1 usage or bad input, 2 a hazard was found, 3 could not tell. */
export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];

/** A subcommand of `tdx`. */
export interface Command {
  /** One line for the list of subcommands. */
  readonly summary: string;
  /** How the arguments are written: `[--platform NAME]`. */
  readonly usage: string;
  /** The options it takes, besides `--help` and `--json`. */
  readonly options: OptionTable;
  /** A command line to start from. */
  readonly example: string;
  /**
   * Runs it.
   *
   * @param options What was typed.
   * @param stdio Where the answer goes, and where standard input is.
   * @returns The exit status.
   */
  run(options: Options, stdio: Stdio): Promise<ExitStatus> | ExitStatus;
}

/** What `tdx --help` says. */
export function generalHelp(commands: readonly (readonly [string, Command])[]): string {
  return [
    "tdx: give the private memory of Intel TDX guests back to the host",
    "",
    "Usage: tdx SUBCOMMAND [OPTIONS]",
    "",
    ...columns(commands.map(([name, { summary }]) => [name, summary])),
    "",
    "tdx --version says which version this is.",
    "",
    "Each takes --json and --help. Exit status: 0 fine, 1 usage or bad input, 2 a hazard was found,",
    "3 could not tell.",
  ].join("\n");
}

/** What `tdx SUBCOMMAND --help` says. */
export function commandHelp(name: string, command: Command, options: OptionTable): string {
  const rows = Object.entries(options).map(([option, { value, help }]) =>
    [`--${option}${value === undefined ? "" : ` ${value}`}`, help] as const
  );
  return [
    `tdx ${name}: ${command.summary}`,
    "",
    `Usage: tdx ${name} ${command.usage}`.trimEnd(),
    "",
    ...columns(rows),
    "",
    `Example: ${command.example}`,
  ].join("\n");
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
