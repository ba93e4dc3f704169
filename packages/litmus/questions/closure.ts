import { defined, type OperationKind, WRITES_DATA } from "@tdx/core";
import { requireOneOf, requireOptions } from "@tdx/core/arguments";
import { HOST_KEYS, type HostKeys, settledDecision } from "@tdx/reclaim";
import {
  HOST_KEY_NAMES,
  type KeyName,
  type Problem,
  type Thread,
  type ThreadStep,
} from "../model/problem.ts";
import type { Machine } from "../model/machine.ts";

/**
 * What is in a reclaimed line besides what the TD wrote: no poison, that of a hardware error which
 * the TD never consumed, or of one that it did on a machine with SEAM_NR, so that the page was
 * retired (Linux [7911f145de5f](https://git.kernel.org/torvalds/c/7911f145de5f)) where MCi_ADDR
 * carries no KeyID bits (N1), or of one whose generation was logged, so that memory_failure took
 * the page (N5). Without SEAM_NR the third is not asked: some hosts panic.
 */
export type LeftPoison = "none" | "unconsumed" | "consumed" | "logged";

/** Which KeyIDs the host uses: one kind, or KeyID 0 and an integrity KeyID on the same line. */
export type ClosureKeys = HostKeys | "keyid0+integrity";

/**
 * One question of the verdict table: after this reclaim on this machine, can the host ever meet a
 * machine check?
 */
export interface ClosureQuestion extends Machine {
  /** The host's KeyIDs, of which the clear goes through the first; default `keyid0`, as Linux. */
  readonly hostKeys?: ClosureKeys;
  /**
   * A transient hardware error in the line: none, never consumed, consumed with SEAM_NR, logged;
   * default `none`.
   */
  readonly poison?: LeftPoison;
  /**
   * Whether the kernel retired the page of poison that the TD consumed; default yes, as where
   * MCi_ADDR carries no KeyID bits (N1).
   */
  readonly pageRetired?: boolean;
  /** Whether caches are flushed before the clear (T3, D4); default yes. */
  readonly flush?: boolean;
}

/** A question whose answer is expected is one too. */
const QUESTION: readonly string[] = [
  "platform",
  "mode",
  "hostKeys",
  "kernel",
  "policy",
  "poison",
  "pageRetired",
  "flush",
  "rules",
  "expected",
];

const TD_KINDS: readonly OperationKind[] = ["store", "load", "clflush"];
const HOST_KINDS: readonly OperationKind[] = [
  "load",
  "store",
  "partial-write",
  "movdir64b",
  "clflush",
];
const DEVICE_KINDS: readonly OperationKind[] = ["dma-read", "dma-write", "dma-partial-write"];

/** All that a host's KeyIDs can be in a question. */
export const CLOSURE_KEYS: readonly ClosureKeys[] = [...HOST_KEYS, "keyid0+integrity"];

/** All that can be in a reclaimed line besides. */
export const LEFT_POISONS: readonly LeftPoison[] = ["none", "unconsumed", "consumed", "logged"];

/**
 * The keys a host uses, the one it clears through first.
 *
 * @param hostKeys Which KeyIDs it uses.
 * @returns The names of the keys.
 * @throws {RangeError} If it is not among {@link CLOSURE_KEYS}.
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
 * @throws {TypeError} If something is asked that is not known, or the platform is not one of
 * `definePlatform`.
 * @throws {RangeError} If a word is not among the known ones, or neither kernel nor policy tells
 * whether the host clears.
 *
 * @example
 * ```ts
 * import { closureProblem } from "@tdx/litmus";
 * import { spr } from "@tdx/platform-spr";
 * import { assertEquals } from "@std/assert";
 *
 * const { problem, machine } = closureProblem({ platform: spr, mode: "Li", kernel: "6.17" });
 * assertEquals(problem.name, "spr Li keyid0 always");
 * assertEquals(problem.threads.map(({ name }) => name), ["td", "reclaim", "host", "device"]);
 * assertEquals(machine, { platform: spr, mode: "Li", policy: "always" });
 * ```
 */
export function closureProblem(question: ClosureQuestion): { problem: Problem; machine: Machine } {
  requireOptions("question", question, QUESTION);
  const { platform, mode = "Ci", hostKeys = "keyid0", poison = "none", kernel, rules } = question;
  const { pageRetired = true, flush = true } = question;
  const keys = hostKeyNames(hostKeys);
  requireOneOf("poison", poison, LEFT_POISONS);
  const [cleared] = keys;
  const asked = defined({ kernel, policy: question.policy });
  const { policy } = settledDecision({ platform, mode, ...asked });
  const before = BEFORE[poison];
  const reclaim: Thread = {
    name: "reclaim",
    agent: "module",
    after: before.map((_, i) => i),
    kind: "sequence",
    steps: [
      ...(flush ? [step("cache-wb", "td")] : []),
      { operation: "clear", line: 0, key: cleared! },
    ],
  };
  const outside = (agent: "host" | "device", kinds: readonly OperationKind[]): Thread => ({
    name: agent,
    agent,
    after: [before.length],
    kind: "any",
    steps: keys.flatMap((key) => kinds.map((kind) => step(kind, key, "host"))),
  });
  return {
    problem: {
      name: [platform.name, mode, hostKeys, policy, ...(poison === "none" ? [] : [poison])].join(
        " ",
      ),
      lines: [{ name: "X", content: { key: "td", data: "secret" } }],
      threads: [...before, reclaim, outside("host", HOST_KINDS), outside("device", DEVICE_KINDS)],
      registers: [],
      speculation: keys,
      seamNr: poison === "consumed" && pageRetired,
      logged: poison === "logged",
    },
    machine: { platform, mode, policy, ...defined({ rules }) },
  };
}

/** A TD that does any of some operations, as often as it likes. */
function td(kinds: readonly OperationKind[]): Thread {
  const steps = kinds.map((kind) => step(kind, "td", "secret"));
  return { name: "td", agent: "td", after: [], kind: "any", steps };
}

const FAULT: Thread = {
  name: "fault",
  agent: "cache",
  after: [],
  kind: "sequence",
  steps: [step("poison", "td")],
};

const CONSUME: Thread = {
  name: "td consumes",
  agent: "td",
  after: [0],
  kind: "sequence",
  steps: [step("clflush", "td"), step("load", "td")],
};

/** What happens before the reclaim; a TD that never loads consumes no poison. */
const BEFORE: Readonly<Record<LeftPoison, readonly Thread[]>> = {
  none: [td(TD_KINDS)],
  unconsumed: [FAULT, td(TD_KINDS.filter((kind) => kind !== "load"))],
  consumed: [FAULT, CONSUME],
  logged: [FAULT, td(TD_KINDS)],
};

/** A step on the one line; only writes carry data. */
function step(operation: OperationKind, key: KeyName, data?: "host" | "secret"): ThreadStep {
  const carried = data !== undefined && WRITES_DATA.has(operation) ? { data } : {};
  return { operation, line: 0, key, ...carried };
}
