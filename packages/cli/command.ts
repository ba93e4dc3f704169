import type { ExitStatus } from "./exit_status.ts";
import type { Options, OptionTable } from "./options.ts";
import type { Output } from "./output.ts";

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
   * @param output Where the answer goes.
   * @returns The exit status.
   */
  run(options: Options, output: Output): Promise<ExitStatus> | ExitStatus;
}
