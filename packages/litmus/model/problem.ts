import type { Agent, Data, Key, LineState, OperationKind } from "@tdx/core";
import { KeyIdSpace, LineAutomaton } from "@tdx/core";
import type { HostKeys } from "@tdx/reclaim";

/**
 * The keys a problem can name.
 *
 * `td2` is the next TD on the KeyID of `td`: the same KeyID, reprogrammed. `td3` is a TD with a
 * KeyID of its own. `global` is the TDX module's.
 */
export type KeyName = "keyid0" | "shared" | "integrity" | "td" | "td2" | "td3" | "global";

const SPACE = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });

/** The key behind each name, on a machine with 32 shared and 32 private KeyIDs. */
export const KEYS: Readonly<Record<KeyName, Key>> = {
  keyid0: SPACE.key(0),
  shared: SPACE.key(1),
  integrity: SPACE.key(2, { integrity: true }),
  global: SPACE.key(32),
  td: SPACE.key(33),
  td2: SPACE.key(33, { generation: 1 }),
  td3: SPACE.key(34),
};

/** The names of the keys. */
export const KEY_NAMES: readonly KeyName[] = Object.keys(KEYS) as KeyName[];

/** The key behind each kind of host KeyIDs. */
export const HOST_KEY_NAMES: Readonly<Record<HostKeys, KeyName>> = {
  keyid0: "keyid0",
  shared: "shared",
  "shared-integrity": "integrity",
};

/** The operations that give a value back. */
export const READS_DATA: ReadonlySet<ThreadStep["operation"]> = new Set(["load", "dma-read"]);

/** What a line holds when a problem begins, nothing of it cached. */
export interface Content {
  /** The key it was last written with. */
  readonly key: KeyName;
  /** What was written. */
  readonly data: Data;
}

/** One step of a thread: an operation on a line. */
export interface ThreadStep {
  /** What happens; `clear` is the host's reset and follows the policy. */
  readonly operation: OperationKind | "clear";
  /** Index of the line. */
  readonly line: number;
  /** The key it goes through. */
  readonly key: KeyName;
  /** What is written, for writes. */
  readonly data?: Data;
  /** Index of the register that receives what is read. */
  readonly register?: number;
}

/** A thread: one agent that runs a program, or does any of some steps for ever. */
export interface Thread {
  /** Its name, unique in the problem. */
  readonly name: string;
  /** Who acts. */
  readonly agent: Agent;
  /** Indexes of the threads that must have ended before it starts. */
  readonly after: readonly number[];
  /** Whether `steps` run once in order, or any of them at any time, as often as wanted. */
  readonly kind: "sequence" | "any";
  /** Its steps. */
  readonly steps: readonly ThreadStep[];
}

/** A question about lines: who does what, in which order at least. */
export interface Problem {
  /** A short name. */
  readonly name: string;
  /** The lines by name, with their first content. */
  readonly lines: readonly { readonly name: string; readonly content: Content }[];
  /** The threads. */
  readonly threads: readonly Thread[];
  /** The registers by name, `thread:register`. */
  readonly registers: readonly string[];
  /** Keys under which the host may read speculatively at any time (rule K8). */
  readonly speculation: readonly KeyName[];
  /** Whether a TD's machine check retires the page: SEAM_NR, and no KeyID bits in MCi_ADDR (N1). */
  readonly seamNr: boolean;
  /**
   * Whether new poison retires the page instead: its generation is logged, and memory_failure takes
   * the page before anyone uses it (N5).
   */
  readonly logged?: boolean;
}

/** What retires a page: that a TD consumes its poison, that its generation is logged, or nothing. */
export type Retires = "consumed" | "logged" | null;

/** What retires a page in a problem. */
export function retiresOf({ seamNr, logged = false }: Problem): Retires {
  return logged ? "logged" : seamNr ? "consumed" : null;
}

/**
 * The state of a line with a first content, nothing of it cached.
 *
 * @param content The key it was written with, and what was written.
 * @param ci Whether the machine is in Ci mode, where a key with integrity leaves a MAC.
 * @returns The state.
 *
 * @example
 * ```ts
 * import { contentState } from "@tdx/litmus";
 * import { assertEquals } from "@std/assert";
 *
 * const { memory, copies } = contentState({ key: "td", data: "secret" }, true);
 * assertEquals([memory.owner, memory.macMatches, copies.length], [1, true, 0]);
 * ```
 */
export function contentState(content: Content, ci: boolean): LineState {
  const { key, data } = content;
  const { memory, copies } = LineAutomaton.fresh(KEYS[key]);
  const { access, integrity } = KEYS[key];
  return {
    memory: { ...memory, data, owner: access === "private" ? 1 : 0, macMatches: ci && integrity },
    copies,
  };
}
