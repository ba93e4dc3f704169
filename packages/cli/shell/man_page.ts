import { allOptions, EXIT_MEANINGS, type NamedCommand, optionUsage } from "./command.ts";
import { VERSION } from "./version.ts";

/** Writes the manual page, in the language of man(7), from what the help says. */
export function manPage(commands: readonly NamedCommand[]): string {
  const subcommands = commands.flatMap(([name, command]) => [
    `.SS ${name} ${escape(command.usage)}`,
    sentence(command.summary),
    ...Object.entries(allOptions(command)).flatMap(([option, row]) => [
      ".TP",
      `.B ${escape(optionUsage(option, row))}`,
      sentence(row.help),
    ]),
    ".PP",
    `Example: ${escape(command.example)}`,
  ]);
  return [
    `.TH TDX 1 "" "${VERSION}" "User Commands"`,
    ".SH NAME",
    "tdx \\- give the private memory of Intel TDX guests back to the host",
    ".SH SYNOPSIS",
    ".B tdx",
    "SUBCOMMAND [OPTIONS]",
    ".SH SUBCOMMANDS",
    ...subcommands,
    ".SH EXIT STATUS",
    ...EXIT_MEANINGS.flatMap(([status, meaning]) => [".TP", `.B ${status}`, sentence(meaning)]),
  ].join("\n");
}

function sentence(text: string): string {
  return `${escape(text[0]!.toUpperCase() + text.slice(1))}.`;
}

/** A text as man(7) takes it: it starts no request, and its dashes are typed as they are read. */
function escape(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replace(/^[.']/gm, "\\&$&");
}
