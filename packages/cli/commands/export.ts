import {
  closureProblem,
  explore,
  type Machine,
  type Problem,
  type Proposition,
  System,
  toDot,
  toPromela,
  watchFor,
} from "@tdx/litmus";
import { POLICIES } from "@tdx/reclaim";
import { loadScenario, machinesOf } from "../litmus/load_scenario.ts";
import {
  LIMIT_OPTION,
  MACHINES_OPTIONS,
  QUESTION_OPTIONS,
  readLimit,
  readQuestions,
} from "../litmus/questions.ts";
import { type Command, EXIT } from "../shell/command.ts";
import type { Options } from "../shell/options.ts";
import { printJson } from "../shell/show.ts";
import type { Stdio } from "../shell/stdio.ts";
import { pickName, UsageError } from "../shell/values.ts";

/** A problem on a machine, and what is asked of it. */
interface ExportedProblem {
  readonly problem: Problem;
  readonly machine: Machine;
  readonly proposition: Proposition;
}

const FORMS = ["promela", "dot"] as const;

/** `tdx export`: write one problem for another tool. */
export const exportCommand: Command = {
  summary: "write one problem as a Promela model for SPIN, or its graph for Graphviz",
  usage: "promela|dot [FILE] [--platform NAME] [--mode Li|Ci] [--policy POLICY]",
  options: {
    ...MACHINES_OPTIONS,
    policy: {
      value: POLICIES.join("|"),
      help: "default quirk, or the scenario's own",
    },
    ...QUESTION_OPTIONS,
    ...LIMIT_OPTION,
  },
  example: "tdx export promela --platform spr --mode Ci --policy never",
  async run(options, stdio) {
    const [typed, ...files] = options.operands;
    if (typed === undefined) throw new UsageError(`Expected ${FORMS.join(" or ")}, got none`);
    const form = pickName("the form", typed, FORMS);
    if (form === "promela" && options.has("limit")) {
      throw new UsageError("Expected --limit with dot, got promela, which explores nothing");
    }
    const chosen = one(
      files.length === 0 ? questions(options) : await scenarios(files, options, stdio),
    );
    const text = form === "promela" ? promela(chosen) : await dot(chosen, options);
    if (options.has("json")) printJson(stdio, { form, name: chosen.problem.name, text });
    else stdio.print(text.trimEnd());
    return EXIT.fine;
  },
};

/** Questions of the verdict table: what is not said is as the patch has it. */
function questions(options: Options): ExportedProblem[] {
  return readQuestions(options, { policy: "quirk", hostKeys: "keyid0", poison: "none" })
    .map((question) => ({ ...closureProblem(question), proposition: { kind: "mc" } }));
}

async function scenarios(
  files: readonly string[],
  options: Options,
  stdio: Stdio,
): Promise<ExportedProblem[]> {
  const asked = options.among(Object.keys(QUESTION_OPTIONS));
  if (asked.length > 0) {
    throw new UsageError(`Expected no --${asked[0]} with a scenario file, which says its own`);
  }
  // One after another: a process may not have so many open.
  const loaded = await Array.fromAsync(files, (file) => loadScenario(file, stdio));
  return loaded.flatMap((scenario) => {
    const { problem, condition } = scenario;
    const policy = options.pick("policy", POLICIES) ?? scenario.policy;
    return machinesOf(scenario, options).map(({ platform, mode }) => ({
      problem,
      machine: { platform, mode, policy },
      proposition: condition.proposition,
    }));
  });
}

function one(problems: readonly ExportedProblem[]): ExportedProblem {
  if (problems.length === 1) return problems[0]!;
  const names = problems.slice(0, 3).map(({ problem }) => problem.name).join("; ");
  throw new UsageError(
    `Expected one problem, got ${problems.length}${names === "" ? "" : ` (${names}; …)`}: ` +
      "narrow it down with a scenario file, --platform, --mode, --policy, --host-keys, --left-poison",
  );
}

function promela({ problem, machine, proposition }: ExportedProblem): string {
  return toPromela(problem, machine, { proposition, watch: watchFor(proposition) });
}

async function dot({ problem, machine, proposition }: ExportedProblem, options: Options) {
  const system = new System(problem, machine, watchFor(proposition));
  return toDot(system, await explore(system, readLimit(options)));
}
