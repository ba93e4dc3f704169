import {
  ASSUMPTIONS,
  type CachedCopy,
  consumedPoison,
  type Data,
  gradeMachineCheck,
  type LineMemory,
  type Poison,
  ruleText,
} from "@tdx/core";
import { KEYS, OPERATION_WORDS } from "@tdx/litmus";
import { platformOf } from "./platforms.ts";
import { type Frame, hostMachineCheck, tdMachineCheck } from "./play.ts";
import type { Act, Situation } from "./situation.ts";

/** What a line holds, in words. */
export const DATA_WORDS: Readonly<Record<Data, string>> = {
  zeros: "zeros",
  host: "host data",
  guest: "another TD's data",
  garbage: "garbage",
  secret: "the TD's secret",
};

/** Where poison came from, in words. */
export const POISON_WORDS: Readonly<Record<Poison, string>> = {
  "integrity": "a failed check",
  "partial-write": "a partial write",
  "hardware-transient": "a hardware error",
  "hardware-stuck": "a stuck cell",
};

const AGENT_WORDS: Readonly<Record<Act["by"], string>> = {
  host: "host",
  device: "device",
  td: "TD",
  module: "TDX module",
  cache: "cache",
};

/** An operation in words, `clear` too. */
export function operationWords(operation: Act["operation"]): string {
  return operation === "clear" ? "clear (policy)" : OPERATION_WORDS[operation];
}

/** A click in words: who, what, what is written, through which KeyID; the line if there are more. */
export function actWords(
  { by, operation, key, data, line }: Act,
  lines: Situation["lines"],
): string {
  const written = data === undefined ? "" : ` of ${DATA_WORDS[data]}`;
  const where = lines.length > 1 ? `, line ${lines[line]!.name}` : "";
  return `${AGENT_WORDS[by]}: ${operationWords(operation)}${written}${where}, ` +
    `KeyID ${KEYS[key].keyId}`;
}

/** What memory holds, in words. */
export function memoryWords({ data, key, poison }: LineMemory): string {
  if (poison !== null) return `poison from ${POISON_WORDS[poison]}`;
  return key === null ? DATA_WORDS[data!] : `${DATA_WORDS[data!]} under KeyID ${key.keyId}`;
}

/** A cached copy in words. */
export function copyWords(copy: CachedCopy | undefined): string {
  if (copy === undefined) return "none";
  const content = copy.poison === null
    ? DATA_WORDS[copy.data!]
    : `poison from ${POISON_WORDS[copy.poison]}`;
  return copy.dirty ? `${content}, dirty` : content;
}

/** What a click did, in a sentence. */
export function outcomeWords(frame: Frame): string {
  const { act, operation, outcome, ended } = frame;
  if (act === null) return "The line as it is when we come to it.";
  if (ended) return "The host has stopped at its machine check: nothing happens any more.";
  if (operation === null) return "The policy skips the clear: nothing happens to the line.";
  if (outcome === null) return "";
  if (hostMachineCheck(frame)) return "The host consumed poison: machine check.";
  if (tdMachineCheck(frame)) return "A TD consumed poison: its machine check goes to the module.";
  if (outcome.refused) return "Refused: nothing happens to the line.";
  const read = outcome.data === null || outcome.data === undefined
    ? []
    : [`Reads ${outcome.data === "poison" ? "poison" : DATA_WORDS[outcome.data]}.`];
  const logged = outcome.logged ? ["A check failed: logged as UCNA, without exception."] : [];
  const cleared = outcome.cleared ? ["Poison is gone."] : [];
  const words = [...read, ...logged, ...cleared];
  if (words.length > 0) return words.join(" ");
  return outcome.rules.length === 0 ? "No effect: nothing of it is cached." : "Done.";
}

/** A rule that fired, with everything there is to say about it. */
export interface RuleWords {
  readonly id: string;
  readonly text: string;
  readonly source: string;
  readonly confidence: string;
  /** The assumptions it leans on: id and text. */
  readonly assumptions: readonly string[];
}

/** The rules that fired in a frame, in order; the last one decided. */
export function rulesOf({ outcome }: Frame): readonly RuleWords[] {
  return (outcome?.rules ?? []).map((id) => {
    const { text, source, confidence, assumes = [] } = ruleText(id);
    const assumptions = assumes.map((assumed) => `${assumed}: ${ASSUMPTIONS[assumed]}`);
    return { id, text, source, confidence, assumptions };
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
export function tdConsequence(platform: string): string {
  const { seamNr, tdPoisonWithoutSeamNr } = platformOf(platform).machineCheck;
  const told = "With SEAM_NR Linux retires the page and goes on";
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
