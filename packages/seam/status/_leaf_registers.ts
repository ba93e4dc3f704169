import { hex } from "../_hex.ts";
import { PAGE_TYPES } from "../state/page_type.ts";
import type { HostLeaf, HostLeafName } from "./host_leaves.ts";
import type { DecodedStatus } from "./seamcall_status.ts";

/** What a register holds, in words; `null` where the leaf was refused before it put that there. */
type Reader = (value: bigint, status: DecodedStatus) => string | null;
type Readers = Readonly<Record<string, Reader>>;

const SIZES = ["4 KiB", "2 MiB", "1 GiB"];
const ENTRY_STATES = ["free", "blocked", "pending", "pending and blocked", "mapped"];
const ADDRESS = 0xffffffffff000n;
/** Class of the statuses that come with the Secure EPT entry they are about. */
const GUEST_MEMORY = 11;

/** The PAMT entry of a page. */
const PAGE: Readers = { RCX: pageType, RDX: owner, R8: size };
/** The two pages that described a region of 2 MiB. */
const PAIR: Readers = { RDX: page, R8: page };

const RETURNED: Readonly<Partial<Record<HostLeafName, Readers>>> = {
  "TDH.PHYMEM.PAGE.RECLAIM": PAGE,
  "TDH.PHYMEM.PAGE.RDMD": PAGE,
  "TDH.MEM.PAGE.REMOVE": { RCX: page },
  "TDH.MEM.SEPT.REMOVE": { RCX: page },
  "TDH.PHYMEM.PAMT.REMOVE": PAIR,
  "TDH.SYS.RD": { RDX: (value) => `metadata field ${hex(value)}` },
  "TDH.SYS.TDMR.INIT": { RDX: (value) => `initialised up to ${hex(value)}` },
};

/** The Secure EPT entry at which a leaf `TDH.MEM.*` stopped. */
const ENTRY: Readers = { RCX: entry, RDX: levelAndState };

/**
 * Says what a register holds after a leaf.
 *
 * @returns `null` where the leaf gives the register no meaning, or did not get so far.
 */
export function registerMeaning(
  register: string,
  value: bigint,
  leaf: HostLeaf | null,
  status: DecodedStatus,
): string | null {
  if (leaf === null) return null;
  if (leaf.name.startsWith("TDH.MEM.") && status.error) {
    return status.class === GUEST_MEMORY ? ENTRY[register]?.(value, status) ?? null : null;
  }
  return RETURNED[leaf.name]?.[register]?.(value, status) ?? null;
}

function pageType(value: bigint, { error }: DecodedStatus): string {
  const found = Object.entries(PAGE_TYPES).find(([, number]) => BigInt(number) === value);
  if (value === 0n && error) return "page type NDA, or refused before it was known";
  return `page type ${found?.[0] ?? value}`;
}

function owner(value: bigint, { error }: DecodedStatus): string | null {
  if (value === 0n && error) return null;
  return value === 0n ? "no owner" : `owner: the TD whose TDR is at ${hex(value)}`;
}

function size(value: bigint, { error }: DecodedStatus): string | null {
  if (value === 0n && error) return null;
  return `size ${SIZES[Number(value)] ?? value}`;
}

function page(value: bigint): string {
  return `the page at ${hex(value & ADDRESS)}`;
}

function entry(value: bigint): string {
  const address = value & ADDRESS;
  return address === 0n ? "an empty Secure EPT entry" : `Secure EPT entry of ${hex(address)}`;
}

function levelAndState(value: bigint): string {
  const state = Number(value >> 8n & 0xffn);
  return `entry of level ${value & 7n}, ${ENTRY_STATES[state] ?? `state ${state}`}`;
}
