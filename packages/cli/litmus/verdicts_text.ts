import type { Platform } from "@tdx/core";
import { type TdrVerdict, traceText, verdictAnswer, type VerdictRow } from "@tdx/litmus";
import type { KernelPolicy } from "./kernels.ts";
import { table } from "../shell/show.ts";

const CONSUMED =
  "consumed: by the TD, with SEAM_NR and no KeyID bits in MCi_ADDR, so that the page is retired\n" +
  "  (with KeyID bits in it Linux retires none: tdx check --kernels)";
const LOGGED = "logged: its generation was logged, and memory_failure took the page (N5)";

/** Writes verdicts for a person, with each trace where it is wanted. */
export function verdictsText(
  verdicts: readonly VerdictRow[],
  platforms: readonly Platform[],
  { version, policy, note }: KernelPolicy,
  trace: boolean,
): string {
  const wrong = verdicts.filter(({ ok }) => !ok);
  const states = verdicts.reduce((sum, verdict) => sum + verdict.states, 0);
  const transitions = verdicts.reduce((sum, verdict) => sum + verdict.transitions, 0);
  const depth = Math.max(0, ...verdicts.map((verdict) => verdict.depth));
  return [
    "Can the host ever meet a machine check after the reclaim?",
    ...verdictAnswer(verdicts, platforms),
    "",
    "MC: a sequence ends in one; -: none does.",
    matrix(verdicts),
    ...(verdicts.some(({ poison }) => poison === "consumed") ? [CONSUMED] : []),
    ...(verdicts.some(({ poison }) => poison === "logged") ? [LOGGED] : []),
    `Linux ${version}: policy ${policy}${note === undefined ? "" : `; ${note}`}`,
    "",
    "Shortest ways:",
    ...ways(verdicts),
    "",
    ...(trace ? traces(verdicts) : []),
    ...wrong.map(complaint),
    `${verdicts.length} questions, ${wrong.length} not as expected; explored ${states} states, ` +
    `${transitions} transitions, depth ${depth}`,
  ].join("\n");
}

/** Writes what leaving out T6 does to the TDR, for a person. */
export function tdrText(verdicts: readonly TdrVerdict[]): string {
  const platforms = [...new Set(verdicts.map(({ platform }) => platform))];
  const rows = Map.groupBy(verdicts, ({ mode, t6 }) => [mode, t6 ? "with" : "without"].join("\t"));
  return [
    "The TDR has dirty lines under the global KeyID at its own reclaim (M7). What meets a host that",
    "clears it, with PAGE.WBINVD (T6) before the clear and without?",
    "",
    table(
      ["mode", "T6", ...platforms],
      [...rows].map(([name, row]) => [
        ...name.split("\t"),
        ...row.map(({ harm, ok }) => `${harm === "none" ? "-" : harm}${ok ? "" : " (!)"}`),
      ]),
    ),
    "",
    "A pair of Dynamic PAMT that PAMT.REMOVE gives back is such a page too (S7), and Linux resets it",
    "without PAGE.WBINVD (X6): the rows without.",
    "",
    "Shortest ways:",
    ...ways(verdicts),
  ].join("\n");
}

/** One row for each mode, KeyID kind, poison and policy; one column for each platform. */
function matrix(verdicts: readonly VerdictRow[]): string {
  const platforms = [...new Set(verdicts.map(({ platform }) => platform))];
  const rows = Map.groupBy(
    verdicts,
    ({ mode, hostKeys, poison, policy }) => [hostKeys, mode, poison, policy].join("\t"),
  );
  return table(
    ["host keys", "mode", "poison", "policy", ...platforms],
    [...rows].sort(([a], [b]) => a < b ? -1 : 1).map(([name, row]) => [
      ...name.split("\t"),
      ...platforms.map((platform) => cell(row.find((verdict) => verdict.platform === platform))),
    ]),
  );
}

function cell(verdict: VerdictRow | undefined): string {
  if (verdict === undefined) return "";
  return `${verdict.observation === "Never" ? "-" : "MC"}${verdict.ok ? "" : " (!)"}`;
}

function ways(verdicts: readonly Pick<VerdictRow, "witness">[]): string[] {
  const hazards = verdicts.filter(({ witness }) => witness.length > 0);
  const groups = Map.groupBy(
    hazards,
    ({ witness }) => witness.map(({ op, rule }) => `${op} (${rule})`).join(", "),
  );
  return [...groups].map(([way, { length }]) => `  ${way}: ${length} of them`);
}

function traces(verdicts: readonly VerdictRow[]): string[] {
  return verdicts.filter(({ trace }) => trace.length > 0).flatMap(({ name, trace }) => [
    name,
    traceText(trace),
    "",
  ]);
}

function complaint({ name, observation, expected, decided, secretRead }: VerdictRow): string {
  return `${name}: found ${observation}, expected ${expected}` +
    (decided === null || decided === observation ? "" : `, decide says ${decided}`) +
    (secretRead ? ", and the TD's plaintext can be read" : "");
}
