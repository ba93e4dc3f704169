import { forEachFrame, type Key, runOf } from "@tdx/core";
import type { SeamState } from "./_seam_state.ts";
import type { KeyState } from "./key_ownership.ts";
import { isBlocked, type PamtEntry } from "./pamt.ts";
import { Td, type TdInfo, type Vcpu, type VcpuInfo } from "./td.ts";

/**
 * All that a module remembers, as plain data that can be compared as JSON: see
 * {@link TdxModule.snapshot}.
 */
export interface ModuleSnapshot {
  /** PAMT entries by frame number, ascending, but for pages that were never used. */
  readonly pamt: readonly (readonly [frame: number, entry: PamtEntry])[];
  /** Pairs of Dynamic PAMT: the number of the region, their frames, and pages in use. */
  readonly pairs: readonly (readonly [
    region: number,
    pages: readonly [number, number],
    used: number,
  ])[];
  /** Private KeyIDs that are not as they were at first. */
  readonly keys: readonly KeySnapshot[];
  /** The TDs, in the order of their creation. */
  readonly tds: readonly TdSnapshot[];
  /** Cache write-backs that were interrupted: package, HKIDs, interrupts to come. */
  readonly writeBacks: readonly (readonly [
    pkg: number,
    snapshot: readonly number[],
    interruptsLeft: number,
  ])[];
}

/** What a module remembers of a private KeyID. */
export interface KeySnapshot {
  /** The HKID. */
  readonly hkid: number;
  /** Its state in the key ownership table. */
  readonly state: KeyState;
  /** How often it was programmed. */
  readonly programmed: number;
  /** The key it stands for. */
  readonly key: Key;
  /** Packages that have not written their caches back since the flush, ascending. */
  readonly pending: readonly number[];
}

/** What a module remembers of a TD. */
export interface TdSnapshot extends Omit<TdInfo, "vcpus" | "mappings"> {
  /** Packages whose encryption engine has the key. */
  readonly configured: readonly number[];
  /** Whether one of its vCPUs consumed poison. */
  readonly fatal: boolean;
  /** Its vCPUs. */
  readonly vcpus: readonly VcpuSnapshot[];
  /** Guest pages of the Secure EPT: level, number of the guest page, first frame. */
  readonly leaves: readonly SeptPlace[];
  /** Secure EPT pages: the same. */
  readonly tables: readonly SeptPlace[];
}

/** What a module remembers of a vCPU. */
export interface VcpuSnapshot extends Omit<VcpuInfo, "running"> {
  /** The epoch it entered in, while it is inside the TD. */
  readonly enteredAt: number | null;
}

/** An entry of a Secure EPT that is in use: its level, its number, and the frame it points at. */
export type SeptPlace = readonly [level: number, page: number, frame: number];

/** Takes down all that a module remembers; locks that others hold and injected faults are not of it. */
export function takeSnapshot(state: SeamState): ModuleSnapshot {
  const { pamt, keys, tds, writeBacks } = state;
  return {
    pamt: entriesInUse(state),
    pairs: pamt.pairs?.list().map(([region, { pages, used }]) => [region, pages, used]) ?? [],
    keys: keys.list().filter(({ state, programmed }) => state !== "FREE" || programmed > 0)
      .map(({ pendingPackages, ...info }) => {
        return { ...info, key: keys.entry(info.hkid)!.key, pending: pendingPackages };
      }),
    tds: [...tds.values()].map(snapshotTd),
    writeBacks: [...writeBacks].sort(([a], [b]) => a - b)
      .map(([pkg, { snapshot, interruptsLeft }]) => [pkg, snapshot, interruptsLeft]),
  };
}

/** Gives a module the memory of an earlier time, or of another module of the same make. */
export function restoreSnapshot(state: SeamState, snapshot: ModuleSnapshot): void {
  const { pamt, keys, tds, writeBacks } = state;
  [...state.running].forEach((vcpu) => state.leave(vcpu));
  restorePamt(state, snapshot);
  for (const [region] of pamt.pairs?.list() ?? []) pamt.pairs!.remove(region);
  snapshot.pairs.forEach((pair) => pamt.pairs!.add(...pair));
  keys.reset();
  for (const { hkid, pending, ...rest } of snapshot.keys) {
    const entry = Object.assign(keys.entry(hkid)!, rest);
    pending.forEach((pkg) => entry.pending.add(pkg));
  }
  tds.clear();
  for (const td of snapshot.tds) tds.set(td.tdr, restoreTd(state, td));
  writeBacks.clear();
  for (const [pkg, hkids, interruptsLeft] of snapshot.writeBacks) {
    writeBacks.set(pkg, { snapshot: hkids, interruptsLeft });
  }
}

/** Every entry but those of pages that were never used. */
function entriesInUse({ pamt }: SeamState): (readonly [number, PamtEntry])[] {
  const entries: (readonly [number, PamtEntry])[] = [];
  pamt.forEach(
    0,
    pamt.frames,
    (entry, chunk) => forEachFrame(chunk, (frame) => entries.push([frame, entry])),
    ({ type, owner }) => type !== "RSVD" && (type !== "NDA" || owner !== null),
  );
  return entries.sort(([a], [b]) => a - b);
}

function restorePamt(state: SeamState, snapshot: ModuleSnapshot): void {
  const { pamt } = state;
  const wanted = new Map(snapshot.pamt);
  for (const [frame, entry] of entriesInUse(state)) {
    if (!wanted.has(frame)) pamt.free(runOf(frame, 1), entry);
  }
  for (const [frame, entry] of wanted) pamt.use(runOf(frame, 1), entry);
}

function snapshotTd(td: Td): TdSnapshot {
  const { tdr, hkid, lifeCycle, opState, key, fatal, tdcsPages, children, epoch, sept } = td;
  const places = (extents: typeof sept.leaves) =>
    extents.flatMap((pages, level) =>
      pages.runs().flatMap(({ page, count }) =>
        Array.from({ length: count }, (_, i): SeptPlace => {
          return [level, page + i, pages.translate(page + i, 1).frames.frame];
        })
      )
    );
  return {
    tdr,
    hkid,
    lifeCycle,
    opState,
    key,
    configured: [...td.configured].sort((a, b) => a - b),
    fatal,
    tdcsPages,
    children,
    epoch,
    vcpus: [...td.vcpus.values()].map(({ tdvpr, tdcx, ready, lp, enteredAt }) => {
      return { tdvpr, tdcx: [...tdcx], ready, lp, enteredAt };
    }),
    leaves: places(sept.leaves),
    tables: places(sept.tables),
  };
}

function restoreTd(state: SeamState, snapshot: TdSnapshot): Td {
  const { configured, vcpus, leaves, tables, tdr, hkid, ...fields } = snapshot;
  const td = Object.assign(new Td(tdr, hkid), fields);
  configured.forEach((pkg) => td.configured.add(pkg));
  for (const { tdvpr, tdcx, enteredAt, ...rest } of vcpus) {
    const vcpu: Vcpu = { ...rest, tdvpr, td, tdcx: [...tdcx], enteredAt: null };
    td.vcpus.set(tdvpr, vcpu);
    if (enteredAt === null) continue;
    state.enter(vcpu);
    vcpu.enteredAt = enteredAt;
  }
  for (const [level, page, frame] of leaves) {
    td.sept.leaves[level]!.insert(page, runOf(frame, 512 ** level));
  }
  for (const [level, page, frame] of tables) {
    td.sept.tables[level]!.insert(page, runOf(frame, 1));
    td.sept.setBlocked(page, level, 1, isBlocked(state.pamt.entry(frame)!));
  }
  return td;
}
