import type { ReportOrigin } from "@tdx/report";
import type { Options } from "../options.ts";
import { VERSION } from "../version.ts";
import { commandLine } from "./command_line.ts";

/** Says how and when this run of a subcommand was started. */
export function originNow(subcommand: string, { args }: Options): ReportOrigin {
  return {
    commandLine: commandLine(["tdx", subcommand, ...args]),
    date: new Date(),
    version: VERSION,
  };
}
