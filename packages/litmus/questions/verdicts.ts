import {
  type Mode,
  MODES,
  type Platform,
  requirePlatform,
  type RuleTable,
  TDX_PW_MCE,
} from "@tdx/core";
import { requireOneOf } from "@tdx/core/arguments";
import { decide, HOST_KEYS, type HostKeys, POLICIES, type Policy } from "@tdx/reclaim";
import { EVENT } from "../model/_line_table.ts";
import {
  type ClosureKeys,
  closureProblem,
  type ClosureQuestion,
  type LeftPoison,
} from "./closure.ts";
import { explore, type ExploreOptions, requireExploreOptions } from "../model/explore.ts";
import { type Observation, OBSERVATIONS } from "../model/proposition.ts";
import { type Move, System } from "../model/system.ts";
import { type WitnessStep, witnessSteps } from "../model/trace.ts";

/** What came out for one row of the verdict table. */
export interface VerdictRow
  extends Pick<ExpectedQuestion, "mode" | "hostKeys" | "policy" | "poison"> {
  /** The row in words. */
  readonly name: string;
  /** Name of the platform. */
  readonly platform: string;
  /** `Sometimes` where a sequence ends in a host machine check, `Never` where none does. */
  readonly observation: Observation;
  /** What this project's verdict table says. */
  readonly expected: Observation;
  /** What `decide` says, where it is asked this question: not with poison, not with mixed keys. */
  readonly decided: Observation | null;
  /** Whether a host or a device can read the TD's plaintext; never, in every row. */
  readonly secretRead: boolean;
  /** Whether everything agrees. */
  readonly ok: boolean;
  /** Distinct states. */
  readonly states: number;
  /** Moves between them. */
  readonly transitions: number;
  /** The longest shortest way. */
  readonly depth: number;
  /** The shortest way from the reclaimed line to the machine check; empty where there is none. */
  readonly witness: readonly WitnessStep[];
  /** The same from the very beginning, with the lines' states. */
  readonly trace: readonly Move[];
}

/** Rows of the verdict table: under which policies a machine check exists. */
interface Expected {
  /** With the erratum, without, or both. */
  readonly erratum: readonly boolean[];
  readonly modes: readonly Mode[];
  readonly hostKeys: readonly ClosureKeys[];
  readonly poison: LeftPoison;
  readonly machineCheck: readonly Policy[];
}

const WITH = [true];
const WITHOUT = [false];
const ANY = [true, false];

/** The table, written by hand from the rules. In Li mode no KeyID has integrity. */
const EXPECTED: readonly Expected[] = [
  {
    erratum: WITH,
    modes: MODES,
    hostKeys: HOST_KEYS,
    poison: "none",
    machineCheck: ["never"],
  },
  {
    erratum: WITHOUT,
    modes: MODES,
    hostKeys: ["keyid0", "shared"],
    poison: "none",
    machineCheck: [],
  },
  {
    erratum: WITHOUT,
    modes: ["Li"],
    hostKeys: ["shared-integrity"],
    poison: "none",
    machineCheck: [],
  },
  {
    erratum: WITHOUT,
    modes: ["Ci"],
    hostKeys: ["shared-integrity"],
    poison: "none",
    machineCheck: ["quirk", "never"],
  },
  {
    erratum: ANY,
    modes: ["Ci"],
    hostKeys: ["keyid0+integrity"],
    poison: "none",
    machineCheck: POLICIES,
  },
  {
    erratum: WITH,
    modes: MODES,
    hostKeys: ["keyid0"],
    poison: "unconsumed",
    machineCheck: ["never"],
  },
  {
    erratum: WITHOUT,
    modes: MODES,
    hostKeys: ["keyid0"],
    poison: "unconsumed",
    machineCheck: ["quirk", "never"],
  },
  {
    erratum: ANY,
    modes: MODES,
    hostKeys: ["keyid0"],
    poison: "consumed",
    machineCheck: [],
  },
  {
    erratum: ANY,
    modes: MODES,
    hostKeys: ["keyid0"],
    poison: "logged",
    machineCheck: [],
  },
];

/** One question with the answer that the table expects. */
export interface ExpectedQuestion extends ClosureQuestion {
  /** Integrity mode. */
  readonly mode: Mode;
  /** The host's KeyIDs. */
  readonly hostKeys: ClosureKeys;
  /** The policy. */
  readonly policy: Policy;
  /** What is in the line besides. */
  readonly poison: LeftPoison;
  /** The expected answer. */
  readonly expected: Observation;
}

/**
 * The rows of the verdict table for a platform.
 *
 * @param platform The platform.
 * @returns Every combination the table speaks of.
 * @throws {TypeError} If it is not one of `definePlatform`.
 *
 * @example
 * ```ts
 * import { verdictQuestions } from "@tdx/litmus";
 * import { gnr } from "@tdx/platform-gnr";
 * import { assertEquals } from "@std/assert";
 *
 * const hazards = verdictQuestions(gnr)
 *   .filter(({ expected, policy }) => expected === "Sometimes" && policy === "quirk")
 *   .map(({ mode, hostKeys, poison }) => `${mode} ${hostKeys} ${poison}`);
 * assertEquals(hazards, [
 *   "Ci shared-integrity none",
 *   "Ci keyid0+integrity none",
 *   "Li keyid0 unconsumed",
 *   "Ci keyid0 unconsumed",
 * ]);
 * ```
 */
export function verdictQuestions(platform: Platform): ExpectedQuestion[] {
  requirePlatform("platform", platform);
  const erratum = platform.bugs.includes(TDX_PW_MCE);
  return EXPECTED.filter((row) => row.erratum.includes(erratum)).flatMap((row) =>
    row.hostKeys.flatMap((hostKeys) =>
      row.modes.flatMap((mode) =>
        POLICIES.map((policy) => ({
          platform,
          mode,
          hostKeys,
          policy,
          poison: row.poison,
          expected: observed(row.machineCheck.includes(policy)),
        }))
      )
    )
  );
}

/**
 * Answers a question by exploring every sequence.
 *
 * @param question The question with its expected answer.
 * @param options Limit, progress, cancellation; and other rules to ask "what if".
 * @returns The verdict with its shortest witness.
 * @throws {TypeError} If an option is not known, or the platform is not one of `definePlatform`.
 * @throws {RangeError} If a word is not among the known ones.
 * @throws {StateLimitError} If there are more states than the limit.
 * @throws The signal's reason, if it was aborted.
 *
 * @example
 * ```ts
 * import { verdict } from "@tdx/litmus";
 * import { gnr } from "@tdx/platform-gnr";
 * import { spr } from "@tdx/platform-spr";
 * import { assertEquals } from "@std/assert";
 *
 * const question = { mode: "Li", hostKeys: "keyid0", policy: "never", poison: "none" } as const;
 * const bad = await verdict({ ...question, platform: spr, expected: "Sometimes" });
 * assertEquals(bad.witness.map(({ op }) => op), ["partial write", "load"]);
 * const good = await verdict({ ...question, platform: gnr, expected: "Never" });
 * assertEquals([good.ok, good.witness], [true, []]);
 * ```
 */
export async function verdict(
  question: ExpectedQuestion,
  options: ExploreOptions & { readonly rules?: RuleTable } = {},
): Promise<VerdictRow> {
  requireExploreOptions(options, ["rules"]);
  const { platform, mode, hostKeys, policy, poison, expected } = question;
  const { rules, ...how } = options;
  requireOneOf("expected", expected, OBSERVATIONS);
  const { problem, machine } = closureProblem(
    rules === undefined ? question : { ...question, rules },
  );
  const system = new System(problem, machine);
  const exploration = await explore(system, how);
  let first: number | undefined;
  let secretRead = false;
  for (let i = 0; i < exploration.states; i++) {
    const events = system.events(exploration.state(i));
    if ((events & EVENT.hostMachineCheck) !== 0) first ??= exploration.state(i);
    if ((events & EVENT.secretRead) !== 0) secretRead = true;
  }
  const trace = first === undefined ? [] : exploration.witness(first);
  const observation = observed(first !== undefined);
  const decided = decision(question);
  return {
    name: problem.name,
    platform: platform.name,
    mode,
    hostKeys,
    policy,
    poison,
    observation,
    expected,
    decided,
    secretRead,
    ok: observation === expected && (decided ?? observation) === observation && !secretRead,
    states: exploration.states,
    transitions: exploration.transitions,
    depth: exploration.depth,
    witness: witnessSteps(afterReclaim(trace)),
    trace,
  };
}

function observed(machineCheck: boolean): Observation {
  return machineCheck ? "Sometimes" : "Never";
}

function decision(
  { platform, mode, hostKeys, policy, poison }: ExpectedQuestion,
): Observation | null {
  if (poison !== "none" || !isHostKeys(hostKeys)) return null;
  return observed(decide({ platform, mode, hostKeys, policy }).hazard);
}

function isHostKeys(keys: ClosureKeys): keys is HostKeys {
  return (HOST_KEYS as readonly string[]).includes(keys);
}

function afterReclaim(trace: readonly Move[]): readonly Move[] {
  return trace.slice(trace.findLastIndex(({ thread }) => thread === "reclaim") + 1);
}
