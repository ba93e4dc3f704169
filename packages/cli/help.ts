import type { Command } from "./command.ts";
import type { OptionTable } from "./options.ts";

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
