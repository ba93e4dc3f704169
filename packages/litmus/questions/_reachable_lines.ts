import type { LineAutomaton, LineState, Mode, Platform } from "@tdx/core";
import { closureProblem, type LeftPoison } from "./closure.ts";
import { explore } from "../model/explore.ts";
import { contentState, KEYS } from "../model/problem.ts";
import { lineAutomaton } from "../model/_line_table.ts";
import { System } from "../model/system.ts";

/** A line in some state, and the automaton that takes it further. */
export interface ReachableLines {
  /** The automaton of platform and mode. */
  readonly automaton: LineAutomaton;
  /** Every state that a line can be in, once a TD has owned it. */
  readonly states: readonly LineState[];
}

/**
 * Every state a line can be in from a TD's first write on, nothing ever cleared.
 *
 * @param platform The platform.
 * @param mode The mode.
 * @param poison What is in the line besides.
 * @returns The states, each once.
 */
export async function reachableLines(
  platform: Platform,
  mode: Mode,
  poison: LeftPoison = "none",
): Promise<ReachableLines> {
  const { problem, machine } = closureProblem({
    platform,
    mode,
    hostKeys: "keyid0",
    policy: "never",
    poison,
  });
  const system = new System(problem, machine, { lost: false });
  const exploration = await explore(system);
  const { clear: _, ...ofLine } = machine;
  const automaton = lineAutomaton(ofLine);
  const ids = new Set<number>([
    automaton.intern(contentState(problem.lines[0]!.content, mode === "Ci")),
  ]);
  for (let i = 0; i < exploration.states; i++) {
    ids.add(automaton.intern(system.valuation(exploration.state(i)).lines[0]!.state));
  }
  return { automaton, states: [...ids].map((id) => automaton.state(id)) };
}

/** Whether a line is TD-owned and not poisoned, and KeyID 0 has no copy of it. */
export function isOldPrivate({ memory, copies }: LineState): boolean {
  return memory.owner === 1 && memory.poison === null &&
    copies.every(({ keyId }) => keyId !== KEYS.keyid0.keyId);
}
