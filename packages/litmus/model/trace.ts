import { describeLine, OPERATION_NAMES, type RuleId } from "@tdx/core";
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

/**
 * Turns moves into the steps of a witness; moves that do nothing to a line are left out.
 *
 * @param moves The moves of a way through a system.
 * @returns The steps.
 *
 * @example
 * ```ts
 * import { verdict, witnessSteps } from "@tdx/litmus";
 * import { spr } from "@tdx/platform-spr";
 * import { assertEquals } from "@std/assert";
 *
 * const question = { platform: spr, mode: "Li", hostKeys: "keyid0", policy: "never" } as const;
 * const { trace } = await verdict({ ...question, poison: "none", expected: "Sometimes" });
 * assertEquals(
 *   witnessSteps(trace).map(({ by, op }) => `${by}: ${op}`),
 *   ["reclaim: TDH.PHYMEM.CACHE.WB", "host: partial write", "host: load"],
 * );
 * ```
 */
export function witnessSteps(moves: readonly Move[]): WitnessStep[] {
  return moves.flatMap(({ thread, operation, line, rules }) =>
    operation === null ? [] : [{
      by: thread,
      op: OPERATION_NAMES[operation.kind],
      line,
      keyId: operation.key.keyId,
      rule: rules.at(-1) ?? null,
    }]
  );
}

/** One step of a witness, in words. */
export interface TraceStep {
  /** Who acts: a thread, or the cache. */
  readonly by: string;
  /** What is done, to which line and through which KeyID. */
  readonly what: string;
  /** The rules that fired, in order; none where nothing happened. */
  readonly rules: readonly RuleId[];
  /** The line afterwards. */
  readonly after: string;
}

/**
 * Puts moves into words; moves that do nothing to a line are left out.
 *
 * @param moves The moves of a way through a system.
 * @returns The steps.
 *
 * @example
 * ```ts
 * import { traceSteps, verdict, verdictQuestions } from "@tdx/litmus";
 * import { spr } from "@tdx/platform-spr";
 * import { assertEquals } from "@std/assert";
 *
 * const question = verdictQuestions(spr).find(({ policy }) => policy === "never")!;
 * const { what, rules } = traceSteps((await verdict(question)).trace).at(-1)!;
 * assertEquals([what, rules.at(-1)], ["load, line X, KeyID 0", "R0"]);
 * ```
 */
export function traceSteps(moves: readonly Move[]): TraceStep[] {
  return moves.flatMap(({ thread, operation, line, rules, after }) => {
    if (operation === null) return [];
    const data = operation.data === undefined ? "" : ` ${operation.data}`;
    const retired = after!.retired ? "; page retired" : "";
    return [{
      by: thread,
      what: `${OPERATION_NAMES[operation.kind]}${data}, line ${line}, KeyID ${operation.key.keyId}`,
      rules,
      after: describeLine(after!.state) + retired,
    }];
  });
}

/**
 * Writes a witness as numbered steps: who, what, the rules that fired, and the line afterwards.
 *
 * @param moves The moves of a way through a system.
 * @returns Lines of text.
 *
 * @example
 * ```ts
 * import { traceText, verdict } from "@tdx/litmus";
 * import { spr } from "@tdx/platform-spr";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const question = { platform: spr, mode: "Li", hostKeys: "keyid0", policy: "never" } as const;
 * const { trace } = await verdict({ ...question, poison: "none", expected: "Sometimes" });
 * assertStringIncludes(
 *   traceText(trace),
 *   "  2. host: partial write host, line X, KeyID 0  [W5]\n" +
 *     "     memory poisoned (partial-write), TD owner 1",
 * );
 * ```
 */
export function traceText(moves: readonly Move[]): string {
  return traceSteps(moves).map(({ by, what, rules, after }, i) => {
    const fired = rules.length === 0 ? "no effect" : rules.join(" ");
    return `${String(i + 1).padStart(3)}. ${by}: ${what}  [${fired}]\n     ${after}`;
  }).join("\n");
}
