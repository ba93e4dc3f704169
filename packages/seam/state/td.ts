import { BLOCK_FRAMES, type Key, PAGE_BYTES } from "@tdx/core";
import { GpaExtents } from "./_gpa_extents.ts";

import type { PageLevel } from "./page_type.ts";

/** Where a TD is between its creation and its end. */
export type LifeCycle = "HKID_ASSIGNED" | "KEYS_CONFIGURED" | "BLOCKED" | "TEARDOWN";

/** How far a TD with keys is set up. */
export type OpState = "UNINITIALIZED" | "INITIALIZED" | "RUNNABLE";

/** A virtual CPU as the module knows it. */
export interface VcpuInfo {
  /** Address of its TDVPR in bytes. */
  readonly tdvpr: number;
  /** Its pages, the TDVPR and TDCX pages. */
  readonly pages: number;
  /** Whether TDH.VP.INIT made it ready. */
  readonly ready: boolean;
  /** The logical processor it is associated with, `null` for none. */
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
  pages: number;
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
  tdcsPages = 0;
  children = 0;
  epoch = 1;
  readonly vcpus: Map<number, Vcpu> = new Map();
  /** Guest pages by level. */
  readonly leaves: readonly GpaExtents[] = [0, 1, 2].map((level) =>
    new GpaExtents(framesPer(level))
  );
  /** Secure EPT pages by the level of the entry that points at them, 1 to 3. */
  readonly tables: readonly GpaExtents[] = [0, 1, 2, 3].map(() => new GpaExtents(1));

  constructor(readonly tdr: number, readonly hkid: number) {}

  /** vCPUs inside the TD that entered in an epoch. */
  runningSince(epoch: number): number {
    let count = 0;
    for (const vcpu of this.vcpus.values()) if (vcpu.enteredAt === epoch) count++;
    return count;
  }

  /** vCPUs that are associated with a logical processor. */
  get associated(): number {
    let count = 0;
    for (const vcpu of this.vcpus.values()) if (vcpu.lp !== null) count++;
    return count;
  }

  info(): TdInfo {
    const { tdr, hkid, lifeCycle, opState, key, children, tdcsPages, epoch } = this;
    const vcpus = [...this.vcpus.values()].map(({ tdvpr, pages, ready, lp, enteredAt }) => ({
      tdvpr,
      pages,
      ready,
      lp,
      running: enteredAt !== null,
    }));
    const mappings = ([0, 1, 2] as const).flatMap((level) =>
      this.leaves[level]!.runs().map(({ page, count }) => ({
        gpa: page * pageBytes(level),
        level,
        pages: count,
      }))
    );
    return { tdr, hkid, lifeCycle, opState, key, children, tdcsPages, epoch, vcpus, mappings };
  }
}

/** Frames of 4 KiB in a page of a level, 0 to 3. */
export function framesPer(level: number): number {
  return FRAMES_PER[level]!;
}

/** Bytes in a page of a level, 0 to 3. */
export function pageBytes(level: number): number {
  return framesPer(level) * PAGE_BYTES;
}

const FRAMES_PER = [0, 1, 2, 3].map((level) => BLOCK_FRAMES ** level);
