/**
 * The rules of one cache line as one table: the small part of `@tdx/core` that names and words them.
 *
 * @example
 * ```ts
 * import { RULES, ruleText } from "@tdx/core/rules";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(ruleText("C8").source, "TDX Module Base Architecture, table 16.2");
 * assertEquals(RULES.writes.map((rule) => rule.id), ["W1", "W2", "W3", "W5", "W4"]);
 * ```
 *
 * @module
 */
import { requireOneOf } from "../arguments.ts";
import type { Access } from "../key.ts";
import type { PartialWrite } from "../platform.ts";
import type { Confidence } from "../source.ts";

/**
 * Integrity mode, a platform and BIOS choice: `Li`, logical (TD owner bit only), or `Ci`,
 * cryptographic (MAC too).
 */
export type Mode = "Li" | "Ci";

/** All integrity modes. */
export const MODES: readonly Mode[] = ["Li", "Ci"];

/** The TD owner bit of a line: 1 once written with a private KeyID. */
export type Owner = 0 | 1;

/** What every rule carries besides its content. */
export interface RuleText {
  /** Confidence in the rule. */
  readonly confidence: Confidence;
  /** The document it was read in. */
  readonly source: string;
  /** The rule in one sentence. */
  readonly text: string;
  /** Assumptions it leans on. */
  readonly assumes?: readonly AssumptionId[];
}

/** Ids of the read rules. */
export type ReadRuleId =
  | "R0"
  | "C1"
  | "C2"
  | "C3"
  | "C4"
  | "C5"
  | "C6"
  | "C7"
  | "C8"
  | "L1"
  | "L2"
  | "L3"
  | "L4";
/** Ids of the write rules. */
export type WriteRuleId = "W1" | "W2" | "W3" | "W4" | "W5";
/** Ids of the cache rules. */
export type CacheRuleId = "K1" | "K2" | "K3" | "K4" | "K5" | "K6" | "K7" | "K8";
/** Ids of the rules on who may use a private KeyID. */
export type AccessRuleId = "W6" | "F1";
/** Ids of the named assumptions. */
export type AssumptionId = "A1" | "A2" | "A3" | "A4" | "A5";
/** Any rule id that a transition can name. */
export type RuleId = ReadRuleId | WriteRuleId | CacheRuleId | AccessRuleId;

/** A row of the read table: what the memory controller returns and does to the line. */
export interface ReadRule extends RuleText {
  /** Id of the row. */
  readonly id: ReadRuleId;
  /** Conditions; one that is left out is not looked at. */
  readonly when: {
    readonly poisoned: boolean;
    readonly mode?: Mode;
    readonly access?: Access;
    readonly integrity?: boolean;
    readonly owner?: Owner;
    readonly mac?: "match" | "mismatch";
  };
  /** What the reader gets; `decrypted` with the reader's own key. */
  readonly data: "poison" | "zeros" | "decrypted";
  /** Whether the line becomes poisoned. */
  readonly poisons: boolean;
}

/**
 * A row of the write table: what a write transaction leaves in memory. Writes are never checked.
 */
export interface WriteRule extends RuleText {
  /** Id of the row. */
  readonly id: WriteRuleId;
  /** Conditions; one that is left out is not looked at. The first row that matches applies. */
  readonly when: {
    readonly width: "full" | "partial";
    readonly access: Access;
    readonly integrity?: boolean;
    readonly owner?: Owner;
    readonly partialWrite?: PartialWrite;
  };
  /** Whether the controller reads the line first, under the read rules, and merges. */
  readonly underFill: boolean;
  /** The TD owner bit afterwards. */
  readonly owner: Owner | "unchanged";
  /** The MAC afterwards; `by-key` is new for a key with integrity, else none. */
  readonly mac: "new" | "none" | "by-key" | "unchanged";
  /** What becomes of poison in the line; `set` makes it, `cleared` leaves a stuck cell poisoned. */
  readonly poison: "cleared" | "kept" | "set";
}

/**
 * A row of the cache table: what an event does to the copy under its own KeyID, and only to that.
 */
export interface CacheRule extends RuleText {
  /** Id of the row. */
  readonly id: CacheRuleId;
  /** For an access: whether it fills the cache by a read of memory. */
  readonly fills?: boolean;
  /** For what ends or cleans a copy: whether a dirty one is written to memory as a full line. */
  readonly writesBack?: boolean;
  /** For what ends or cleans a copy: whether it is gone afterwards. */
  readonly drops?: boolean;
  /** Whether poison goes along when data moves between memory and copy. */
  readonly poisonTravels?: boolean;
}

/** Everything the automaton walks on. */
export interface RuleTable {
  /** The read rules, of which the first that matches applies. */
  readonly reads: readonly ReadRule[];
  /** The write rules, of which the first that matches applies. */
  readonly writes: readonly WriteRule[];
  /** The cache rules, one for each event. */
  readonly caches: readonly CacheRule[];
}

const TABLE_CI = {
  confidence: "exact",
  source: "TDX Module Base Architecture, table 16.2",
} as const;
const TABLE_LI = {
  confidence: "exact",
  source: "TDX Module Base Architecture, table 16.3",
} as const;
const ARCH = { confidence: "exact", source: "TDX CPU Architectural Extensions, 343754" } as const;
const ERRATUM = { confidence: "exact", source: "Linux 1e536e106897" } as const;

/** The read rules, in the order they are tried. */
const READS: readonly ReadRule[] = [
  {
    id: "R0",
    when: { poisoned: true },
    data: "poison",
    poisons: false,
    ...ARCH,
    text: "Any read of a poisoned line returns poison, whatever the checks would say.",
  },
  {
    id: "C1",
    when: { poisoned: false, mode: "Ci", access: "private", integrity: true, owner: 0 },
    data: "zeros",
    poisons: true,
    ...TABLE_CI,
    text: "A private read of a line that no TD owns fails: zeros, and the line is poisoned.",
  },
  {
    id: "C2",
    when: {
      poisoned: false,
      mode: "Ci",
      access: "private",
      integrity: true,
      owner: 1,
      mac: "match",
    },
    data: "decrypted",
    poisons: false,
    ...TABLE_CI,
    assumes: ["A2"],
    text: "A private read of an owned line with a matching MAC is decrypted.",
  },
  {
    id: "C3",
    when: {
      poisoned: false,
      mode: "Ci",
      access: "private",
      integrity: true,
      owner: 1,
      mac: "mismatch",
    },
    data: "zeros",
    poisons: true,
    ...TABLE_CI,
    text: "A private read with a wrong MAC fails: zeros, and the line is poisoned.",
  },
  {
    id: "C4",
    when: {
      poisoned: false,
      mode: "Ci",
      access: "shared",
      integrity: true,
      owner: 0,
      mac: "match",
    },
    data: "decrypted",
    poisons: false,
    ...TABLE_CI,
    assumes: ["A2"],
    text: "A shared read with integrity and a matching MAC is decrypted.",
  },
  {
    id: "C5",
    when: {
      poisoned: false,
      mode: "Ci",
      access: "shared",
      integrity: true,
      owner: 0,
      mac: "mismatch",
    },
    data: "zeros",
    poisons: true,
    ...TABLE_CI,
    assumes: ["A3"],
    text:
      "A shared read with integrity and a wrong or missing MAC fails: zeros, and the line is poisoned.",
  },
  {
    id: "C6",
    when: { poisoned: false, mode: "Ci", access: "shared", integrity: true, owner: 1 },
    data: "zeros",
    poisons: true,
    ...TABLE_CI,
    text: "A shared read with integrity of a TD-owned line fails: zeros, and the line is poisoned.",
  },
  {
    id: "C7",
    when: { poisoned: false, mode: "Ci", access: "shared", integrity: false, owner: 0 },
    data: "decrypted",
    poisons: false,
    ...TABLE_CI,
    assumes: ["A2"],
    text: "A shared read without integrity (KeyID 0 always) of a line no TD owns is decrypted.",
  },
  {
    id: "C8",
    when: { poisoned: false, mode: "Ci", access: "shared", integrity: false, owner: 1 },
    data: "zeros",
    poisons: false,
    ...TABLE_CI,
    text:
      "A shared read without integrity (KeyID 0 always) of a TD-owned line gives zeros, no poison.",
  },
  {
    id: "L1",
    when: { poisoned: false, mode: "Li", access: "private", owner: 0 },
    data: "zeros",
    poisons: true,
    ...TABLE_LI,
    text: "A private read of a line that no TD owns fails: zeros, and the line is poisoned.",
  },
  {
    id: "L2",
    when: { poisoned: false, mode: "Li", access: "private", owner: 1 },
    data: "decrypted",
    poisons: false,
    ...TABLE_LI,
    assumes: ["A2"],
    text: "A private read of an owned line is decrypted.",
  },
  {
    id: "L3",
    when: { poisoned: false, mode: "Li", access: "shared", owner: 0 },
    data: "decrypted",
    poisons: false,
    ...TABLE_LI,
    assumes: ["A2"],
    text: "A shared read of a line no TD owns is decrypted.",
  },
  {
    id: "L4",
    when: { poisoned: false, mode: "Li", access: "shared", owner: 1 },
    data: "zeros",
    poisons: false,
    ...TABLE_LI,
    text: "A shared read of a TD-owned line gives zeros, no poison.",
  },
];

/** The write rules; W5 stands before W4, which takes every partial write that is left. */
const WRITES: readonly WriteRule[] = [
  {
    id: "W1",
    when: { width: "full", access: "private" },
    underFill: false,
    owner: 1,
    mac: "new",
    poison: "cleared",
    ...ARCH,
    text: "A full private write sets the TD owner bit, renews the MAC and clears poison.",
  },
  {
    id: "W2",
    when: { width: "full", access: "shared", integrity: true },
    underFill: false,
    owner: 0,
    mac: "new",
    poison: "cleared",
    ...ARCH,
    text:
      "A full shared write with integrity clears the TD owner bit, renews the MAC and clears poison.",
  },
  {
    id: "W3",
    when: { width: "full", access: "shared", integrity: false },
    underFill: false,
    owner: 0,
    mac: "none",
    poison: "cleared",
    ...ARCH,
    text:
      "A full shared write without integrity clears the TD owner bit, leaves no MAC and clears poison.",
  },
  {
    id: "W5",
    when: { width: "partial", access: "shared", owner: 1, partialWrite: "poison" },
    underFill: false,
    owner: "unchanged",
    mac: "unchanged",
    poison: "set",
    ...ERRATUM,
    assumes: ["A4"],
    text: "The erratum: a partial write to a TD-owned line poisons it silently, with KeyID 0 too.",
  },
  {
    id: "W4",
    when: { width: "partial", access: "shared" },
    underFill: true,
    owner: 0,
    mac: "by-key",
    poison: "kept",
    ...ARCH,
    assumes: ["A1"],
    text: "A partial write is merged into what an under-fill read finds; poison stays.",
  },
];

/** The cache rules. Copies under different KeyIDs know nothing of each other. */
const CACHES: readonly CacheRule[] = [
  {
    id: "K1",
    fills: true,
    poisonTravels: true,
    ...ARCH,
    text:
      "A miss fills the cache by a read under the reader's KeyID; poison travels with the copy.",
  },
  {
    id: "K2",
    fills: false,
    ...ARCH,
    text: "A hit returns the copy, whatever memory holds by now.",
  },
  {
    id: "K3",
    writesBack: true,
    drops: true,
    poisonTravels: true,
    ...ARCH,
    text: "A copy may be evicted at any time; a dirty one is a full write under its KeyID.",
  },
  {
    id: "K4",
    writesBack: true,
    drops: true,
    poisonTravels: true,
    ...ARCH,
    text: "CLFLUSH writes a dirty copy back and drops it, under its own KeyID only.",
  },
  {
    id: "K5",
    writesBack: false,
    drops: true,
    ...ARCH,
    text: "MOVDIR64B writes the line without a fill and drops the copy under its own KeyID only.",
  },
  {
    id: "K6",
    writesBack: true,
    drops: false,
    poisonTravels: true,
    ...ARCH,
    text: "TDH.PHYMEM.CACHE.WB writes dirty private copies back and keeps them, clean.",
  },
  {
    id: "K7",
    writesBack: true,
    drops: true,
    poisonTravels: true,
    ...ARCH,
    text:
      "TDH.PHYMEM.PAGE.WBINVD writes back and drops the copies of a page under the given KeyID.",
  },
  {
    id: "K8",
    fills: true,
    poisonTravels: true,
    ...ARCH,
    text: "A speculative read may fill the cache at any time; it never consumes poison.",
  },
];

/** The one table of line rules. Simulator, explorer, traces and documentation all read it. */
export const RULES: RuleTable = { reads: READS, writes: WRITES, caches: CACHES };

/** Who may use a private KeyID; the refused access changes nothing. */
export const ACCESS_RULES: Readonly<Record<AccessRuleId, RuleText>> = {
  W6: {
    confidence: "exact",
    source: "TDX CPU Architectural Extensions, 343754",
    text: "The IOMMU refuses a device access with a private KeyID; nothing happens.",
  },
  F1: {
    confidence: "exact",
    source: "TDX CPU Architectural Extensions, 343754",
    text: "Outside SEAM an access with a private KeyID is a reserved-bit page fault.",
  },
};

/** What the model assumes where no document says; each is deduced, none is silent. */
export const ASSUMPTIONS: Readonly<Record<AssumptionId, string>> = {
  A1: "Poison that the under-fill of a partial write finds or creates stays in the line.",
  A2: "A line written under another key decrypts to garbage, silently.",
  A3: "A line last written without integrity has no MAC, so an integrity read of it is a mismatch.",
  A4: "The partial write of the erratum leaves the TD owner bit as it was.",
  A5:
    "Within one KeyID the machine is coherent: a partial write or a device access sees the copy " +
    "under its own KeyID; the write drops that copy, after writing it back where it does not " +
    "replace the whole line.",
};

/**
 * Finds a rule's text by its id.
 *
 * @param id The rule.
 * @returns Its sentence, source, confidence and assumptions.
 * @throws {TypeError} Where the id is no string.
 * @throws {RangeError} Where there is no such rule.
 *
 * @example
 * ```ts
 * import { ruleText } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(ruleText("W4").assumes, ["A1"]);
 * ```
 */
export function ruleText(id: RuleId): RuleText {
  const rules: readonly (RuleText & { id: RuleId })[] = [...READS, ...WRITES, ...CACHES];
  requireOneOf("id", id, [...rules.map((rule) => rule.id), ...Object.keys(ACCESS_RULES)]);
  return rules.find((rule) => rule.id === id) ?? ACCESS_RULES[id as AccessRuleId];
}
