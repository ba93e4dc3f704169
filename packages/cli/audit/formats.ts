import { type Audit, hasIncident, type Verdict, VERDICT_ADVICE } from "@tdx/host";
import { EXIT, type ExitStatus } from "../shell/command.ts";
import { FORMAT_VERSION } from "../shell/show.ts";
import { auditText, type AuditTextOptions } from "./text.ts";

/** What each verdict exits with. */
export const VERDICT_EXIT: Readonly<Record<Verdict, ExitStatus>> = {
  "not-concerned": EXIT.fine,
  fine: EXIT.fine,
  "pays-rightly": EXIT.fine,
  "pays-needlessly": EXIT.fine,
  "at-risk": EXIT.hazard,
  unknown: EXIT.unknown,
};

/**
 * What an audit exits with. A record of lost pages or of an uncorrected error is a hazard that was
 * found, whatever the verdict on the clearing.
 */
function auditStatus({ verdict, checks }: Audit): ExitStatus {
  return hasIncident(checks) ? EXIT.hazard : VERDICT_EXIT[verdict];
}

/** What an audit in a format exits with: as monitoring plugins do where it is theirs. */
export function formatStatus(audit: Audit, format: AuditFormat): ExitStatus {
  return format === "nrpe" ? nrpeStatus(audit) : auditStatus(audit);
}

/** The names of the formats. */
export const AUDIT_FORMATS = ["text", "json", "nrpe", "prometheus", "nfd"] as const;

/** How an audit is written. */
export type AuditFormat = (typeof AUDIT_FORMATS)[number];

/** Writes an audit, without the last line end. */
export const AUDIT_WRITERS: Readonly<
  Record<AuditFormat, (audit: Audit, options: AuditTextOptions) => string>
> = {
  text: auditText,
  // One line, so that the audits of a fleet can be put together in one file.
  json: (audit) => JSON.stringify({ formatVersion: FORMAT_VERSION, ...audit }),
  nrpe,
  prometheus,
  nfd,
};

/** The monitoring plugins' words for exit statuses 0 to 3. */
const WORDS = ["OK", "WARNING", "CRITICAL", "UNKNOWN"] as const;

/** What a monitoring plugin exits with: critical is a host at risk alone. */
function nrpeStatus({ verdict, checks }: Audit): ExitStatus {
  if (verdict === "at-risk") return 2;
  if (verdict === "unknown") return 3;
  return verdict === "pays-needlessly" || hasIncident(checks) ? 1 : 0;
}

/** What a monitoring plugin says of a host that it could not look at. */
export function nrpeTrouble(message: string): string {
  return `TDX ${WORDS[3]} - ${plain(message)}`;
}

/**
 * An audit as a monitoring plugin says it: one line with counts behind the bar, then the checks
 * that are affected or unknown.
 */
function nrpe(audit: Audit): string {
  const { verdict, sentence, checks } = audit;
  const count = (result: string) => checks.filter((check) => check.result === result).length;
  const head = `TDX ${WORDS[nrpeStatus(audit)]} - ${verdict}: ${plain(sentence)}` +
    ` | affected=${count("affected")};;;0;${checks.length} ` +
    `unknown=${count("unknown")};;;0;${checks.length}`;
  const worries = checks.filter(({ result }) => result === "affected" || result === "unknown");
  return [head, ...worries.map(({ id, result, seen }) => `${id} ${result}: ${plain(seen)}`)]
    .join("\n");
}

/** A bar would begin the counts. */
function plain(words: string): string {
  return words.replaceAll("|", "/");
}

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** An audit for the textfile collector of the Prometheus node_exporter. */
function prometheus(audit: Audit): string {
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
      [{}, auditStatus(audit)],
    ]),
  ].join("\n");
}

function family(name: string, help: string, samples: readonly Sample[]): string {
  return [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} gauge`,
    ...samples.map((s) => sampleLine(name, s)),
  ]
    .join("\n");
}

/** Label values here are names of plugins, verdicts and checks: nothing in them needs escaping. */
function sampleLine(name: string, [labels, value]: Sample): string {
  const inner = Object.entries(labels).map(([label, text]) => `${label}="${text}"`).join(",");
  return `${name}${inner === "" ? "" : `{${inner}}`} ${value}`;
}

/** The namespace that node-feature-discovery lets every source use. */
const PREFIX = "feature.node.kubernetes.io/tdx-reclaim.";

/** An audit as a feature file for node-feature-discovery's `features.d`. */
function nfd({ platform, kernel, verdict, checks }: Audit): string {
  const erratum = checks.find(({ id }) => id === "cpu.erratum")!.result.replaceAll(" ", "-");
  return Object.entries({ platform, erratum, kernel, verdict })
    .map(([name, value]) => `${PREFIX}${name}=${value}`)
    .join("\n");
}
