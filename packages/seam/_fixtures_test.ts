// What the tests share: a made-up machine, and TDs at the stages of their life.
import {
  definePlatform,
  forEachFrame,
  type FrameChunk,
  GiB,
  KeyIdSpace,
  PAGE_BYTES,
  PhysicalMemory,
  type Platform,
  PLATFORM_CONTRACT,
  runOf,
} from "@tdx/core";
import { buildTd, type BuiltTd, type TdPlan } from "./build_td.ts";
import type { SeamcallResult } from "./leaves/results.ts";
import { decodeStatus } from "./status/seamcall_status.ts";
import { TdxModule, type TdxModuleOptions } from "./tdx_module.ts";

/** Private KeyIDs 32 to 63; 32 is the global one. */
export const keyIds: KeyIdSpace = new KeyIdSpace({
  maxPa: 52,
  keyIdBits: 6,
  shared: 31,
  private: 32,
});

/** A machine with the partial-write erratum. */
export const platform: Platform = definePlatform({
  contract: PLATFORM_CONTRACT,
  name: "demo",
  title: "Demo Rapids",
  cpus: [{ family: 6, model: 0xfe }],
  bugs: ["tdx_pw_mce"],
  memory: { partialWriteToOwnedLine: "poison" },
  machineCheck: { seamNr: "enumerated", tdPoisonWithoutSeamNr: "may-panic" },
  tdxHost: "unknown",
  confidence: "assumed",
  sources: [{ document: "made up", at: "these tests" }],
});

/** A module on 4 GiB, or what the options say. */
export function newModule(
  options: Omit<TdxModuleOptions, "memory"> & { bytes?: number } = {},
): TdxModule {
  const { bytes = 4 * GiB, ...rest } = options;
  return new TdxModule({ memory: new PhysicalMemory({ bytes, platform, keyIds }), ...rest });
}

/** Guest memory of the TDs below: 2 MiB at 1 GiB. */
export const GUEST: FrameChunk = runOf(2 ** 18, 512);

/** A TD that is ready to run: HKID 33, two vCPUs on LP 0 and 1, its TDR at address 0. */
export function liveTd(module: TdxModule, plan: Partial<TdPlan> = {}): BuiltTd {
  return buildTd(module, { hkid: 33, vcpus: 2, control: 0, memory: [GUEST], ...plan });
}

/** Makes a TD at address 0 that is initialised, not finalised, with page tables for 2 MiB. */
export function initialise({ mem, mng, packages }: TdxModule): void {
  mng.create(0, 33);
  for (let pkg = 0; pkg < packages; pkg++) mng.keyConfig(0, pkg);
  for (let i = 1; i <= 6; i++) mng.addcx(i * PAGE_BYTES, 0);
  mng.init(0);
  for (const level of [3, 2, 1]) mem.septAdd(0, 0, level, (10 + level) * PAGE_BYTES);
}

/** Takes a TD to BLOCKED. */
export function block(module: TdxModule, { tdr, vcpus }: BuiltTd): void {
  vcpus.forEach((tdvpr, lp) => module.vp.flush(tdvpr, lp));
  module.mng.vpflushdone(tdr);
}

/** Takes a TD to TEARDOWN. */
export function tearDown(module: TdxModule, td: BuiltTd): void {
  block(module, td);
  for (let pkg = 0; pkg < module.packages; pkg++) module.phymem.cacheWb(pkg, 0);
  module.mng.keyFreeid(td.tdr);
}

/** Reclaims what a TD in TEARDOWN owns, its TDR too. */
export function reclaimAll(module: TdxModule, tdr: number): void {
  for (const type of ["REG", "EPT", "TDCX", "TDVPR"] as const) {
    for (const pages of module.pagesOf(tdr, type)) module.phymem.pageReclaim(pages);
  }
  module.phymem.pageReclaim(tdr);
}

/** A status by its names: `OPERAND_BUSY|RCX`. */
export function says({ status }: SeamcallResult): string {
  const { name, operand } = decodeStatus(status);
  return operand === null ? name : `${name}|${operand}`;
}

/** The frame numbers of a chunk. */
export function framesOf(chunk: FrameChunk): number[] {
  const frames: number[] = [];
  forEachFrame(chunk, (frame) => frames.push(frame));
  return frames;
}

/** All that can be seen of a module, and the lines of its first frames and of the guest memory. */
export function look(module: TdxModule, frames: readonly number[]): unknown {
  const pages: unknown[] = [];
  module.forEachPages((entry, count) => pages.push([entry, count]));
  const lines = frames.map((frame) => module.memory.state(frame * PAGE_BYTES));
  return [module.tds(), module.keys(), pages, lines];
}
