import { type Audit, type Verdict, VERDICT_ADVICE } from "@tdx/host";
import type { ExitStatus } from "../exit_status.ts";

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** An audit for the textfile collector of the Prometheus node_exporter. */
export function prometheus(audit: Audit, status: ExitStatus): string {
  const { platform, kernel, verdict, checks } = audit;
  return [
    family("tdx_audit_info", "Platform plugin and kernel behaviour on reclaim, always 1.", [
      [{ platform, kernel }, 1],
    ]),
    family(
      "tdx_audit_verdict",
      "Verdict of tdx audit: 1 for the one that holds, 0 for the others.",
      (Object.keys(VERDICT_ADVICE) as Verdict[]).map((
        name,
      ) => [{ verdict: name }, name === verdict ? 1 : 0]),
    ),
    family(
      "tdx_audit_check",
      "Result of each check of tdx audit, always 1.",
      checks.map(({ id, result }) => [{ check: id, result }, 1]),
    ),
    family("tdx_audit_exit_status", "Exit status of tdx audit: 0 fine, 2 hazard, 3 unknown.", [
      [{}, status],
    ]),
  ].join("\n");
}

function family(name: string, help: string, samples: readonly Sample[]): string {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...samples.map((s) => line(name, s))]
    .join("\n");
}

/** Label values here are names of plugins, verdicts and checks: nothing in them needs escaping. */
function line(name: string, [labels, value]: Sample): string {
  const inner = Object.entries(labels).map(([label, text]) => `${label}="${text}"`).join(",");
  return `${name}${inner === "" ? "" : `{${inner}}`} ${value}`;
}
