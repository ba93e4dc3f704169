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
import { type Confidence, sourceUrl } from "../source.ts";

/**
 * The one table of line rules. Simulator, explorer, traces and documentation all read it; its
 * columns are those of {@link ReadRule}, {@link WriteRule} and {@link CacheRule}.
 *
 * Of reads and writes the first row that matches applies: R0 stands before the checks, and W5 before
 * W4, which takes every partial write that is left. Copies in the cache under different KeyIDs know
 * nothing of each other. `access` says who may use a private KeyID: a refused access changes nothing.
 */
export const RULES = {
  reads: [
    {
      id: "R0",
      when: { poisoned: true },
      data: "poison",
      poisons: false,
      from: "343754",
      text: "Any read of a poisoned line returns poison, whatever the checks would say.",
    },
    {
      id: "C1",
      when: { mode: "Ci", access: "private", integrity: true, owner: 0 },
      data: "zeros",
      poisons: true,
      from: "table 16.2",
      text: "A private read of a line that no TD owns fails: zeros, and the line is poisoned.",
    },
    {
      id: "C2",
      when: { mode: "Ci", access: "private", integrity: true, owner: 1, mac: "match" },
      data: "decrypted",
      poisons: false,
      from: "table 16.2",
      assumes: ["A2"],
      text: "A private read of an owned line with a matching MAC is decrypted.",
    },
    {
      id: "C3",
      when: { mode: "Ci", access: "private", integrity: true, owner: 1, mac: "mismatch" },
      data: "zeros",
      poisons: true,
      from: "table 16.2",
      text: "A private read with a wrong MAC fails: zeros, and the line is poisoned.",
    },
    {
      id: "C4",
      when: { mode: "Ci", access: "shared", integrity: true, owner: 0, mac: "match" },
      data: "decrypted",
      poisons: false,
      from: "table 16.2",
      assumes: ["A2"],
      text: "A shared read with integrity and a matching MAC is decrypted.",
    },
    {
      id: "C5",
      when: { mode: "Ci", access: "shared", integrity: true, owner: 0, mac: "mismatch" },
      data: "zeros",
      poisons: true,
      from: "table 16.2",
      assumes: ["A3"],
      text:
        "A shared read with integrity and a wrong or missing MAC fails: zeros, and the line is poisoned.",
    },
    {
      id: "C6",
      when: { mode: "Ci", access: "shared", integrity: true, owner: 1 },
      data: "zeros",
      poisons: true,
      from: "table 16.2",
      text:
        "A shared read with integrity of a TD-owned line fails: zeros, and the line is poisoned.",
    },
    {
      id: "C7",
      when: { mode: "Ci", access: "shared", integrity: false, owner: 0 },
      data: "decrypted",
      poisons: false,
      from: "table 16.2",
      assumes: ["A2"],
      text: "A shared read without integrity (KeyID 0 always) of a line no TD owns is decrypted.",
    },
    {
      id: "C8",
      when: { mode: "Ci", access: "shared", integrity: false, owner: 1 },
      data: "zeros",
      poisons: false,
      from: "table 16.2",
      text:
        "A shared read without integrity (KeyID 0 always) of a TD-owned line gives zeros, no poison.",
    },
    {
      id: "L1",
      when: { mode: "Li", access: "private", owner: 0 },
      data: "zeros",
      poisons: true,
      from: "table 16.3",
      text: "A private read of a line that no TD owns fails: zeros, and the line is poisoned.",
    },
    {
      id: "L2",
      when: { mode: "Li", access: "private", owner: 1 },
      data: "decrypted",
      poisons: false,
      from: "table 16.3",
      assumes: ["A2"],
      text: "A private read of an owned line is decrypted.",
    },
    {
      id: "L3",
      when: { mode: "Li", access: "shared", owner: 0 },
      data: "decrypted",
      poisons: false,
      from: "table 16.3",
      assumes: ["A2"],
      text: "A shared read of a line no TD owns is decrypted.",
    },
    {
      id: "L4",
      when: { mode: "Li", access: "shared", owner: 1 },
      data: "zeros",
      poisons: false,
      from: "table 16.3",
      text: "A shared read of a TD-owned line gives zeros, no poison.",
    },
  ],
  writes: [
    {
      id: "W1",
      when: { width: "full", access: "private" },
      underFill: false,
      owner: 1,
      mac: "new",
      poison: "cleared",
      from: "343754",
      text: "A full private write sets the TD owner bit, renews the MAC and clears poison.",
    },
    {
      id: "W2",
      when: { width: "full", access: "shared", integrity: true },
      underFill: false,
      owner: 0,
      mac: "new",
      poison: "cleared",
      from: "343754",
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
      from: "343754",
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
      from: "1e536e106897",
      assumes: ["A4"],
      text:
        "The erratum: a partial write to a TD-owned line poisons it silently, with KeyID 0 too.",
    },
    {
      id: "W4",
      when: { width: "partial", access: "shared" },
      underFill: true,
      owner: 0,
      mac: "by-key",
      poison: "kept",
      from: "343754",
      assumes: ["A1"],
      text: "A partial write is merged into what an under-fill read finds; poison stays.",
    },
  ],
  caches: [
    {
      id: "K1",
      fills: true,
      poisonTravels: true,
      from: "343754",
      text:
        "A miss fills the cache by a read under the reader's KeyID; poison travels with the copy.",
    },
    {
      id: "K2",
      fills: false,
      from: "343754",
      text: "A hit returns the copy, whatever memory holds by now.",
    },
    {
      id: "K3",
      writesBack: true,
      drops: true,
      poisonTravels: true,
      from: "343754",
      text: "A copy may be evicted at any time; a dirty one is a full write under its KeyID.",
    },
    {
      id: "K4",
      writesBack: true,
      drops: true,
      poisonTravels: true,
      from: "343754",
      text: "CLFLUSH writes a dirty copy back and drops it, under its own KeyID only.",
    },
    {
      id: "K5",
      writesBack: false,
      drops: true,
      from: "343754",
      text: "MOVDIR64B writes the line without a fill and drops the copy under its own KeyID only.",
    },
    {
      id: "K6",
      writesBack: true,
      drops: false,
      poisonTravels: true,
      from: "343754",
      text: "TDH.PHYMEM.CACHE.WB writes dirty private copies back and keeps them, clean.",
    },
    {
      id: "K7",
      writesBack: true,
      drops: true,
      poisonTravels: true,
      from: "343754",
      text:
        "TDH.PHYMEM.PAGE.WBINVD writes back and drops the copies of a page under the given KeyID.",
    },
    {
      id: "K8",
      fills: true,
      poisonTravels: true,
      from: "343754",
      text: "A speculative read may fill the cache at any time; it never consumes poison.",
    },
  ],
  access: [
    {
      id: "W6",
      from: "343754",
      text: "The IOMMU refuses a device access with a private KeyID; nothing happens.",
    },
    {
      id: "F1",
      from: "343754",
      text: "Outside SEAM an access with a private KeyID is a reserved-bit page fault.",
    },
  ],
} as const;

/** What the rules were read in. */
export const RULE_SOURCES = {
  "table 16.2": { confidence: "exact", source: "TDX Module Base Architecture, table 16.2" },
  "table 16.3": { confidence: "exact", source: "TDX Module Base Architecture, table 16.3" },
  "343754": { confidence: "exact", source: "TDX CPU Architectural Extensions, 343754" },
  "1e536e106897": { confidence: "exact", source: "Linux 1e536e106897" },
} as const;

/** Ids of the read rules. */
export type ReadRuleId = (typeof RULES.reads)[number]["id"];
/** Ids of the write rules. */
export type WriteRuleId = (typeof RULES.writes)[number]["id"];
/** Ids of the cache rules. */
export type CacheRuleId = (typeof RULES.caches)[number]["id"];
/** Ids of the rules on who may use a private KeyID. */
export type AccessRuleId = (typeof RULES.access)[number]["id"];
/** Any rule id that a transition can name. */
export type RuleId = ReadRuleId | WriteRuleId | CacheRuleId | AccessRuleId;
/** Ids of the named assumptions. */
export type AssumptionId = "A1" | "A2" | "A3" | "A4" | "A5";
/** Names of the sources of rules. */
export type RuleSource = keyof typeof RULE_SOURCES;

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

/** All integrity modes. */
export const MODES = ["Li", "Ci"] as const;

/**
 * Integrity mode, a platform and BIOS choice: `Li`, logical (TD owner bit only), or `Ci`,
 * cryptographic (MAC too).
 */
export type Mode = (typeof MODES)[number];

/** The TD owner bit of a line: 1 once written with a private KeyID. */
export type Owner = 0 | 1;

/** What every row has. */
export interface RuleRow<Id extends RuleId> {
  /** The rule. */
  readonly id: Id;
  /** What it was read in. */
  readonly from: RuleSource;
  /** The rule in one sentence. */
  readonly text: string;
  /** Assumptions it leans on. */
  readonly assumes?: readonly AssumptionId[];
}

/** A row of the read table: what the memory controller returns and does to the line. */
export interface ReadRule extends RuleRow<ReadRuleId> {
  /** Conditions; one that is left out is not looked at. */
  readonly when: {
    readonly poisoned?: boolean;
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

/** A row of the write table: what a write leaves in memory. Writes are never checked. */
export interface WriteRule extends RuleRow<WriteRuleId> {
  /** Conditions; one that is left out is not looked at. */
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
export interface CacheRule extends RuleRow<CacheRuleId> {
  /** For an access: whether it fills the cache by a read of memory. */
  readonly fills?: boolean;
  /** For what ends or cleans a copy: whether a dirty one is written to memory as a full line. */
  readonly writesBack?: boolean;
  /** For what ends or cleans a copy: whether it is gone afterwards. */
  readonly drops?: boolean;
  /** Whether poison goes along when data moves between memory and copy. */
  readonly poisonTravels?: boolean;
}

/** What a line follows: {@link RULES}, or rules that are different on purpose. */
export interface RuleTable {
  /** The read rules, of which the first that matches applies. */
  readonly reads: readonly ReadRule[];
  /** The write rules, of which the first that matches applies. */
  readonly writes: readonly WriteRule[];
  /** The cache rules, one for each event. */
  readonly caches: readonly CacheRule[];
}

/** What the rules need to know besides the line and the operation. */
export interface LineEnvironment {
  /** Integrity mode of the machine. */
  readonly mode: Mode;
  /** What a partial write does to a TD-owned line on this platform. */
  readonly partialWriteToOwnedLine: PartialWrite;
  /** The rules to walk on. */
  readonly rules: RuleTable;
}

/** A rule in words. */
export interface RuleText extends Pick<RuleRow<RuleId>, "text" | "assumes"> {
  /** Confidence in the rule. */
  readonly confidence: Confidence;
  /** The document it was read in. */
  readonly source: string;
  /** The address of that document. */
  readonly url: string;
}

/**
 * Finds a rule's words by its id.
 *
 * @param id The rule.
 * @returns Its sentence, source with its address, confidence and assumptions.
 * @throws {TypeError} If the id is not a string.
 * @throws {RangeError} If there is no such rule.
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
  const { reads, writes, caches }: RuleTable = RULES;
  const rows: readonly RuleRow<RuleId>[] = [...reads, ...writes, ...caches, ...RULES.access];
  requireOneOf("id", id, rows.map((row) => row.id));
  const { id: _id, from, ...words } = rows.find((row) => row.id === id)!;
  const read = RULE_SOURCES[from];
  return { ...read, url: sourceUrl(read.source)!, ...words };
}
