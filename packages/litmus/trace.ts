import { requireArray } from "@tdx/core/arguments";
import { describeLine, type OperationKind, type RuleId } from "@tdx/core";
import { requireMove } from "./litmus_arguments.ts";
import type { Move } from "./system.ts";

/** One step of a witness, for machines. */
export interface WitnessStep {
  /** Who acts: a thread, or the cache. */
  readonly by: string;
  /** The operation in words, for example `partial write`. */
  readonly op: string;
  /** The line. */
  readonly line: string;
  /** The KeyID it went through. */
  readonly keyId: number;
  /** The rule that decided. */
  readonly rule: RuleId | null;
}

/** Operations in words. */
const WORDS: Readonly<Record<OperationKind, string>> = {
  load: "load",
  store: "store",
  partialWrite: "partial write",
  movdir64b: "MOVDIR64B",
  clflush: "CLFLUSH",
  prefetch: "speculative read",
  evict: "eviction",
  cacheWb: "TDH.PHYMEM.CACHE.WB",
  pageWbinvd: "TDH.PHYMEM.PAGE.WBINVD",
  deviceRead: "device read",
  deviceWrite: "device write",
  devicePartialWrite: "device partial write",
  poisonTransient: "transient hardware poison",
  poisonStuck: "stuck hardware poison",
  corrupt: "flipped bit",
};

/**
 * Turns moves into the steps of a witness; moves that do nothing to a line are left out.
 *
 * @param moves The moves of a way through a system.
 * @returns The steps.
 * @throws {TypeError} Where they are no array of moves.
 */
export function witnessSteps(moves: readonly Move[]): WitnessStep[] {
  requireArray("moves", moves, requireMove);
  return moves.flatMap(({ thread, operation, line, rules }) =>
    operation === null ? [] : [{
      by: thread,
      op: WORDS[operation.kind],
      line,
      keyId: operation.key.keyId,
      rule: rules.at(-1) ?? null,
    }]
  );
}

/**
 * Writes a witness as numbered steps: who, what, the rules that fired, and the line afterwards.
 *
 * @param moves The moves of a way through a system.
 * @returns Lines of text.
 * @throws {TypeError} Where they are no array of moves.
 */
export function traceText(moves: readonly Move[]): string {
  requireArray("moves", moves, requireMove);
  const steps = moves.filter(({ operation }) => operation !== null);
  return steps.map(({ thread, operation, line, rules, after }, i) => {
    const data = operation!.data === undefined ? "" : ` ${operation!.data}`;
    const what = `${WORDS[operation!.kind]}${data}, line ${line}, KeyID ${operation!.key.keyId}`;
    const fired = rules.length === 0 ? "no effect" : rules.join(" ");
    const retired = after!.retired ? "; page retired" : "";
    return `${String(i + 1).padStart(3)}. ${thread}: ${what}  [${fired}]\n` +
      `     ${describeLine(after!.state)}${retired}`;
  }).join("\n");
}
