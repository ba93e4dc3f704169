import { type LineState, type Mode, MODES, type Operation, type Platform } from "@tdx/core";
import type { Policy } from "@tdx/reclaim";
import type { ClosureKeys, ClosureQuestion, LeftPoison } from "./closure.ts";
import { contentState, KEYS } from "../model/problem.ts";
import { reachableLines } from "./_reachable_lines.ts";
import type { WitnessStep } from "../model/trace.ts";
import { verdict } from "./verdicts.ts";

/** The witnesses of a question on several platforms; empty ones where there is no machine check. */
export async function ask(
  platforms: readonly Platform[],
  hostKeys: ClosureKeys,
  policy: Policy,
  poison: LeftPoison = "none",
  modes: readonly Mode[] = MODES,
): Promise<(readonly WitnessStep[])[]> {
  const questions = platforms.flatMap((platform) =>
    modes.map((mode) => ({ platform, mode, hostKeys, policy, poison }))
  );
  return await Promise.all(questions.map(answer));
}

/** The shortest way to a host machine check; empty where there is none. */
export async function answer(question: ClosureQuestion): Promise<readonly WitnessStep[]> {
  const { witness } = await verdict({ ...question, expected: "Never" });
  return witness;
}

/** An operation that was tried on a line. */
export interface Tried {
  readonly before: LineState;
  readonly after: LineState;
  readonly data: unknown;
  readonly logged: boolean;
  readonly machineCheck: boolean;
}

/** Tries an operation on every reachable line; counts those for which it is not as wanted. */
export async function everyLine(
  platforms: readonly Platform[],
  poisons: readonly LeftPoison[],
  operation: Operation,
  wanted: (tried: Tried) => boolean,
): Promise<{ lines: number; bad: number }> {
  const count = { lines: 0, bad: 0 };
  for (const platform of platforms) {
    for (const mode of MODES) {
      for (const poison of poisons) {
        const { automaton, states } = await reachableLines(platform, mode, poison);
        const id = automaton.operation(operation);
        for (const before of states) {
          const transition = automaton.step(automaton.intern(before), id);
          count.lines++;
          const after = automaton.state(transition.next);
          if (!wanted({ ...transition, before, after })) count.bad++;
        }
      }
    }
  }
  return count;
}

/** What an operation leaves of a TD-owned line that a fault has hit. */
export async function afterFault(
  platform: Platform,
  kind: "poison-stuck",
  operation: Operation,
): Promise<LineState> {
  const { automaton } = await reachableLines(platform, "Ci");
  const owned = automaton.intern(contentState({ key: "td", data: "secret" }, true));
  const fault = automaton.operation({ kind, by: "cache", key: KEYS.td });
  const faulty = automaton.step(owned, fault).next;
  return automaton.state(automaton.step(faulty, automaton.operation(operation)).next);
}

/** Whether something is refused as out of range. */
export function refuses(make: () => unknown): boolean {
  try {
    make();
    return false;
  } catch (error) {
    if (error instanceof RangeError) return true;
    throw error;
  }
}
