import { showCount } from "@tdx/core";
import { replayCalls, type ReplayedCalls, type ReplayedDifference } from "@tdx/host";
import { generic } from "@tdx/platform-generic";
import type { DecodedStatus } from "@tdx/seam";
import { EXIT, type ExitStatus } from "../shell/command.ts";
import { hex, printJson } from "../shell/show.ts";
import type { Output } from "../shell/stdio.ts";

/** Replays a trace and says where module and model part: 2 if they do, 3 if it could not tell. */
export function showReplay(
  text: string,
  name: string,
  output: Output,
  json: boolean,
): ExitStatus {
  const replayed = replayCalls(text, { platform: generic, name });
  const { difference, agreed, outside, incomplete, lost } = replayed;
  if (json) {
    printJson(output, { ...replayed, unknown: Object.fromEntries(replayed.unknown) });
  } else output.print(replayText(name, replayed));
  if (difference !== null) return EXIT.hazard;
  return agreed === 0 || outside + incomplete + lost > 0 ? EXIT.unknown : EXIT.fine;
}

function replayText(name: string, replayed: ReplayedCalls): string {
  const { calls, agreed, busy, unknown, outside, incomplete, lost, difference } = replayed;
  const rest = [
    [busy, "found something busy, which another processor decides: not made on the model"],
    [outside, "are of TDs that were created before the trace began: not made on the model"],
    [incomplete, "have no status or lack arguments: not made on the model"],
    [lost, "events were lost"],
    ...[...unknown].map(([leaf, count]) =>
      [count, `are ${leaf}, which the model has not`] as const
    ),
  ] as const;
  return [
    difference === null
      ? `${name}: module and model agree in ${showCount(agreed)} of ${showCount(calls, "SEAMCALL")}`
      : `${name}: module and model part, after ${
        showCount(agreed, "SEAMCALL")
      } in which they agree`,
    ...(difference === null ? [] : differenceText(name, difference)),
    ...rest.filter(([count]) => count > 0).map(([count, what]) => `  ${showCount(count)} ${what}`),
  ].join("\n");
}

function differenceText(name: string, difference: ReplayedDifference): string[] {
  const { line, function: leaf, operands, recorded, model, rule } = difference;
  return [
    `${name}:${line}: ${leaf} ${operands}`,
    `  module  ${statusText(recorded)}`,
    `  model   ${typeof model === "string" ? model : statusText(model)}`,
    `  rule    ${rule === null ? "none of its own" : `${rule}, docs/RULES.md`}`,
  ];
}

function statusText({ value, name, operand, meaning }: DecodedStatus): string {
  return `${name}${operand === null ? "" : ` ${operand}`} (${hex(value, 16)}): ${meaning}`;
}
