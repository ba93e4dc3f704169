import type { Option, Options, OptionTable } from "./options.ts";
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

/** The options that every subcommand takes. */
export const COMMON_OPTIONS: OptionTable = {
  help: { help: "say how to use it" },
  json: { help: "answer with one JSON object" },
  quiet: { help: "show no progress" },
};

/** All options of a subcommand. */
export function allOptions({ options }: Command): OptionTable {
  return { ...options, ...COMMON_OPTIONS };
}

/** What the exit statuses mean, in words. */
export const EXIT_MEANINGS: readonly (readonly [ExitStatus, string])[] = [
  [EXIT.fine, "fine"],
  [EXIT.usage, "usage or bad input"],
  [EXIT.hazard, "a hazard was found"],
  [EXIT.unknown, "could not tell"],
];

/** An option as it is typed, with the name of its value. */
export function optionUsage(name: string, { value }: Option): string {
  return `--${name}${value === undefined ? "" : ` ${value}`}`;
}

/** A subcommand by its name. */
export type NamedCommand = readonly [name: string, command: Command];

/** What `tdx --help` says, in lines of at most `columns` characters where words allow it. */
export function generalHelp(commands: readonly NamedCommand[], columns: number): string {
  return [
    ...wrap("tdx: give the private memory of Intel TDX guests back to the host", columns),
    "",
    "Usage: tdx SUBCOMMAND [OPTIONS]",
    "",
    ...inColumns(commands.map(([name, { summary }]) => [name, summary]), columns),
    "",
    ...wrap(
      "tdx --version (-V) says which version this is; tdx completions bash|zsh|fish makes a shell " +
        "complete all this, and tdx man is a page for man -l -.",
      columns,
    ),
    "",
    ...wrap(
      "Each takes --json, --quiet (-q) and --help (-h; also tdx help SUBCOMMAND). Exit status: " +
        `${EXIT_MEANINGS.map((pair) => pair.join(" ")).join(", ")}.`,
      columns,
    ),
  ].join("\n");
}

/** What `tdx SUBCOMMAND --help` says, in lines of at most `columns` characters. */
export function commandHelp(name: string, command: Command, columns: number): string {
  return [
    ...wrap(`tdx ${name}: ${command.summary}`, columns),
    "",
    ...wrap(`Usage: tdx ${name} ${command.usage}`.trimEnd(), columns),
    "",
    ...inColumns(
      Object.entries(allOptions(command)).map(([option, row]) => [
        optionUsage(option, row),
        row.help,
      ]),
      columns,
    ),
    "",
    ...wrap(`Example: ${command.example}`, columns),
  ].join("\n");
}

/** The widest that a left column becomes; what is wider has a line of its own. */
const WIDEST_LEFT = 24;

function inColumns(rows: readonly (readonly [string, string])[], columns: number): string[] {
  const lefts = rows.map(([left]) => left.length).filter((width) => width <= WIDEST_LEFT);
  const indent = Math.max(...lefts) + 4;
  return rows.flatMap(([left, right]) => {
    const [first, ...rest] = wrap(right, columns - indent);
    const isWide = left.length + 4 > indent;
    const lines = isWide
      ? [`  ${left}`, " ".repeat(indent) + first]
      : [`  ${left}`.padEnd(indent) + first];
    return [...lines, ...rest.map((line) => " ".repeat(indent) + line)];
  });
}

/** Breaks a text between words into lines of at most `width` characters. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const line = lines.at(-1);
    if (line === undefined || line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines;
}
