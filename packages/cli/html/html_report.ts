import type { ReportOrigin } from "@tdx/report";
import type { Options } from "../shell/options.ts";
import { shellQuoted } from "../shell/show.ts";
import type { Stdio, WriteFile } from "../shell/stdio.ts";
import { UsageError } from "../shell/values.ts";

/** The option that asks for a report. */
export const HTML_OPTION = {
  html: { value: "FILE", help: "write a report with every detail to this HTML file besides" },
} as const;

/**
 * Makes sure that the file of {@link HTML_OPTION} can be written, before any work is done.
 *
 * @returns What writes the report, after the answer; `undefined` where none was asked for.
 * @throws {UsageError} If it cannot be written.
 */
export async function htmlWriter(options: Options, stdio: Stdio): Promise<WriteFile | undefined> {
  const file = options.text("html");
  if (file === "-") {
    throw new UsageError("Expected --html with a file, got -: standard output has the answer");
  }
  return file === undefined ? undefined : await stdio.fileWriter(file);
}

/** Says how and when this run of a subcommand was started. */
export async function originNow(subcommand: string, { args }: Options): Promise<ReportOrigin> {
  const { VERSION } = await import("../shell/version.ts");
  return {
    commandLine: shellLine(["tdx", subcommand, ...args]),
    date: new Date(),
    version: VERSION,
  };
}

/** What a shell takes as it is. */
const PLAIN = /^[\w@%+=:,./-]+$/;

/** Writes a command line so that a POSIX shell reads the same words again. */
export function shellLine(words: readonly string[]): string {
  return words.map((word) => PLAIN.test(word) ? word : shellQuoted(word))
    .join(" ");
}
