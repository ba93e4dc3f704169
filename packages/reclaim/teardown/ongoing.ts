import {
  type FrameChunk,
  type Key,
  type Operation,
  PAGE_BYTES,
  type PhysicalMemory,
} from "@tdx/core";
import { runOf } from "@tdx/core";
import { STATUS_CODES, type StatusName, type TdInfo, type TdxModule } from "@tdx/seam";
import type { Decision } from "../decide.ts";
import { resetPages } from "../reset.ts";
import type { TeardownOptions, TeardownPath, TeardownPhase } from "./options.ts";
import type { PageWork, TeardownReport } from "./report.ts";

/** What a teardown works on. */
export interface TeardownContext {
  readonly memory: PhysicalMemory;
  readonly module: TdxModule;
  /** Address of the TDR. */
  readonly tdr: number;
  readonly decision: Decision;
  /** The key the host maps its memory with. */
  readonly key: Key;
  /** Whether the host clears. */
  readonly clear: boolean;
}

/** Time after which a teardown lets other work run, in milliseconds. */
const SLICE_MS = 50;

/** A teardown in progress: the counts so far, and what every path does with a page. */
export class TeardownRun {
  retries = 0;
  leakedPages = 0;
  leakedHkid = false;
  readonly #guest = { pagesReclaimed: 0, linesCleared: 0, fences: 0 };
  readonly #control = { pagesReclaimed: 0, linesCleared: 0, fences: 0 };
  readonly #byType: Record<string, number> = {};
  readonly #before: ReadonlyMap<string, number>;
  readonly #total: number;
  readonly #partialWrite: Operation;
  readonly #load: Operation;
  #machineChecks = 0;
  #phase: TeardownPhase = "free the key";
  #lastPause = performance.now();

  constructor(readonly context: TeardownContext, readonly options: TeardownOptions) {
    const { module, key } = context;
    this.#partialWrite = { kind: "partial-write", by: "host", key, data: "host" };
    this.#load = { kind: "load", by: "host", key };
    this.#before = new Map(module.calls);
    this.#total = this.td.children + 1;
  }

  /** The TD as the module knows it now. */
  get td(): TdInfo {
    const { module, tdr } = this.context;
    const td = module.td(tdr);
    if (td !== undefined) return td;
    throw new RangeError(`Expected the address of a TDR, got 0x${tdr.toString(16)}`);
  }

  /** Begins a phase. */
  enter(phase: TeardownPhase): void {
    this.#phase = phase;
    this.#report();
  }

  /** A place to stop, to report and to let other work run; everything begun is finished here. */
  async pause(): Promise<void> {
    this.options.signal?.throwIfAborted();
    if (performance.now() - this.#lastPause < SLICE_MS) return;
    this.#report();
    await new Promise((resolve) => setTimeout(resolve));
    this.options.signal?.throwIfAborted();
    this.#lastPause = performance.now();
  }

  /** Pages are the host's again: resets them, and lets the host use them if it is to. */
  takeBack(pages: FrameChunk, type: string): void {
    const { memory } = this.context;
    const work = type === "REG" ? this.#guest : this.#control;
    work.pagesReclaimed += pages.count;
    this.#byType[type] = (this.#byType[type] ?? 0) + pages.count;
    const { lines, fences } = resetPages(memory, pages, this.context);
    work.linesCleared += lines;
    work.fences += fences;
    const used = type === "REG" && this.options.reuse === true;
    if (used) this.#reuse(pages);
    this.options.onBack?.(pages, used);
  }

  /** Gives every page up that has not come back. */
  leakRest(): void {
    this.leakedPages = this.#total - this.#pagesBack;
  }

  /** Ends it, and says what came out. */
  finish(path: TeardownPath): TeardownReport {
    this.#report();
    const { decision, module } = this.context;
    const calls = [...module.calls]
      .map(([leaf, count]) => [leaf, count - (this.#before.get(leaf) ?? 0)] as const)
      .filter(([, count]) => count > 0);
    return {
      platform: decision.platform,
      policy: decision.policy,
      path,
      ...this.#guest,
      control: { ...this.#control } satisfies PageWork,
      pagesByType: this.#byType,
      seamcalls: Object.fromEntries(calls),
      retries: this.retries,
      leakedPages: this.leakedPages,
      leakedHkid: this.leakedHkid,
      machineChecks: this.#machineChecks,
      retiredPages: this.#machineChecks,
    };
  }

  /** A process meets the machine check, so the page is retired and the host goes on. */
  #reuse(pages: FrameChunk): void {
    const { memory } = this.context;
    memory.applyChunk(this.#partialWrite, pages);
    const { machineCheckPages } = memory.applyChunk(this.#load, pages);
    this.#machineChecks += machineCheckPages;
  }

  get #pagesBack(): number {
    return this.#guest.pagesReclaimed + this.#control.pagesReclaimed;
  }

  #report(): void {
    this.options.onProgress?.({
      phase: this.#phase,
      pagesDone: this.#pagesBack + this.leakedPages,
      pagesTotal: this.#total,
    });
  }
}

/** Whether a SEAMCALL did its work. */
export function succeeded(status: bigint): boolean {
  return status >> 63n === 0n;
}

/** Whether a SEAMCALL found a lock taken, so that the same call can succeed later. */
export function isBusy(status: bigint): boolean {
  return isCode(status, "OPERAND_BUSY");
}

/** Whether a status has a code, whatever operand it names. */
export function isCode(status: bigint, name: StatusName): boolean {
  return status >> 32n === STATUS_CODES[name].code >> 32n;
}

/** The page of a TDR. */
export function tdrPage(tdr: number): FrameChunk {
  return runOf(tdr / PAGE_BYTES, 1);
}
