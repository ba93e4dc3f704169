// What several tests share: the verdict table, a small TD, and a record of the SEAMCALLs a host issues.
import { GiB, KeyIdSpace, MiB, type Mode, PhysicalMemory, type Platform, runOf } from "@tdx/core";
import { cwf } from "@tdx/platform-cwf";
import { emr } from "@tdx/platform-emr";
import { generic } from "@tdx/platform-generic";
import { gnr } from "@tdx/platform-gnr";
import { spr } from "@tdx/platform-spr";
import { srf } from "@tdx/platform-srf";
import { buildTd, type LeafName, type PageType, type SeamcallResult, TdxModule } from "@tdx/seam";
import { createReclaimer, type ReclaimerOptions } from "./create_reclaimer.ts";
import type { HostKeys, Policy } from "./decide.ts";
import type { TeardownReport } from "./teardown/report.ts";
import type { TeardownOptions } from "./teardown/options.ts";
import { createTdHost, type TdHost } from "./td_host/td_host.ts";

export const keyIds: KeyIdSpace = new KeyIdSpace({
  maxPa: 52,
  keyIdBits: 6,
  shared: 31,
  private: 32,
});

/** The platforms that have the erratum. */
export const WITH_ERRATUM: readonly Platform[] = [spr, emr];
/** Those that do not, as far as is known. */
export const WITHOUT_ERRATUM: readonly Platform[] = [generic, gnr, srf, cwf];

/**
 * The verdict table of the specification: with which policies a machine check is open to the host.
 */
export const VERDICTS: readonly (readonly [
  platforms: readonly Platform[],
  mode: Mode,
  hostKeys: HostKeys,
  hazardous: readonly Policy[],
])[] = [
  [WITH_ERRATUM, "Li", "keyid0", ["never"]],
  [WITH_ERRATUM, "Li", "shared", ["never"]],
  [WITH_ERRATUM, "Li", "shared-integrity", ["never"]],
  [WITH_ERRATUM, "Ci", "keyid0", ["never"]],
  [WITH_ERRATUM, "Ci", "shared", ["never"]],
  [WITH_ERRATUM, "Ci", "shared-integrity", ["never"]],
  [WITHOUT_ERRATUM, "Li", "keyid0", []],
  [WITHOUT_ERRATUM, "Li", "shared", []],
  // In Li no KeyID has integrity.
  [WITHOUT_ERRATUM, "Li", "shared-integrity", []],
  [WITHOUT_ERRATUM, "Ci", "keyid0", []],
  [WITHOUT_ERRATUM, "Ci", "shared", []],
  [WITHOUT_ERRATUM, "Ci", "shared-integrity", ["quirk", "never"]],
];

/** 1 GiB that a TD wrote with KeyID 33, nothing of it cached. */
export function ownedMemory(platform: Platform, mode: Mode = "Ci"): PhysicalMemory {
  const memory = new PhysicalMemory({ bytes: GiB, platform, keyIds, mode });
  memory.apply({ kind: "movdir64b", by: "module", key: keyIds.key(33), data: "secret" }, 0, GiB);
  return memory;
}

/** A module without TDs on 1 GiB. */
export function bareModule(platform: Platform): TdxModule {
  return new TdxModule({ memory: new PhysicalMemory({ bytes: GiB, platform, keyIds }) });
}

/** 4 MiB of guest memory, in pages of 4 KiB. */
export const GUEST_PAGES = 1024;
/** 1 TDR + 6 TDCS + 2 vCPUs of 6 pages + Secure EPT of ceil(1024 / 512) = 2, then 1 and 1. */
export const CONTROL_PAGES = 23;
/** All of them. */
export const ALL_PAGES: number = GUEST_PAGES + CONTROL_PAGES;

/** A host of 2 packages with a TD of 2 vCPUs and {@link GUEST_PAGES}. */
export function smallHost(platform: Platform, mode: Mode = "Ci"): TdHost {
  return createTdHost({ platform, guestBytes: 4 * MiB, vcpus: 2, mode });
}

/** A host with a TD of 1 vCPU and 2 guest pages of 2 MiB, from address 0 on. */
export function hostOfLargePages(): TdHost {
  const module = bareModule(gnr);
  const memory = [runOf(0, 2 * 512)];
  const { tdr } = buildTd(module, { hkid: 33, vcpus: 1, control: 2 * 512, memory, level: 1 });
  return { memory: module.memory, module, tdr, guestFrames: memory };
}

/** Tears the TD of a host down; by default as Linux does. */
export function tearDown(
  { module, tdr }: Pick<TdHost, "module" | "tdr">,
  options: TeardownOptions = {},
  how: Omit<ReclaimerOptions, "memory"> = {},
): Promise<TeardownReport> {
  return createReclaimer({ memory: module.memory, ...how }).teardown(module, tdr, options);
}

/** SEAMCALLs of one leaf with one outcome, as they were issued. */
export interface Issued {
  readonly leaf: LeafName;
  readonly count: number;
  readonly status: bigint;
  /** What the pages were, for a reclaim. */
  readonly type?: PageType | null;
}

/** Records what is issued from now on. */
export function record(module: TdxModule): Issued[] {
  type Leaves = Record<string, (...operands: unknown[]) => SeamcallResult>;
  const log: Issued[] = [];
  const groups = [module.mng, module.vp, module.mem, module.phymem] as unknown as Leaves[];
  for (const leaves of groups) {
    for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(leaves))) {
      if (name === "constructor") continue;
      const leaf = leaves[name]!.bind(leaves);
      leaves[name] = (...operands) => {
        const before = { ...module.calls };
        const result: SeamcallResult & { type?: PageType | null } = leaf(...operands);
        for (const [issued, total] of Object.entries(module.calls) as [LeafName, number][]) {
          const count = total - (before[issued] ?? 0);
          const { status, type } = result;
          if (count > 0) log.push({ leaf: issued, count, status, ...(type && { type }) });
        }
        return result;
      };
    }
  }
  return log;
}

/** Rows of equal SEAMCALLs as one text each: `1024 TDH.PHYMEM.PAGE.RECLAIM REG`. */
export function steps(log: readonly Issued[]): string[] {
  const rows: { name: string; count: number }[] = [];
  for (const { leaf, count, type } of log) {
    const name = type === undefined ? leaf : `${leaf} ${type}`;
    const last = rows.at(-1);
    if (last?.name === name) last.count += count;
    else rows.push({ name, count });
  }
  return rows.map(({ name, count }) => `${count} ${name}`);
}

/** The SEAMCALLs that go well before each busy one, as given; then all go well. */
export function busyAfterEach(...calls: number[]): () => number {
  return () => calls.shift() ?? Infinity;
}
