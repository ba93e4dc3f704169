/** The host-side leaves of module 1.5.01 and their numbers, named as Intel writes them. */
export const HOST_LEAVES = {
  "TDH.VP.ENTER": 0,
  "TDH.MNG.ADDCX": 1,
  "TDH.MEM.PAGE.ADD": 2,
  "TDH.MEM.SEPT.ADD": 3,
  "TDH.VP.ADDCX": 4,
  "TDH.MEM.PAGE.AUG": 6,
  "TDH.MEM.RANGE.BLOCK": 7,
  "TDH.MNG.KEY.CONFIG": 8,
  "TDH.MNG.CREATE": 9,
  "TDH.VP.CREATE": 10,
  "TDH.MNG.RD": 11,
  "TDH.MEM.RD": 12,
  "TDH.MNG.WR": 13,
  "TDH.MEM.WR": 14,
  "TDH.MEM.PAGE.DEMOTE": 15,
  "TDH.MR.EXTEND": 16,
  "TDH.MR.FINALIZE": 17,
  "TDH.VP.FLUSH": 18,
  "TDH.MNG.VPFLUSHDONE": 19,
  "TDH.MNG.KEY.FREEID": 20,
  "TDH.MNG.INIT": 21,
  "TDH.VP.INIT": 22,
  "TDH.MEM.PAGE.PROMOTE": 23,
  "TDH.PHYMEM.PAGE.RDMD": 24,
  "TDH.MEM.SEPT.RD": 25,
  "TDH.VP.RD": 26,
  "TDH.MNG.KEY.RECLAIMID": 27,
  "TDH.PHYMEM.PAGE.RECLAIM": 28,
  "TDH.MEM.PAGE.REMOVE": 29,
  "TDH.MEM.SEPT.REMOVE": 30,
  "TDH.SYS.KEY.CONFIG": 31,
  "TDH.SYS.INFO": 32,
  "TDH.SYS.INIT": 33,
  "TDH.SYS.RD": 34,
  "TDH.SYS.LP.INIT": 35,
  "TDH.SYS.TDMR.INIT": 36,
  "TDH.SYS.RDALL": 37,
  "TDH.MEM.TRACK": 38,
  "TDH.MEM.RANGE.UNBLOCK": 39,
  "TDH.PHYMEM.CACHE.WB": 40,
  "TDH.PHYMEM.PAGE.WBINVD": 41,
  "TDH.MEM.SEPT.WR": 42,
  "TDH.VP.WR": 43,
  "TDH.SYS.LP.SHUTDOWN": 44,
  "TDH.SYS.CONFIG": 45,
  "TDH.SERVTD.BIND": 48,
  "TDH.SERVTD.PREBIND": 49,
  "TDH.SYS.SHUTDOWN": 52,
  "TDH.SYS.UPDATE": 53,
  "TDH.EXPORT.ABORT": 64,
  "TDH.EXPORT.BLOCKW": 65,
  "TDH.EXPORT.RESTORE": 66,
  "TDH.EXPORT.MEM": 68,
  "TDH.EXPORT.PAUSE": 70,
  "TDH.EXPORT.TRACK": 71,
  "TDH.EXPORT.STATE.IMMUTABLE": 72,
  "TDH.EXPORT.STATE.TD": 73,
  "TDH.EXPORT.STATE.VP": 74,
  "TDH.EXPORT.UNBLOCKW": 75,
  "TDH.IMPORT.ABORT": 80,
  "TDH.IMPORT.END": 81,
  "TDH.IMPORT.COMMIT": 82,
  "TDH.IMPORT.MEM": 83,
  "TDH.IMPORT.TRACK": 84,
  "TDH.IMPORT.STATE.IMMUTABLE": 85,
  "TDH.IMPORT.STATE.TD": 86,
  "TDH.IMPORT.STATE.VP": 87,
  "TDH.MIG.STREAM.CREATE": 96,
} as const;

/** Leaves of newer modules, as Linux numbers them; 42 is another leaf in module 1.5.01. */
export const NEWER_HOST_LEAVES = {
  "TDH.SYS.RDM": 42,
  "TDH.MNG.RDM": 46,
  "TDH.MNG.WRM": 47,
  "TDH.VP.RDM": 50,
  "TDH.VP.WRM": 51,
  "TDH.SYS.S4.END": 54,
  "TDH.PHYMEM.PAMT.ADD": 58,
  "TDH.PHYMEM.PAMT.REMOVE": 59,
  "TDH.EXT.INIT": 60,
  "TDH.EXT.MEM.ADD": 61,
  "TDH.SYS.DISABLE": 69,
  "TDH.MEM.SHARED.SEPT.WR": 163,
} as const;

/** Name of a leaf that a host can call. */
export type HostLeafName = keyof typeof HOST_LEAVES | keyof typeof NEWER_HOST_LEAVES;

/** A leaf that a host calls. */
export interface HostLeaf {
  /** Its name, as Intel writes it. */
  readonly name: HostLeafName;
  /** Its number, RAX bits 15:0. */
  readonly number: number;
  /** The version of the leaf that was asked for, RAX bits 23:16. */
  readonly version: number;
  /** Whether module 1.5.01 lacks it. */
  readonly newer: boolean;
  /** What its number is on newer modules, where that is another leaf; else `null`. */
  readonly newerName: HostLeafName | null;
}

/** The leaves of module 1.5.01 first, so that a number in both tables means the older leaf. */
const ALL: readonly HostLeaf[] = [...rows(HOST_LEAVES, false), ...rows(NEWER_HOST_LEAVES, true)];

/**
 * Finds a leaf that a host calls.
 *
 * @param leaf Its number as a SEAMCALL has it in RAX, or its name: `TDH.MEM.TRACK`, or
 * `TDH_MEM_TRACK` as C code writes it, in any case.
 * @returns The leaf; `undefined` if there is none of that number or name.
 *
 * @example
 * ```ts
 * import { leafOf } from "@tdx/seam";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(leafOf(28)?.name, "TDH.PHYMEM.PAGE.RECLAIM");
 * assertEquals(leafOf("TDH_SYS_DISABLE")?.number, 69);
 * ```
 */
export function leafOf(leaf: number | bigint | string): HostLeaf | undefined {
  if (typeof leaf === "string") {
    const name = leaf.toUpperCase().replaceAll("_", ".");
    return ALL.find((row) => row.name === name);
  }
  const [number, version] = [Number(BigInt(leaf) & 0xffffn), Number(BigInt(leaf) >> 16n)];
  const found = version < 0 || version > 0xff ? [] : ALL.filter((row) => row.number === number);
  const [first, other] = found;
  return first && { ...first, version, newerName: other?.name ?? null };
}

function rows(leaves: Readonly<Record<string, number>>, newer: boolean): HostLeaf[] {
  return Object.entries(leaves).map(([name, number]) => ({
    name: name as HostLeafName,
    number,
    version: 0,
    newer,
    newerName: null,
  }));
}
