import {
  assessMachineCheck,
  type LoggedMachineCheck,
  type LogListener,
  type LogSummary,
  type MachineCheckAssessment,
  MachineCheckPages,
  type UncleanedMemory,
} from "@tdx/host";
import { readRecords, readSnapshot } from "../mce/input.ts";
import { MceJson } from "../mce/json.ts";
import { hostOf, MCE_OPTIONS, recordFormat } from "../mce/options.ts";
import { damageText, recordText, summaryText, uncleanedText } from "../mce/text.ts";
import { type Command, EXIT, type ExitStatus } from "../shell/command.ts";
import type { Options } from "../shell/options.ts";
import type { Stdio } from "../shell/stdio.ts";
import { UsageError } from "../shell/values.ts";

type Severity = MachineCheckAssessment["grades"][number]["severity"];

/** What a record exits with; the worst one counts. */
const SEVERITY_EXIT: Readonly<Record<Severity, ExitStatus>> = {
  panic: EXIT.hazard,
  recovered: EXIT.hazard,
  sigbus: EXIT.hazard,
  "memory-failure": EXIT.hazard,
  logged: EXIT.unknown,
  none: EXIT.unknown,
  "not-graded": EXIT.unknown,
  corrected: EXIT.fine,
};

/** `tdx mce`: was a machine check TDX's, and did the kernel do right. */
export const mceCommand: Command = {
  summary: "say what machine-check records mean for TDX, and what Linux does with them",
  usage: "[FILE|-] [--format FORM] [--maxpa BITS --keyid-bits BITS] [--root DIR] [--explain]",
  options: MCE_OPTIONS,
  example: "dmesg | tdx mce -",
  async run(options, stdio) {
    const host = await hostOf(options);
    let uncleaned = null as UncleanedMemory | null;
    let read = null as LogSummary | null;
    const { name, records } = inputOf(options, stdio, {
      onUncleaned: (last) => uncleaned = last,
      onEnd: (summary) => read = summary,
    });
    const json = options.has("json") ? new MceJson(stdio) : undefined;
    const explain = wantsExplanation(options);
    const pages = new MachineCheckPages();
    const severities = new Map<string, number>();
    let exit: ExitStatus = EXIT.fine;
    let count = 0;
    for await (const logged of records) {
      const assessed = assessMachineCheck(logged, host);
      pages.add(assessed);
      exit = worse(exit, exitOf(logged, assessed));
      const severity = assessed.grades.length === 1 ? assessed.grades[0]!.severity : "undecided";
      severities.set(severity, (severities.get(severity) ?? 0) + 1);
      count++;
      if (json) json.record(logged, assessed);
      else stdio.print(`${recordText(logged, assessed, name, explain)}\n`);
    }
    if (json) json.end(pages, uncleaned, read);
    else {
      stdio.print(summaryText(pages, severities, count, name, read));
      if (read !== null && read.damage.length > 0) stdio.print(damageText(read));
      if (uncleaned !== null) stdio.print(`\n${uncleanedText(uncleaned, name)}`);
    }
    if (uncleaned !== null) return EXIT.hazard;
    return read === null ? exit : worse(exit, exitOfReading(read));
  },
};

/** The file that is named, else the log of the snapshot, else what is piped in. */
function inputOf(options: Options, stdio: Stdio, listener: LogListener) {
  const [path, ...others] = options.operands;
  if (others.length > 0) throw new UsageError(`Expected one file, got ${others[0]} too`);
  const root = options.text("root");
  if (path === undefined && root !== undefined) {
    if (options.text("format") !== undefined) {
      throw new UsageError("Expected --format with a file: the log of a snapshot is a kernel log");
    }
    return { name: `${root}/dmesg`, records: readSnapshot(root, stdio, listener) };
  }
  if (path === undefined && stdio.stdinIsTerminal) {
    throw new UsageError("Expected a file of machine-check records, or records piped in");
  }
  const file = path ?? "-";
  const name = file === "-" ? "stdin" : file;
  const format = recordFormat(options);
  return { name, records: readRecords(file, name, format, stdio, listener) };
}

function wantsExplanation(options: Options): boolean {
  if (options.has("explain") && options.has("json")) {
    throw new UsageError("Expected --explain or --json, got both: JSON holds every rule anyway");
  }
  return options.has("explain");
}

/** What was not read may hold a record. */
function exitOfReading({ log, damage }: LogSummary): ExitStatus {
  return log && damage.length === 0 ? EXIT.fine : EXIT.unknown;
}

function exitOf(
  { told }: LoggedMachineCheck,
  { grades, cause, status }: MachineCheckAssessment,
): ExitStatus {
  if (cause.name === "td-integrity" || cause.name === "host-integrity") return EXIT.hazard;
  // The registers of another CPU are not read by Intel's rules.
  if (cause.rule === "other-vendor") return EXIT.unknown;
  if (cause.rule === "invalid") return EXIT.fine;
  const missing = status === undefined && (told === undefined || told.by === "kernel");
  if (missing && told?.severity !== "corrected") return EXIT.unknown;
  return grades.map(({ severity }) => SEVERITY_EXIT[severity]).reduce(worse);
}

/** A hazard outweighs what could not be told, and that outweighs what is fine. */
function worse(a: ExitStatus, b: ExitStatus): ExitStatus {
  return [EXIT.hazard, EXIT.unknown].find((status) => a === status || b === status) ?? EXIT.fine;
}
