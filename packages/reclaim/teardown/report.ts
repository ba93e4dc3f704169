import type { Policy } from "../decide.ts";
import type { TeardownPath } from "./options.ts";

/**
 * Pages that came back, and what clearing them took.
 *
 * @example
 * ```ts
 * import { MiB } from "@tdx/core";
 * import { createReclaimer, createTdHost, type PageWork } from "@tdx/reclaim";
 * import { spr } from "@tdx/platform-spr";
 * import { assertEquals } from "@std/assert";
 *
 * const { memory, module, tdr } = createTdHost({ platform: spr, guestBytes: 4 * MiB, vcpus: 2 });
 * const { control } = await createReclaimer({ memory }).teardown(module, tdr);
 * const work: PageWork = control;
 * assertEquals(work, { pagesReclaimed: 23, linesCleared: 23 * 64, fences: 23 });
 * ```
 */
export interface PageWork {
  /** Pages of 4 KiB. */
  readonly pagesReclaimed: number;
  /** Lines cleared with MOVDIR64B. */
  readonly linesCleared: number;
  /** Full fences. */
  readonly fences: number;
}

/**
 * What a teardown did; the figures of the guest's pages stand at the top.
 *
 * @example
 * ```ts
 * import { MiB } from "@tdx/core";
 * import { createReclaimer, createTdHost, type TeardownReport } from "@tdx/reclaim";
 * import { gnr } from "@tdx/platform-gnr";
 * import { assertEquals } from "@std/assert";
 *
 * const { memory, module, tdr } = createTdHost({ platform: gnr, guestBytes: 4 * MiB, vcpus: 2 });
 * module.lock(0x5000); // reclaiming this page is refused, so Linux leaks it, and with it the TDR
 * const report: TeardownReport = await createReclaimer({ memory }).teardown(module, tdr);
 * assertEquals([report.pagesReclaimed, report.leakedPages], [1023, 2]);
 * assertEquals(report.pagesByType, { REG: 1023, TDVPR: 2, EPT: 4, TDCX: 16 });
 * ```
 */
export interface TeardownReport extends PageWork {
  /** Name of the platform. */
  readonly platform: string;
  /** The clearing policy. */
  readonly policy: Policy;
  /** The path it took. */
  readonly path: TeardownPath;
  /** The same for control pages: TDR, TDCS, vCPUs and Secure EPT. */
  readonly control: PageWork;
  /** Pages that came back, by their type in the PAMT. */
  readonly pagesByType: Readonly<Record<string, number>>;
  /** SEAMCALLs by leaf. */
  readonly seamcalls: Readonly<Record<string, number>>;
  /** SEAMCALLs that were issued again after OPERAND_BUSY or INTERRUPTED_RESUMABLE. */
  readonly retries: number;
  /** Pages that were given up on purpose after a refusal. */
  readonly leakedPages: number;
  /** Whether the HKID could not be freed, so that no page could be taken back. */
  readonly leakedHkid: boolean;
  /**
   * Machine checks when the host used the pages: one a page, which is retired by it. That is what
   * loads in user mode give; a load in the kernel panics at the first.
   */
  readonly machineChecks: number;
  /** Pages that were retired because of them. */
  readonly retiredPages: number;
}
