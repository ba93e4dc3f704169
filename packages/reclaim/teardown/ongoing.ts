import {
  BLOCK_FRAMES,
  defined,
  forEachFrame,
  type FrameChunk,
  type Operation,
  PAGE_BYTES,
  type PhysicalMemory,
  runOf,
} from "@tdx/core";
import type { Kernel } from "@tdx/linux/kernel";
import type { LeafCounts, LeafName, PageType, TdInfo, TdxModule } from "@tdx/seam";
import type { SettledDecision } from "../decide.ts";
import { type ResetOptions, resetPages } from "../reset.ts";
import { OtherHosts } from "./_other_hosts.ts";
import { accountOf, type PageAccount } from "./_page_account.ts";
import type { TeardownOptions, TeardownPath, TeardownPhase } from "./options.ts";
import type { TeardownReport } from "./report.ts";

/** The host that takes the memory back. */
export interface TeardownHost {
  readonly memory: PhysicalMemory;
  readonly decision: SettledDecision;
  readonly kernel: Kernel;
  /** How it resets the pages that come back. */
  readonly reset: ResetOptions;
}

/** Time after which a teardown lets other work run, in milliseconds. */
const SLICE_MS = 100;

/** A teardown in progress: the counts so far, and what every path does with a page. */
export class OngoingTeardown {
  retries = 0;
  #leakedPages: number;
  #unclearedPages = 0;
  #mappedPages = 0;
  #leakedHkid = false;
  #machineChecks = 0;
  readonly #guest = { pagesReclaimed: 0, linesCleared: 0, fences: 0 };
  readonly #control = { pagesReclaimed: 0, linesCleared: 0, fences: 0 };
  readonly #pamt = { pagesReclaimed: 0, linesCleared: 0, fences: 0 };
  readonly #account: PageAccount;
  readonly #byType: Partial<Record<PageType, number>> = {};
  readonly #before: LeafCounts;
  readonly #total: number;
  readonly #partialWrite: Operation;
  readonly #load: Operation;
  readonly #others: OtherHosts | undefined;
  #phase: TeardownPhase = "free the key";
  #lastPause = performance.now();

  constructor(
    readonly host: TeardownHost,
    readonly module: TdxModule,
    /** Address of the TDR. */
    readonly tdr: number,
    readonly options: TeardownOptions,
  ) {
    const { key } = host.reset;
    this.#partialWrite = { kind: "partial-write", by: "host", key, data: "host" };
    this.#load = { kind: "load", by: "host", key };
    const use = [this.#partialWrite, this.#load];
    this.#others = options.others && new OtherHosts(host.memory, key, options.others, use);
    this.#before = { ...module.calls };
    const { td } = this;
    this.#account = accountOf(td, host.memory.bytes / PAGE_BYTES);
    this.#leakedPages = this.#account.leaked;
    this.#total = td.children + 1 + this.#leakedPages - this.#account.returned;
  }

  /** The TD as the module knows it now. */
  get td(): TdInfo {
    const td = this.module.td(this.tdr);
    if (td !== undefined) return td;
    throw new RangeError(`Expected the address of a TDR, got 0x${this.tdr.toString(16)}`);
  }

  /** The page of the TDR. */
  get tdrPage(): FrameChunk {
    return runOf(this.tdr / PAGE_BYTES, 1);
  }

  /** Begins a phase. */
  enter(phase: TeardownPhase): void {
    this.#phase = phase;
    this.#tellProgress();
  }

  /** A place to stop, to report and to let other work run; everything begun is finished here. */
  async pause(): Promise<void> {
    this.options.signal?.throwIfAborted();
    if (performance.now() - this.#lastPause < SLICE_MS) return;
    this.#tellProgress();
    await new Promise((resolve) => setTimeout(resolve));
    this.options.signal?.throwIfAborted();
    this.#lastPause = performance.now();
  }

  /** Pages are the host's again: resets them, and lets the host use them if it is to. */
  takeBack(pages: FrameChunk, type: PageType): void {
    this.#account.settle(pages, "not td", (pages) => this.#takeBack(pages, type));
  }

  #takeBack(pages: FrameChunk, type: PageType): void {
    const work = type === "REG" ? this.#guest : type === "PAMT" ? this.#pamt : this.#control;
    work.pagesReclaimed += pages.count;
    this.#byType[type] = (this.#byType[type] ?? 0) + pages.count;
    const used = type === "REG" && this.options.reuse === true;
    if (used) this.#others?.use(pages, "reset");
    const { lines, fences } = resetPages(this.host.memory, pages, this.host.reset);
    work.linesCleared += lines;
    work.fences += fences;
    if (used) this.#reuse(pages);
    this.options.onBack?.(pages, used);
  }

  /**
   * Takes back the pairs of regions whose last page is the host's again. Linux resets the two pages, as
   * any other (X6); it does not have the module write their lines back before. A pair whose removal is
   * refused stays the module's, for the next TD.
   */
  takePairs(regions: readonly number[]): void {
    for (const region of regions) {
      if (this.#account.keptPairs.has(region)) continue;
      const { pair } = this.module.phymem.pamtRemove(region);
      for (const pa of pair ?? []) this.takeBack(runOf(pa / PAGE_BYTES, 1), "PAMT");
    }
  }

  /**
   * Guest pages whose BLOCK or REMOVE was refused, which are still mapped, or whose PAGE.WBINVD was:
   * leaked, or the host's again as they are (X2). Where nothing tells which, the latter counts, which
   * is the worse of the two.
   */
  refused(pages: FrameChunk, mapped: boolean): void {
    const isLeaked = this.host.kernel.refusedGuestPage === "leaked";
    if (!mapped) this.#keepPairs(pages);
    if (isLeaked) return mapped ? this.leak(pages) : this.leakRemoved(pages);
    this.#account.settle(pages, mapped ? "both" : "not td", (pages) => {
      this.#unclearedPages += pages.count;
      if (mapped) this.#mappedPages += pages.count;
      const used = this.options.reuse === true;
      if (used) {
        this.#others?.use(pages, "as it is");
        this.#reuse(pages);
      }
      this.options.onBack?.(pages, used);
    });
  }

  /** Gives pages up on purpose that the module refused; they never come back. */
  leak(pages: FrameChunk): void {
    this.#account.settle(pages, "td", ({ count }) => this.#leakedPages += count);
  }

  /** The same for pages that the module has let go of, so that it no longer counts them. */
  leakRemoved(pages: FrameChunk): void {
    this.#account.settle(pages, "not td", ({ count }) => {
      this.#account.leaked += count;
      this.#leakedPages += count;
    });
  }

  /** Gives the HKID up, and with it every page that has not come back. */
  leakKey(): void {
    this.#leakedHkid = true;
    this.#leakedPages = this.#total - this.#pagesBack;
  }

  /** Ends it, and says what came out. */
  finish(path: TeardownPath): TeardownReport {
    this.#tellProgress();
    const calls = (Object.entries(this.module.calls) as [LeafName, number][])
      .map(([leaf, count]) => [leaf, count - (this.#before[leaf] ?? 0)] as const)
      .filter(([, count]) => count > 0);
    const { platform, kernel, policy } = this.host.decision;
    const report: TeardownReport = {
      platform,
      kernel,
      policy,
      path,
      ...this.#guest,
      control: this.#control,
      ...(this.module.dynamicPamt ? { pamt: this.#pamt } : {}),
      pagesByType: this.#byType,
      seamcalls: Object.fromEntries(calls),
      retries: this.retries,
      leakedPages: this.#leakedPages,
      unclearedPages: this.#unclearedPages,
      mappedPages: this.#mappedPages,
      leakedHkid: this.#leakedHkid,
      machineChecks: this.#machineChecks,
      retiredPages: this.#machineChecks,
    };
    return { ...report, ...defined({ others: this.#others?.reports(report) }) };
  }

  /** Keeps the pairs of pages that the module has freed and that did not come back. */
  #keepPairs(pages: FrameChunk): void {
    if (!this.module.dynamicPamt) return;
    forEachFrame(pages, (frame) => {
      this.#account.keptPairs.add(Math.floor(frame / BLOCK_FRAMES) * BLOCK_FRAMES * PAGE_BYTES);
    });
  }

  /** A process meets the machine check, so the page is retired and the host goes on. */
  #reuse(pages: FrameChunk): void {
    const { memory } = this.host;
    memory.applyChunk(this.#partialWrite, pages);
    this.#machineChecks += memory.applyChunk(this.#load, pages).machineCheckPages;
  }

  get #pagesBack(): number {
    return this.#guest.pagesReclaimed + this.#control.pagesReclaimed + this.#unclearedPages;
  }

  #tellProgress(): void {
    this.options.onProgress?.({
      phase: this.#phase,
      pagesDone: this.#pagesBack + this.#leakedPages,
      pagesTotal: this.#total,
    });
  }
}
