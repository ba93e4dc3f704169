import type { HostKeys, Policy } from "@tdx/reclaim";
import { decide, HOST_KEYS, POLICIES } from "@tdx/reclaim";
import {
  type Mode,
  MODES,
  type OperationKind,
  type Platform,
  requirePlatform,
  type RuleTable,
  WRITES_DATA,
} from "@tdx/core";
import { requireBoolean, requireObject, requireOneOf, requireOptions } from "@tdx/core/arguments";
import type { KeyName, Problem, Step, Thread } from "../model/problem.ts";
import { HOST_KEY_NAMES } from "../scenario/scenario_words.ts";
import type { Machine } from "../model/system.ts";

/**
 * What is in a reclaimed line besides what the TD wrote: no poison, that of a hardware error which
 * the TD never consumed, or of one that it did on a machine with SEAM_NR, so that the page was
 * retired (Linux 7911f145de5f). Without SEAM_NR the third is not asked: some hosts panic.
 */
export type LeftPoison = "none" | "unconsumed" | "consumed";

/** Which KeyIDs the host uses: one kind, or KeyID 0 and an integrity KeyID on the same line. */
export type ClosureKeys = HostKeys | "keyid0+integrity";

/**
 * One question of the verdict table: after this reclaim, can the host ever meet a machine check?
 */
export interface ClosureQuestion {
  /** The platform. */
  readonly platform: Platform;
  /** Integrity mode. */
  readonly mode: Mode;
  /** The host's KeyIDs; the clear goes through the first. */
  readonly hostKeys: ClosureKeys;
  /** The policy. */
  readonly policy: Policy;
  /** A transient hardware error in the line: none, never consumed, consumed with SEAM_NR. */
  readonly poison: LeftPoison;
  /** Whether caches are flushed before the clear (T3, D4); default yes. */
  readonly flush?: boolean;
  /** Other rules, to ask "what if". */
  readonly rules?: RuleTable;
}

/** A question whose answer is expected is one too. */
const QUESTION: readonly string[] = [
  "platform",
  "mode",
  "hostKeys",
  "policy",
  "poison",
  "flush",
  "rules",
  "expected",
];

const HOST_KINDS: readonly OperationKind[] = [
  "load",
  "store",
  "partial-write",
  "movdir64b",
  "clflush",
];
const DEVICE_KINDS: readonly OperationKind[] = ["dma-read", "dma-write", "dma-partial-write"];
const TD_KINDS: readonly OperationKind[] = ["store", "load", "clflush"];
/** What a TD does that never consumes poison. */
const TD_KINDS_WITHOUT_LOAD: readonly OperationKind[] = ["store", "clflush"];

/** All that a host's KeyIDs can be in a question. */
export const CLOSURE_KEYS: readonly ClosureKeys[] = [...HOST_KEYS, "keyid0+integrity"];

/** All that can be in a reclaimed line besides. */
export const LEFT_POISONS: readonly LeftPoison[] = ["none", "unconsumed", "consumed"];

/**
 * The keys a host uses, the one it clears through first.
 *
 * @param hostKeys Which KeyIDs it uses.
 * @returns The names of the keys.
 * @throws {TypeError} Where it is no text.
 * @throws {RangeError} Where it is none of {@link CLOSURE_KEYS}.
 *
 * @example
 * ```ts
 * import { hostKeyNames } from "@tdx/litmus";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(hostKeyNames("keyid0+integrity"), ["keyid0", "integrity"]);
 * ```
 */
export function hostKeyNames(hostKeys: ClosureKeys): readonly KeyName[] {
  requireOneOf("hostKeys", hostKeys, CLOSURE_KEYS);
  return hostKeys === "keyid0+integrity" ? ["keyid0", "integrity"] : [HOST_KEY_NAMES[hostKeys]];
}

/**
 * The KeyIDs that a host clears with, which {@link decide} is asked about.
 *
 * @param hostKeys Which KeyIDs it uses.
 * @returns The same, or KeyID 0 of a host that mixes keys.
 *
 * @example
 * ```ts
 * import { clearingKeys } from "@tdx/litmus";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(clearingKeys("keyid0+integrity"), "keyid0");
 * ```
 */
export function clearingKeys(hostKeys: ClosureKeys): HostKeys {
  return hostKeys === "keyid0+integrity" ? "keyid0" : hostKeys;
}

/**
 * Writes a question as a problem: a TD does what it likes with its line, then the line is flushed,
 * reclaimed and cleared as the policy says, then host, devices and caches do what they like for
 * ever.
 *
 * @param question The question.
 * @returns The problem, and the machine to put it on.
 * @throws {TypeError} Where the platform is not one that `definePlatform` returned, or something
 * else is not known or of a wrong type.
 * @throws {RangeError} Where the platform was made for another contract, or a word is not known.
 *
 * @example
 * ```ts
 * import { closureProblem } from "@tdx/litmus";
 * import { spr } from "@tdx/platform-spr";
 * import { assertEquals } from "@std/assert";
 *
 * const { problem, machine } = closureProblem({
 *   platform: spr,
 *   mode: "Li",
 *   hostKeys: "keyid0",
 *   policy: "quirk",
 *   poison: "none",
 * });
 * assertEquals(problem.threads.map(({ name }) => name), ["td", "reclaim", "host", "device"]);
 * assertEquals(machine.clear, true);
 * ```
 */
export function closureProblem(question: ClosureQuestion): { problem: Problem; machine: Machine } {
  requireQuestion(question);
  const { platform, mode, hostKeys, policy, poison, flush = true, rules } = question;
  const keys = hostKeyNames(hostKeys);
  const kinds = poison === "unconsumed" ? TD_KINDS_WITHOUT_LOAD : TD_KINDS;
  const td: Thread = {
    name: "td",
    agent: "td",
    after: [],
    kind: "any",
    steps: kinds.map((kind) => step(kind, "td", "secret")),
  };
  const fault: Thread = {
    name: "fault",
    agent: "cache",
    after: [],
    kind: "sequence",
    steps: [step("poison", "td")],
  };
  const consume: Thread = {
    name: "td consumes",
    agent: "td",
    after: [0],
    kind: "sequence",
    steps: [step("clflush", "td"), step("load", "td")],
  };
  const before = { none: [td], unconsumed: [fault, td], consumed: [fault, consume] }[poison];
  const flushed: Thread = {
    name: "reclaim",
    agent: "module",
    after: before.map((_, i) => i),
    kind: "sequence",
    steps: [
      ...(flush ? [step("cache-wb", "td")] : []),
      { operation: "clear", line: 0, key: keys[0]! },
    ],
  };
  const after = [before.length];
  const host: Thread = {
    name: "host",
    agent: "host",
    after,
    kind: "any",
    steps: keys.flatMap((key) => HOST_KINDS.map((kind) => step(kind, key, "host"))),
  };
  const device: Thread = {
    name: "device",
    agent: "device",
    after,
    kind: "any",
    steps: keys.flatMap((key) => DEVICE_KINDS.map((kind) => step(kind, key, "host"))),
  };
  const decided = decide({ platform, mode, policy, hostKeys: clearingKeys(hostKeys) });
  return {
    problem: {
      name: [platform.name, mode, hostKeys, policy, ...(poison === "none" ? [] : [poison])].join(
        " ",
      ),
      lines: [{ name: "X", content: { key: "td", data: "secret" } }],
      threads: [...before, flushed, host, device],
      registers: [],
      speculation: keys,
      seamNr: poison === "consumed",
    },
    machine: {
      mode,
      clear: decided.clear,
      partialWriteToOwnedLine: platform.memory.partialWriteToOwnedLine,
      ...(rules === undefined ? {} : { rules }),
    },
  };
}

function requireQuestion(question: ClosureQuestion): void {
  requireOptions("question", question, QUESTION);
  const { platform, mode, hostKeys, policy, poison, flush = true, rules } = question;
  requirePlatform("platform", platform);
  requireOneOf("mode", mode, MODES);
  requireOneOf("hostKeys", hostKeys, CLOSURE_KEYS);
  requireOneOf("policy", policy, POLICIES);
  requireOneOf("poison", poison, LEFT_POISONS);
  requireBoolean("flush", flush);
  if (rules !== undefined) requireObject("rules", rules);
}

/** A step on the one line; only writes carry data. */
function step(operation: OperationKind, key: KeyName, data?: "host" | "secret"): Step {
  const carried = data !== undefined && WRITES_DATA.has(operation) ? { data } : {};
  return { operation, line: 0, key, ...carried };
}
