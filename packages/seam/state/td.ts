import type { Key } from "@tdx/core";
import { SecureEpt } from "./_secure_ept.ts";
import { pageBytes, type PageLevel } from "./page_type.ts";

/** How many pages a structure may have. */
export interface PageCounts {
  /** The fewest it can be used with. */
  readonly min: number;
  /** The most it takes, with nested VMs. */
  readonly max: number;
}

/** TDCX pages of a TDCS, the control structure of a TD (TDX module 1.5). */
export const TDCS_PAGES: PageCounts = { min: 6, max: 9 };

/** Pages of a TDVPS, the control structure of a vCPU, its TDVPR included (TDX module 1.5). */
export const TDVPS_PAGES: PageCounts = { min: 6, max: 15 };

/** Where a TD is between its creation and its end. */
export type LifeCycle = "HKID_ASSIGNED" | "KEYS_CONFIGURED" | "BLOCKED" | "TEARDOWN";

/** How far a TD with keys is set up. */
export type OpState = "UNINITIALIZED" | "INITIALIZED" | "RUNNABLE";

/** A virtual CPU as the module knows it. */
export interface VcpuInfo {
  /** Address of its TDVPR in bytes. */
  readonly tdvpr: number;
  /** Addresses of its TDCX pages in bytes, in the order of their adding. */
  readonly tdcx: readonly number[];
  /** Whether TDH.VP.INIT made it ready. */
  readonly ready: boolean;
  /** The logical processor it is associated with, `null` if there is none. */
  readonly lp: number | null;
  /** Whether it is inside the TD right now. */
  readonly running: boolean;
}

/** Consecutive guest pages of one size. */
export interface GpaRange {
  /** First guest physical address in bytes. */
  readonly gpa: number;
  /** Size of the pages. */
  readonly level: PageLevel;
  /** How many pages. */
  readonly pages: number;
}

/** A TD as the module knows it, at the time of asking. */
export interface TdInfo {
  /** Address of its TDR in bytes, which names the TD. */
  readonly tdr: number;
  /** Its HKID, valid until TDH.MNG.KEY.FREEID. */
  readonly hkid: number;
  /** Its life cycle. */
  readonly lifeCycle: LifeCycle;
  /** Its operation state. */
  readonly opState: OpState;
  /** Its key; `null` before the first TDH.MNG.KEY.CONFIG. It stays known for reading what it wrote. */
  readonly key: Key | null;
  /** Pages it owns besides the TDR, in units of 4 KiB. */
  readonly children: number;
  /** TDCX pages of its TDCS. */
  readonly tdcsPages: number;
  /** Its epoch, which TDH.MEM.TRACK counts up. */
  readonly epoch: number;
  /** Its vCPUs. */
  readonly vcpus: readonly VcpuInfo[];
  /** Its guest pages that the Secure EPT maps, blocked ones included, ascending for each size. */
  readonly mappings: readonly GpaRange[];
}

/** A virtual CPU. */
export interface Vcpu {
  readonly tdvpr: number;
  readonly td: Td;
  /** Addresses of its TDCX pages. */
  readonly tdcx: number[];
  ready: boolean;
  lp: number | null;
  /** The epoch it entered in, while it is inside the TD. */
  enteredAt: number | null;
}

/** A trust domain. */
export class Td {
  lifeCycle: LifeCycle = "HKID_ASSIGNED";
  opState: OpState = "UNINITIALIZED";
  key: Key | null = null;
  /** Packages whose encryption engine has the key. */
  readonly configured: Set<number> = new Set();
  /** Whether a vCPU of it consumed poison. */
  fatal = false;
  tdcsPages = 0;
  children = 0;
  epoch = 1;
  readonly vcpus: Map<number, Vcpu> = new Map();
  readonly sept: SecureEpt = new SecureEpt();

  constructor(readonly tdr: number, readonly hkid: number) {}

  /** Whether a vCPU is inside the TD that entered in an epoch. */
  runsSince(epoch: number): boolean {
    return [...this.vcpus.values()].some(({ enteredAt }) => enteredAt === epoch);
  }

  /** Whether a vCPU is associated with a logical processor. */
  get isAssociated(): boolean {
    return [...this.vcpus.values()].some(({ lp }) => lp !== null);
  }

  info(): TdInfo {
    const { tdr, hkid, lifeCycle, opState, key, children, tdcsPages, epoch, sept } = this;
    const vcpus = [...this.vcpus.values()].map(({ tdvpr, tdcx, ready, lp, enteredAt }) => ({
      tdvpr,
      tdcx: [...tdcx],
      ready,
      lp,
      running: enteredAt !== null,
    }));
    const mappings = ([0, 1, 2] as const).flatMap((level) =>
      sept.leaves[level]!.runs()
        .map(({ page, count }) => ({ gpa: page * pageBytes(level), level, pages: count }))
    );
    return { tdr, hkid, lifeCycle, opState, key, children, tdcsPages, epoch, vcpus, mappings };
  }
}
