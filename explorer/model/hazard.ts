import {
  closureProblem,
  explore,
  type LeftPoison,
  System,
  type WitnessStep,
  witnessSteps,
} from "@tdx/litmus";
import { actsOf } from "./from_moves.ts";
import { platformOf } from "./platforms.ts";
import type { Settings, Situation } from "./situation.ts";

/** Whether the host can meet a machine check after a reclaim. */
export interface Hazard {
  /** Distinct states that were visited. */
  readonly states: number;
  /** The shortest way from the reclaimed line to a machine check; empty where there is none. */
  readonly steps: readonly WitnessStep[];
  /** The same from the TD's first write on, ready to play; `null` where none is. */
  readonly witness: Situation | null;
}

/**
 * Explores every sequence of host, devices and caches after a reclaim under the settings.
 *
 * @param settings Platform, mode, KeyIDs and policy.
 * @param poison What was in the line besides.
 * @param pageRetired Whether Linux retired the page of poison that the TD consumed (N1).
 */
export async function findHazard(
  settings: Settings,
  poison: LeftPoison,
  pageRetired = true,
): Promise<Hazard> {
  const { mode, keys, policy } = settings;
  const platform = platformOf(settings.platform);
  const question = { platform, mode, hostKeys: keys, policy, poison, pageRetired };
  const { problem, machine } = closureProblem(question);
  const system = new System(problem, machine);
  const exploration = await explore(system, {
    until: (state) => system.valuation(state).hostMachineCheck,
  });
  const { states, found } = exploration;
  if (found === undefined) return { states, steps: [], witness: null };
  const moves = exploration.witness(found);
  const reclaimed = moves.findLastIndex(({ thread }) => thread === "reclaim") + 1;
  return {
    states,
    steps: witnessSteps(moves.slice(reclaimed)),
    witness: { settings, lines: problem.lines, acts: actsOf(moves, problem), at: 0 },
  };
}
