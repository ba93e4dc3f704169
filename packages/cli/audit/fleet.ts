import { type FleetSummary, summarizeFleet } from "@tdx/host";
import { EXIT, type ExitStatus } from "../shell/command.ts";
import { openInput } from "../shell/input.ts";
import type { Options } from "../shell/options.ts";
import { printJson, table } from "../shell/show.ts";
import type { Stdio } from "../shell/stdio.ts";
import { UsageError } from "../shell/values.ts";
import { type AuditFormat, VERDICT_EXIT } from "./formats.ts";

/** `tdx audit --fleet`: what the audits of many hosts come to. */
export async function runFleet(
  options: Options,
  format: AuditFormat,
  stdio: Stdio,
): Promise<ExitStatus> {
  if (format !== "text" && format !== "json") {
    throw new UsageError(`Expected --format text or json with --fleet, got ${format}`);
  }
  const beside = [
    ...options.among(["root", "kernel", "explain"]).map((name) => `--${name}`),
    ...options.operands,
  ];
  if (beside.length > 0) {
    throw new UsageError(`Expected --fleet alone, got ${beside.join(" ")} beside it`);
  }
  const file = options.text("fleet")!;
  const summary = await summarizeFleet(await openInput(file, stdio));
  if (summary.hosts === 0 && summary.broken === 0) {
    throw new UsageError(`Expected audits, one JSON object a line, got nothing in ${file}`);
  }
  if (format === "json") printJson(stdio, summary);
  else stdio.print(fleetText(summary, file));
  return statusOf(summary);
}

/** The worst that any host would exit with; of a line that is not an audit nothing is known. */
function statusOf({ groups, broken }: FleetSummary): ExitStatus {
  const all = groups.map(({ verdict, incidents }) =>
    incidents > 0 ? EXIT.hazard : VERDICT_EXIT[verdict]
  );
  if (all.includes(EXIT.hazard)) return EXIT.hazard;
  return broken > 0 || all.includes(EXIT.unknown) ? EXIT.unknown : EXIT.fine;
}

function fleetText({ hosts, groups, broken, brokenLines }: FleetSummary, file: string): string {
  const rows = groups.map((group) => [
    String(group.hosts),
    String(group.incidents),
    group.platform,
    group.kernel,
    group.verdict,
    group.examples.join(" "),
  ]);
  const verdicts = [...new Map(groups.map(({ verdict, advice }) => [verdict, advice]))];
  return [
    table(["hosts", "records", "platform", "kernel", "verdict", "for example"], rows),
    "",
    ...verdicts.map(([verdict, advice]) => `${verdict}: ${advice}.`),
    "records: so many of them have uncorrected errors or lost pages on record.",
    "",
    `${hosts} hosts; lines that are not an audit: ${broken}`,
    ...brokenLines.map(({ line, trouble }) => `${file}:${line}:1: ${trouble}`),
    ...(broken > brokenLines.length ? [`and ${broken - brokenLines.length} more`] : []),
  ].join("\n");
}
