import { ASSUMPTIONS, consumedPoison, OPERATION_NAMES, type Platform, ruleText } from "@tdx/core";
import { KEYS } from "@tdx/litmus";
import { changesInWords } from "./changes.ts";
import { gradeMachineCheck, NEWEST_LINUX } from "@tdx/linux";
import { type Frame, machineCheckOf, type Undone } from "./play.ts";
import type { Act, Situation } from "./situation.ts";
import { DATA_WORDS } from "./state_words.ts";

const AGENT_WORDS: Readonly<Record<Act["by"], string>> = {
  host: "host",
  device: "device",
  td: "TD",
  module: "TDX module",
  cache: "cache",
};

const UNDONE_WORDS: Readonly<Record<Undone, string>> = {
  "clear-skipped": "The policy skips the clear: nothing happens to the line.",
  "host-stopped": "The host took its machine check before: in the kernel it has stopped, in user " +
    "mode the page is retired. Either way nothing more happens to the line.",
  "td-dead": "This TD took its machine check before and is marked fatal: it does nothing more.",
  "tdx-off": "The TDX module took its machine check before: TDX is off until the machine is reset.",
};

/** An operation in words, `clear` too. */
export function operationWords(operation: Act["operation"]): string {
  return operation === "clear" ? "clear (policy)" : OPERATION_NAMES[operation];
}

/** A click in words: who, what, what is written, through which KeyID; the line if there are more. */
export function actWords(
  { by, operation, key, data, line }: Act,
  lines: Situation["lines"],
): string {
  const written = data === undefined ? "" : ` of ${DATA_WORDS[data]}`;
  const where = lines.length > 1 ? `, line ${lines[line]!.name}` : "";
  // The SEAMCALL takes no KeyID: it writes back every private copy, of which one is in sight.
  const through = operation === "cache-wb" ? "the copy under KeyID" : "KeyID";
  return `${AGENT_WORDS[by]}: ${operationWords(operation)}${written}${where}, ` +
    `${through} ${KEYS[key].keyId}`;
}

/** What a click did, in short sentences. */
export function outcomeWords(frame: Frame): string {
  const { act, undone, outcome, before, lines } = frame;
  if (act === null) return "The line as it is when we come to it.";
  if (undone !== null) return UNDONE_WORDS[undone];
  const check = machineCheckOf(frame);
  if (check !== null) return CHECK_WORDS[check];
  const { refused, data, logged, rules } = outcome!;
  if (refused) return "Refused: nothing happens to the line.";
  const said = [
    ...(data === null ? [] : [`Reads ${data === "poison" ? "poison" : DATA_WORDS[data]}.`]),
    ...(logged ? ["A check failed: logged as UCNA, without exception."] : []),
    ...changesInWords(before!, lines[act.line]!),
  ];
  if (said.length > 0) return said.join(" ");
  return rules.length === 0 ? "No effect: it has no copy here." : "Nothing changes.";
}

const CHECK_WORDS = {
  host: "The host consumed poison: machine check.",
  td: "A TD consumed poison: machine check; the TD is marked fatal.",
  module:
    "The TDX module consumed poison: this processor shuts down, and TDX is off until the reset.",
} as const;

/** A rule that fired, with everything there is to say about it. */
export interface RuleWords {
  readonly id: string;
  readonly text: string;
  readonly source: string;
  readonly url: string;
  readonly confidence: string;
  /** The assumptions it leans on: id and text. */
  readonly assumptions: readonly string[];
}

/** The rules that fired in a frame, in order; the last one decided. */
export function rulesInWords({ outcome }: Frame): readonly RuleWords[] {
  return (outcome?.rules ?? []).map((id) => {
    const { text, source, url, confidence, assumes = [] } = ruleText(id);
    const assumptions = assumes.map((assumed) => `${assumed}: ${ASSUMPTIONS[assumed]}`);
    return { id, text, source, url, confidence, assumptions };
  });
}

/** What a host's machine check means to Linux, in kernel and user mode. */
export function hostConsequence(): string {
  const record = consumedPoison({ address: 0, seamNr: false });
  const { severity, message } = gradeMachineCheck(record, { mode: "kernel" });
  const { reason } = gradeMachineCheck(record, { mode: "user" });
  return `In the kernel: ${severity}, “${message}”. In user mode: ${reason}.`;
}

/** What a TD's machine check means to the host of a platform. */
export function tdConsequence({ seamNr, tdPoisonWithoutSeamNr }: Platform["machineCheck"]): string {
  const told = "With SEAM_NR Linux goes on, and retires the page where MCi_ADDR carries no KeyID " +
    `bits (N1, Linux ${NEWEST_LINUX})`;
  const untold = tdPoisonWithoutSeamNr === "may-panic"
    ? "without it the host may panic"
    : "without it the host survives";
  const where = seamNr === "enumerated"
    ? "MCG_CAP bit 12 says whether it is there"
    : seamNr === "yes"
    ? "this platform has it"
    : "this platform does not have it";
  return `${told}, ${untold}; ${where}.`;
}
