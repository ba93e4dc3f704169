import { BLOCK_FRAMES } from "./frame_bits.ts";
import type { FrameChunk } from "./frame_chunk.ts";
import { FrameMap } from "./frame_map.ts";
import type { KeyIdSpace } from "./key_id_space.ts";
import { LineAutomaton, type Transition } from "./line_automaton.ts";
import type { LineState } from "./line_state.ts";
import { MixedBlock, type Settled, type Step } from "./mixed_block.ts";
import type { Operation } from "./operation.ts";
import type { Platform } from "./platform.ts";
import type { Mode } from "./rules.ts";
import { type Counts, Tally } from "./tally.ts";
import { LINE_BYTES, LINES_PER_PAGE, PAGE_BYTES } from "./units.ts";

/** Value of a frame whose lines differ; its {@link MixedBlock} knows the lines. */
const MIXED = 2 ** 30 - 1;

/** What a {@link PhysicalMemory} is made of. */
export interface PhysicalMemoryOptions {
  /** Size in bytes, a multiple of 4 KiB that the KeyID space leaves room for. */
  readonly bytes: number;
  /** The platform whose memory controller it hangs on. */
  readonly platform: Platform;
  /** The KeyIDs of the machine. */
  readonly keyIds: KeyIdSpace;
  /** Integrity mode; default `Ci`. */
  readonly mode?: Mode;
}

/**
 * The physical memory of a machine, line by line exact at any size.
 *
 * It starts zeroed by the host. Equal neighbours are one number, shaped like a page table, so an
 * operation costs what the variety under it costs, not its size.
 *
 * @example
 * ```ts
 * import { KeyIdSpace, PhysicalMemory, TiB } from "@tdx/core";
 * import { gnr } from "@tdx/platform-gnr";
 * import { assertEquals } from "@std/assert";
 *
 * const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
 * const memory = new PhysicalMemory({ bytes: 4 * TiB, platform: gnr, keyIds });
 * const td = keyIds.key(33);
 * memory.apply({ kind: "movdir64b", by: "module", key: td, data: "secret" }, 0, TiB);
 *
 * const read = memory.step({ kind: "load", by: "host", key: keyIds.key(0) }, 0x1000);
 * assertEquals([read.data, read.rules], ["zeros", ["K1", "C8"]]);
 * ```
 */
export class PhysicalMemory {
  /** Size in bytes. */
  readonly bytes: number;
  /** The platform whose rules the lines follow. */
  readonly platform: Platform;
  /** The KeyIDs of the machine. */
  readonly keyIds: KeyIdSpace;
  /** The line automaton: states and transitions that this memory walks on. */
  readonly line: LineAutomaton;
  readonly #frames: FrameMap;
  readonly #blocks = new Map<number, MixedBlock>();
  readonly #fresh: number;
  readonly #total = new Tally();

  /**
   * @param options Size, platform, KeyIDs and mode.
   * @throws {RangeError} Where the size is not a positive multiple of 4 KiB, or over what the
   * addresses without KeyID bits reach.
   */
  constructor(options: PhysicalMemoryOptions) {
    const { bytes, platform, keyIds, mode = "Ci" } = options;
    if (!Number.isInteger(bytes) || bytes <= 0 || bytes % PAGE_BYTES !== 0) {
      throw new RangeError(`Expected bytes to be a positive multiple of 4096, got ${bytes}`);
    }
    if (bytes > keyIds.addressLimit) {
      throw new RangeError(
        `Expected at most ${keyIds.addressLimit} bytes, what MAXPA ${keyIds.maxPa} less ` +
          `${keyIds.keyIdBits} KeyID bits can address, got ${bytes}`,
      );
    }
    this.bytes = bytes;
    this.platform = platform;
    this.keyIds = keyIds;
    this.line = new LineAutomaton({
      mode,
      partialWriteToOwnedLine: platform.memory.partialWriteToOwnedLine,
    });
    this.#fresh = this.line.intern(LineAutomaton.fresh(keyIds.key(0)));
    this.#frames = new FrameMap(bytes / PAGE_BYTES, this.#fresh);
  }

  /** Integrity mode of the machine. */
  get mode(): Mode {
    return this.line.environment.mode;
  }

  /** Everything that happened since the memory was made. */
  get counts(): Counts {
    return this.#total;
  }

  /**
   * The state of one line.
   *
   * @param pa Physical address in bytes without KeyID bits; any byte of the line.
   * @returns The state, frozen.
   * @throws {RangeError} Where the address is outside the memory.
   */
  state(pa: number): LineState {
    this.#requireRange(pa, 1);
    const frame = Math.floor(pa / PAGE_BYTES);
    const value = this.#frames.get(frame);
    if (value !== MIXED) return this.line.state(value);
    const line = Math.floor((pa % PAGE_BYTES) / LINE_BYTES);
    return this.line.state(this.#block(frame).get(frame % BLOCK_FRAMES, line));
  }

  /**
   * Operates on one line and says what was observed.
   *
   * @param operation What happens.
   * @param pa Physical address in bytes without KeyID bits; any byte of the line.
   * @returns Data, rules and machine check of that line.
   * @throws {RangeError} Where the address is outside, the KeyID does not exist, or no rule covers
   * the operation; the memory is as before then.
   */
  step(operation: Operation, pa: number): Transition {
    const before = this.line.intern(this.state(pa));
    const start = pa - pa % LINE_BYTES;
    this.apply(operation, start, LINE_BYTES);
    return this.line.step(before, this.line.operation(operation));
  }

  /**
   * Operates on every line of a range.
   *
   * @param operation What happens.
   * @param pa First byte, without KeyID bits, a multiple of 64.
   * @param bytes Length, a multiple of 64.
   * @returns Counts over the lines of this call.
   * @throws {RangeError} Where the range is not whole lines inside the memory, the KeyID does not
   * exist, or no rule covers the operation; the memory is as before then.
   */
  apply(operation: Operation, pa: number, bytes: number): Counts {
    this.#requireRange(pa, bytes);
    if (pa % LINE_BYTES !== 0 || bytes % LINE_BYTES !== 0) {
      throw new RangeError(`Expected whole 64-byte lines, got ${bytes} bytes at ${pa}`);
    }
    return this.#run(operation, (step, tally) => {
      const end = pa + bytes;
      const firstWhole = Math.ceil(pa / PAGE_BYTES);
      const endWhole = Math.floor(end / PAGE_BYTES);
      if (firstWhole > endWhole) return this.#applyLines(pa, end, step, tally);
      this.#applyLines(pa, firstWhole * PAGE_BYTES, step, tally);
      this.#applyFrames(firstWhole, endWhole - firstWhole, step, tally);
      this.#applyLines(endWhole * PAGE_BYTES, end, step, tally);
    });
  }

  /**
   * Operates on every line of the frames that another map picked.
   *
   * @param operation What happens.
   * @param chunk The frames, as a {@link FrameMap} hands them out.
   * @returns Counts over the lines of this call.
   * @throws {RangeError} As {@link apply}.
   */
  applyChunk(operation: Operation, chunk: FrameChunk): Counts {
    return this.#run(operation, (step, tally) => {
      const mixed: FrameChunk[] = [];
      this.#frames.updateChunk(chunk, (value, part) => change(value, part, mixed, step, tally));
      mixed.forEach((part) => this.#applyMixed(part, step, tally));
    });
  }

  /**
   * Counts the lines of a range whose state is as wanted.
   *
   * @param wanted Asked once for each state that occurs.
   * @param pa First byte, a multiple of 4 KiB; default the whole memory.
   * @param bytes Length, a multiple of 4 KiB.
   * @returns How many lines.
   */
  countLines(wanted: (state: LineState) => boolean, pa = 0, bytes: number = this.bytes): number {
    this.#requireRange(pa, bytes);
    let lines = 0;
    this.#frames.forEach(Math.floor(pa / PAGE_BYTES), Math.ceil(bytes / PAGE_BYTES), (chunk) => {
      if (chunk.value !== MIXED) {
        if (wanted(this.line.state(chunk.value))) lines += chunk.count * LINES_PER_PAGE;
        return;
      }
      forEachFrame(chunk, (frame) => {
        this.#block(frame).forEachState(frame % BLOCK_FRAMES, (state, count) => {
          if (wanted(this.line.state(state))) lines += count;
        });
      });
    });
    return lines;
  }

  /** Memory this object holds for its shape, in bytes. */
  get footprintBytes(): number {
    return this.#frames.stats().bytes + this.#blocks.size * 2 * BLOCK_FRAMES;
  }

  #run(operation: Operation, work: (step: Step, tally: Tally) => void): Counts {
    this.keyIds.kind(operation.key.keyId);
    const id = this.line.operation(operation);
    // An operation that no rule covers throws here, before anything has changed.
    this.line.step(this.#fresh, id);
    const tally = new Tally();
    work((state) => this.line.step(state, id), tally);
    this.#total.addCounts(tally);
    return tally;
  }

  #applyFrames(frame: number, count: number, step: Step, tally: Tally): void {
    if (count === 0) return;
    const mixed: FrameChunk[] = [];
    this.#frames.update(frame, count, (value, part) => change(value, part, mixed, step, tally));
    mixed.forEach((part) => this.#applyMixed(part, step, tally));
  }

  /** Lines from `start` to `end`, both in one page. */
  #applyLines(start: number, end: number, step: Step, tally: Tally): void {
    if (start >= end) return;
    const frame = Math.floor(start / PAGE_BYTES);
    const value = this.#frames.get(frame);
    const place = frame % BLOCK_FRAMES;
    const from = (start % PAGE_BYTES) / LINE_BYTES;
    if (value !== MIXED) {
      const transition = step(value);
      if (transition.next === value) {
        tally.addOutcome(transition, (end - start) / LINE_BYTES);
        if (transition.machineCheck) tally.machineCheckPages++;
        return;
      }
      this.#block(frame).add(place, value);
      this.#frames.set(frame, 1, MIXED);
    }
    const to = from + (end - start) / LINE_BYTES;
    const state = this.#block(frame).applyLines(place, from, to, step, tally);
    if (state !== undefined) this.#settle(frame - place, new Map([[state, [place]]]));
  }

  /** Whole pages whose lines differ, block by block. */
  #applyMixed(chunk: FrameChunk, step: Step, tally: Tally): void {
    const frames: number[] = [];
    forEachFrame(chunk, (frame) => frames.push(frame));
    for (let i = 0; i < frames.length;) {
      const first = frames[i]! - frames[i]! % BLOCK_FRAMES;
      const block = this.#block(first);
      let end = i;
      while (end < frames.length && frames[end]! < first + BLOCK_FRAMES) end++;
      if (end - i === block.pages) {
        this.#settle(first, block.applyAll(step, tally));
      } else {
        for (const frame of frames.slice(i, end)) {
          const place = frame - first;
          const state = block.applyLines(place, 0, LINES_PER_PAGE, step, tally);
          if (state !== undefined) this.#settle(first, new Map([[state, [place]]]));
        }
      }
      i = end;
    }
  }

  /** Takes pages that became uniform back into the frame map. */
  #settle(first: number, settled: Settled): void {
    settled.forEach((places, state) =>
      places.forEach((place) => this.#frames.set(first + place, 1, state))
    );
    const number = first / BLOCK_FRAMES;
    if (this.#blocks.get(number)?.pages === 0) this.#blocks.delete(number);
  }

  #block(frame: number): MixedBlock {
    const number = Math.floor(frame / BLOCK_FRAMES);
    let block = this.#blocks.get(number);
    if (block === undefined) this.#blocks.set(number, block = new MixedBlock());
    return block;
  }

  #requireRange(pa: number, bytes: number): void {
    if (!Number.isInteger(pa) || !Number.isInteger(bytes) || pa < 0 || bytes < 0) {
      throw new RangeError(`Expected whole byte numbers, got ${bytes} bytes at ${pa}`);
    }
    if (pa + bytes > this.bytes) {
      throw new RangeError(
        `Expected a range inside the memory of ${this.bytes} bytes and without KeyID bits, ` +
          `got ${bytes} bytes at 0x${pa.toString(16)}`,
      );
    }
  }
}

/** Takes a step with the uniform frames of a chunk; keeps a copy of the chunk where lines differ. */
function change(
  value: number,
  chunk: FrameChunk,
  mixed: FrameChunk[],
  step: Step,
  tally: Tally,
): number {
  if (value === MIXED) {
    const words = chunk.words?.slice(chunk.at, chunk.at + BLOCK_FRAMES / 32) ?? null;
    mixed.push({ frame: chunk.frame, count: chunk.count, value, words, at: 0 });
    return value;
  }
  const transition = step(value);
  tally.addOutcome(transition, chunk.count * LINES_PER_PAGE);
  if (transition.machineCheck) tally.machineCheckPages += chunk.count;
  return transition.next;
}

/** Calls back with every frame of a chunk, ascending. */
function forEachFrame(chunk: FrameChunk, visit: (frame: number) => void): void {
  if (chunk.words === null) {
    for (let i = 0; i < chunk.count; i++) visit(chunk.frame + i);
    return;
  }
  for (let i = 0; i < BLOCK_FRAMES; i++) {
    if ((chunk.words[chunk.at + (i >>> 5)]! >>> (i & 31) & 1) === 1) visit(chunk.frame + i);
  }
}
