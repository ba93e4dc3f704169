import { closureProblem, explore, type LeftPoison, System } from "@tdx/litmus";
import { actsOf } from "./from_moves.ts";
import { platformOf } from "./platforms.ts";
import type { Settings, Situation } from "./situation.ts";

/** Whether the host can meet a machine check after a reclaim. */
export interface Hazard {
  /** Distinct states that were visited. */
  readonly states: number;
  /** The shortest way there, from the TD's first write on, ready to play; `null` where none is. */
  readonly witness: Situation | null;
}

/**
 * Explores every sequence of host, devices and caches after a reclaim under the settings.
 *
 * @param settings Platform, mode, KeyIDs and policy.
 * @param poison What was in the line besides.
 */
export async function findHazard(settings: Settings, poison: LeftPoison): Promise<Hazard> {
  const { mode, keys, policy } = settings;
  const platform = platformOf(settings.platform);
  const { problem, machine } = closureProblem({ platform, mode, hostKeys: keys, policy, poison });
  const system = new System(problem, machine, { lost: false });
  const exploration = await explore(system, {
    until: (state) => system.valuation(state).hostMachineCheck,
  });
  const { states, found } = exploration;
  if (found === undefined) return { states, witness: null };
  const { lines } = problem;
  const acts = actsOf(exploration.witness(found), lines);
  return { states, witness: { settings, lines, acts, at: 0 } };
}
