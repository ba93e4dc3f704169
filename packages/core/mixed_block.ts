import { BLOCK_FRAMES } from "./frame_bits.ts";
import type { Transition } from "./line_automaton.ts";
import type { Tally } from "./tally.ts";
import { LINES_PER_PAGE } from "./units.ts";

/** The transition of a line state under the operation at hand. */
export type Step = (state: number) => Transition;

/** Frames of a block that became uniform, by the state of their lines. */
export type Settled = Map<number, number[]>;

/**
 * The pages of one 2 MiB block whose lines differ, line by line.
 *
 * Lines hold an index into a palette of states that the block shares, so an operation on all pages
 * changes the palette and touches no line.
 */
export class MixedBlock {
  /** State and line count by palette index; two entries may have the same state. */
  #states: number[] = [];
  #counts: number[] = [];
  /** Palette indices, 64 a page, in page slots. */
  #lines: Uint16Array = new Uint16Array(4 * LINES_PER_PAGE);
  /** Slot of each frame of the block, or -1. */
  readonly #slots: Int16Array = new Int16Array(BLOCK_FRAMES).fill(-1);
  readonly #free: number[] = [];
  #used = 0;

  /** Pages held. */
  get pages(): number {
    return this.#used - this.#free.length;
  }

  /** State of a line of a page that is held. */
  get(frame: number, line: number): number {
    return this.#states[this.#lines[this.#slots[frame]! * LINES_PER_PAGE + line]!]!;
  }

  /** Starts holding a page whose lines all have one state. */
  add(frame: number, state: number): void {
    const slot = this.#free.pop() ?? this.#used++;
    if ((slot + 1) * LINES_PER_PAGE > this.#lines.length) {
      const larger = new Uint16Array(this.#lines.length * 2);
      larger.set(this.#lines);
      this.#lines = larger;
    }
    this.#slots[frame] = slot;
    const index = this.#index(state);
    this.#lines.fill(index, slot * LINES_PER_PAGE, (slot + 1) * LINES_PER_PAGE);
    this.#counts[index]! += LINES_PER_PAGE;
  }

  /** Changes lines of a page; returns the page's state when all its lines have become equal. */
  applyLines(
    frame: number,
    from: number,
    to: number,
    step: Step,
    tally: Tally,
  ): number | undefined {
    const base = this.#slots[frame]! * LINES_PER_PAGE;
    let machineCheck = false;
    for (let line = from; line < to; line++) {
      const before = this.#lines[base + line]!;
      const transition = step(this.#states[before]!);
      tally.addOutcome(transition, 1);
      machineCheck ||= transition.machineCheck;
      this.#relabel(base + line, before, transition.next);
    }
    if (machineCheck) tally.machineCheckPages++;
    return this.#settle(frame);
  }

  /** Changes all lines of all pages, by the palette alone where no page count is asked for. */
  applyAll(step: Step, tally: Tally): Settled {
    const transitions = this.#states.map(step);
    const live = (index: number) => this.#counts[index]! > 0;
    if (transitions.some((transition, index) => transition.machineCheck && live(index))) {
      tally.machineCheckPages += this.#pagesWith((index) => transitions[index]!.machineCheck);
    }
    const before = new Set(this.#states.filter((_, index) => live(index))).size;
    transitions.forEach((transition, index) => {
      if (live(index)) tally.addOutcome(transition, this.#counts[index]!);
      this.#states[index] = transition.next;
    });
    const after = new Set(this.#states.filter((_, index) => live(index)));
    if (after.size === 1) return this.#settleAll([...after][0]!);
    const settled: Settled = new Map();
    // Only states that fell together can have made a page uniform.
    if (after.size < before) this.frames().forEach((frame) => this.#settle(frame, settled));
    return settled;
  }

  /** The frames held, ascending. */
  frames(): number[] {
    const frames: number[] = [];
    this.#slots.forEach((slot, frame) => slot >= 0 && frames.push(frame));
    return frames;
  }

  /** Calls back with each state in a page's lines and how many lines have it. */
  forEachState(frame: number, visit: (state: number, lines: number) => void): void {
    const base = this.#slots[frame]! * LINES_PER_PAGE;
    const counts = new Map<number, number>();
    for (let line = 0; line < LINES_PER_PAGE; line++) {
      const state = this.#states[this.#lines[base + line]!]!;
      counts.set(state, (counts.get(state) ?? 0) + 1);
    }
    counts.forEach((lines, state) => visit(state, lines));
  }

  #relabel(at: number, before: number, state: number): void {
    if (this.#states[before] === state) return;
    this.#counts[before]!--;
    const after = this.#index(state);
    this.#counts[after]!++;
    this.#lines[at] = after;
  }

  /** Palette index of a state; an entry that no line uses any more is taken over. */
  #index(state: number): number {
    const known = this.#states.indexOf(state);
    if (known >= 0) return known;
    const unused = this.#counts.indexOf(0);
    const index = unused >= 0 ? unused : this.#states.length;
    this.#states[index] = state;
    this.#counts[index] = 0;
    return index;
  }

  #settle(frame: number, settled?: Settled): number | undefined {
    const base = this.#slots[frame]! * LINES_PER_PAGE;
    const state = this.#states[this.#lines[base]!]!;
    for (let line = 1; line < LINES_PER_PAGE; line++) {
      if (this.#states[this.#lines[base + line]!] !== state) return undefined;
    }
    for (let line = 0; line < LINES_PER_PAGE; line++) this.#counts[this.#lines[base + line]!]!--;
    this.#free.push(this.#slots[frame]!);
    this.#slots[frame] = -1;
    if (settled !== undefined) push(settled, state, frame);
    return state;
  }

  #settleAll(state: number): Settled {
    const settled: Settled = new Map([[state, this.frames()]]);
    this.#slots.fill(-1);
    this.#free.length = 0;
    this.#used = 0;
    this.#states = [];
    this.#counts = [];
    return settled;
  }

  #pagesWith(wanted: (index: number) => boolean): number {
    return this.frames().filter((frame) => {
      const base = this.#slots[frame]! * LINES_PER_PAGE;
      return this.#lines.subarray(base, base + LINES_PER_PAGE).some(wanted);
    }).length;
  }
}

function push(settled: Settled, state: number, frame: number): void {
  const frames = settled.get(state);
  if (frames === undefined) settled.set(state, [frame]);
  else frames.push(frame);
}
