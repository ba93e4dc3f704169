import {
  closureProblem,
  explore,
  type Machine,
  type Problem,
  type Proposition,
  scenarioMachine,
  System,
  toDot,
  toPromela,
  watchFor,
} from "@tdx/litmus";
import type { Options } from "../options.ts";
import type { Output } from "../output.ts";
import { UsageError } from "../usage_error.ts";
import { writeOutput } from "../write_output.ts";
import { loadScenario } from "./files.ts";
import { readQuestions } from "./questions.ts";
import { readSelection } from "./selection.ts";

/** A problem on a machine, and what is asked of it. */
interface Run {
  readonly problem: Problem;
  readonly machine: Machine;
  readonly proposition: Proposition;
}

/** Writes the one chosen problem as a Promela model. */
export async function showPromela(options: Options, output: Output): Promise<void> {
  const { problem, machine, proposition } = await chosen(options);
  output.print(
    toPromela(problem, machine, { proposition, watch: watchFor(proposition) }).trimEnd(),
  );
}

/** Writes the reachable graph of the one chosen problem for Graphviz. */
export async function writeDot(options: Options, output: Output, path: string): Promise<void> {
  const { problem, machine, proposition } = await chosen(options);
  const system = new System(problem, machine, watchFor(proposition));
  const { stateLimit } = readSelection(options);
  await writeOutput(path, toDot(system, await explore(system, { stateLimit })), output);
}

async function chosen(options: Options): Promise<Run> {
  const runs = await candidates(options);
  if (runs.length === 1) return runs[0]!;
  const names = runs.slice(0, 3).map(({ problem }) => problem.name).join("; ");
  throw new UsageError(
    `Expected one problem, got ${runs.length}${names === "" ? "" : ` (${names}; …)`}: ` +
      "narrow it down with a scenario file, --platform, --mode, --policy, --host-keys, --left-poison",
  );
}

async function candidates(options: Options): Promise<Run[]> {
  if (options.operands.length > 0) {
    const { platforms, modes, policy } = readSelection(options);
    const loaded = await Promise.all(options.operands.map(loadScenario));
    return loaded.flatMap(({ scenario }) =>
      platforms.filter(({ name }) => scenario.platforms.includes(name)).flatMap((platform) =>
        modes.filter((mode) => scenario.modes.includes(mode)).map((mode) => ({
          problem: scenario.problem,
          machine: scenarioMachine(scenario, platform, mode, policy ?? scenario.policy),
          proposition: scenario.condition.proposition,
        }))
      )
    );
  }
  return readQuestions(options, { policy: "quirk", hostKeys: "keyid0", poison: "none" })
    .map((question) => ({ ...closureProblem(question), proposition: { kind: "mc" } }));
}
