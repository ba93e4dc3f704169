import { bitRange } from "@tdx/core";
import { requireWhole } from "@tdx/core/arguments";

/**
 * The class of an MCACOD, as the Intel SDM groups them (volume 3B, "Interpreting the MCA Error
 * Codes"); `unknown` fits none of its forms.
 */
export type McaClass =
  | "simple"
  | "generic-cache"
  | "tlb"
  | "memory-controller"
  | "cache"
  | "extended-memory"
  | "bus"
  | "unknown";

/** An architectural error code, taken apart. */
export interface McaError {
  /** Its class. */
  readonly class: McaClass;
  /** The SDM's name for it, for example `DCACHEL0_DRD_ERR`. */
  readonly name: string;
  /** The same in words. */
  readonly meaning: string;
  /** Bit 12: later corrections of the same place are not all reported. */
  readonly filtered: boolean;
  /** Whether Linux counts the class as a memory error (`mce_is_memory_error`). */
  readonly memory: boolean;
}

/** Mnemonic and words. */
type Value = readonly [mnemonic: string, words: string];

/** A sub-field of a compound code. */
interface SubField {
  readonly high: number;
  readonly low: number;
  readonly values: readonly Value[];
}
const bits = (high: number, low: number, ...values: Value[]): SubField => ({ high, low, values });

const RESERVED: Value = ["?", "reserved"];
/** Level in the memory hierarchy. */
const LL = bits(1, 0, ["L0", "level 0"], ["L1", "level 1"], ["L2", "level 2"], ["LG", "any level"]);
/** Kind of transaction. */
const TT = bits(3, 2, ["I", "instruction"], ["D", "data"], ["G", "generic"]);
/** Request. */
const RRRR = bits(
  7,
  4,
  ["ERR", "generic error"],
  ["RD", "read"],
  ["WR", "write"],
  ["DRD", "data read"],
  ["DWR", "data write"],
  ["IRD", "instruction fetch"],
  ["PREFETCH", "prefetch"],
  ["EVICT", "eviction"],
  ["SNOOP", "snoop"],
  ...Array.from({ length: 7 }, (): Value => ["?", "reserved request"]),
);
/** Kind of memory transaction. */
const MMM = bits(
  6,
  4,
  ["GEN", "generic"],
  ["RD", "read"],
  ["WR", "write"],
  ["AC", "address or command"],
  ["MS", "scrubbing"],
);
/** Memory channel. */
const CHANNELS = Array.from({ length: 15 }, (_, n): Value => [`${n}`, `channel ${n}`]);
const CCCC = bits(3, 0, ...CHANNELS, ["x", "any channel"]);
/** Part that the processor had in it. */
const PP = bits(
  10,
  9,
  ["SRC", "own request"],
  ["RES", "response"],
  ["OBS", "observed"],
  ["G", "generic"],
);
/** Timeout. */
const T = bits(8, 8, ["NOTIMEOUT", "no timeout"], ["TIMEOUT", "timeout"]);
/** What was addressed. */
const II = bits(3, 2, ["M", "memory"], RESERVED, ["IO", "I/O"], ["OTHER", "other"]);

interface Form {
  readonly class: McaClass;
  readonly mask: number;
  readonly code: number;
  /** Texts and sub-fields, joined to the name. */
  readonly name: readonly (string | SubField)[];
  readonly meaning: string;
  readonly memory?: true;
}

/** Every bit but 12, the filtering bit. */
const WHOLE = 0xefff;
const simple = (code: number, name: string): Form => ({
  class: "simple",
  mask: WHOLE,
  code,
  name: [name],
  meaning: "not a compound code",
});

/** First match wins: the simple codes stand before the forms they would fit. */
const FORMS: readonly Form[] = [
  simple(0x0000, "No Error"),
  simple(0x0001, "Unclassified"),
  simple(0x0002, "Microcode ROM Parity Error"),
  simple(0x0003, "External Error"),
  simple(0x0004, "FRC Error"),
  simple(0x0005, "Internal Parity Error"),
  simple(0x0006, "SMM Handler Code Access Violation"),
  simple(0x0400, "Internal Timer Error"),
  simple(0x0e0b, "I/O Error"),
  { ...simple(0x0400, "Internal Unclassified"), mask: 0xec00 },
  {
    class: "generic-cache",
    mask: 0xeffc,
    code: 0x000c,
    name: ["GCACHE", LL, "_ERR"],
    meaning: "generic cache hierarchy",
    memory: true,
  },
  { class: "tlb", mask: 0xeff0, code: 0x0010, name: [TT, "TLB", LL, "_ERR"], meaning: "TLB" },
  {
    class: "memory-controller",
    mask: 0xef80,
    code: 0x0080,
    name: [MMM, "_CHANNEL", CCCC, "_ERR"],
    meaning: "memory controller",
    memory: true,
  },
  {
    class: "cache",
    mask: 0xef00,
    code: 0x0100,
    name: [TT, "CACHE", LL, "_", RRRR, "_ERR"],
    meaning: "cache hierarchy",
    memory: true,
  },
  {
    class: "extended-memory",
    mask: 0xef80,
    code: 0x0280,
    name: [MMM, "_CHANNEL", CCCC, "_ERR"],
    meaning: "extended memory",
  },
  {
    class: "bus",
    mask: 0xe800,
    code: 0x0800,
    name: ["BUS", LL, "_", PP, "_", RRRR, "_", II, "_", T, "_ERR"],
    meaning: "bus and interconnect",
  },
];

/**
 * Takes an architectural error code apart.
 *
 * Forms, names and sub-fields: Intel SDM volume 3B, "Interpreting the MCA Error Codes", simple and
 * compound error codes. What counts as a memory error: Linux `mce_is_memory_error`.
 *
 * @param mcaCod MCACOD, bits 15:0 of IA32_MCi_STATUS, 0 to 0xffff.
 * @returns Class, name and meaning; class `unknown` where no form fits.
 * @throws {RangeError} If the code is not a whole number from 0 to 0xffff.
 *
 * @example The code of a load that consumed poison
 * ```ts
 * import { decodeMcaError } from "@tdx/host";
 * import { assertEquals } from "@std/assert";
 *
 * const error = decodeMcaError(0x134);
 * assertEquals([error.class, error.name], ["cache", "DCACHEL0_DRD_ERR"]);
 * assertEquals(error.meaning, "cache hierarchy: data, level 0, data read");
 * assertEquals(error.memory, true);
 * ```
 */
export function decodeMcaError(mcaCod: number): McaError {
  requireWhole("mcaCod", mcaCod, 0, 0xffff);
  const filtered = (mcaCod & ~WHOLE) !== 0;
  const form = FORMS.find(({ mask, code }) => (mcaCod & mask) === code);
  if (form === undefined) {
    const name = `0x${mcaCod.toString(16).padStart(4, "0")}`;
    return { class: "unknown", name, meaning: "no form of the SDM", filtered, memory: false };
  }
  const pieces = form.name.map((piece) =>
    typeof piece === "string" ? [piece] as const : valueOf(piece, mcaCod)
  );
  const words = pieces.flatMap(([, word]) => word ?? []).join(", ");
  return {
    class: form.class,
    name: pieces.map(([mnemonic]) => mnemonic).join(""),
    meaning: words === "" ? form.meaning : `${form.meaning}: ${words}`,
    filtered,
    memory: form.memory ?? false,
  };
}

function valueOf({ high, low, values }: SubField, code: number): Value {
  return values[bitRange(code, high, low)] ?? RESERVED;
}
