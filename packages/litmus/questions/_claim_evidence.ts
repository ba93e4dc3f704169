import {
  type LineAutomaton,
  type LineState,
  type Mode,
  MODES,
  type Operation,
  type Platform,
} from "@tdx/core";
import type { Policy } from "@tdx/reclaim";
import { compileMachine } from "../model/machine.ts";
import { lineAutomaton } from "../model/_line_table.ts";
import { explore } from "../model/explore.ts";
import { contentState, KEYS } from "../model/problem.ts";
import { System } from "../model/system.ts";
import type { WitnessStep } from "../model/trace.ts";
import { type ClosureKeys, closureProblem, type LeftPoison } from "./closure.ts";
import { type ExpectedQuestion, verdict } from "./verdicts.ts";

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
export async function answer(
  question: Omit<ExpectedQuestion, "expected">,
): Promise<readonly WitnessStep[]> {
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

/** A line in every state that it can be in from a TD's first write on, nothing ever cleared. */
async function reachableLines(
  platform: Platform,
  mode: Mode,
  poison: LeftPoison,
): Promise<{ automaton: LineAutomaton; states: readonly LineState[] }> {
  const question = { platform, mode, hostKeys: "keyid0", policy: "never", poison } as const;
  const { problem, machine } = closureProblem(question);
  const system = new System(problem, machine);
  const { clear: _, ...ofLine } = compileMachine(machine);
  const exploration = await explore(system);
  const states = new Set<LineState>();
  for (let i = 0; i < exploration.states; i++) {
    states.add(system.valuation(exploration.state(i)).lines[0]!.state);
  }
  return { automaton: lineAutomaton(ofLine), states: [...states] };
}

/** Whether a line is TD-owned and not poisoned, and KeyID 0 has no copy of it. */
export function isOldPrivate({ memory, copies }: LineState): boolean {
  return memory.owner === 1 && memory.poison === null &&
    copies.every(({ keyId }) => keyId !== KEYS.keyid0.keyId);
}

/** What an operation leaves of a TD-owned line whose memory cell is stuck, in Ci mode. */
export function afterStuckCell({ memory }: Platform, operation: Operation): LineState {
  const { partialWriteToOwnedLine } = memory;
  const automaton = lineAutomaton({ mode: "Ci", partialWriteToOwnedLine });
  const steps: Operation[] = [{ kind: "poison-stuck", by: "cache", key: KEYS.td }, operation];
  const owned = automaton.intern(contentState({ key: "td", data: "secret" }, true));
  return automaton.state(
    steps.reduce((state, step) => automaton.step(state, automaton.operation(step)).next, owned),
  );
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
