// Where the threads of a teardown are: a row of numbers, and what they do that nobody else can see.
import type { Instruction, ItemClass, Loop, Ref, SetRef } from "./_program.ts";
import type { Program } from "./parse_teardown.ts";
import type { World } from "./_world.ts";

// Places in a row.
export const DEAD = 0;
export const BUSY = 1;
export const FAULTS = 2;
export const LOCKS = 3;
// Places in the state of a thread: then three for each slot.
export const PC = 0;
export const TRIES = 1;
const SLOTS = 2;
const SLOT_WIDTH = 3;
export const ITEM = 0;
export const MASK = 1;
export const SET = 2;

/** A thread, or one of those that a parallel loop makes. */
export interface Lane {
  readonly thread: number;
  /** Where its state begins in a row. */
  readonly at: number;
}

/** A parallel loop, and the lanes that it makes. */
export interface Fork {
  readonly thread: number;
  readonly loop: Loop;
  readonly lanes: readonly number[];
}

/** Which of the items that are left a loop may take next. */
export type Choice = (of: ItemClass, row: Int32Array, left: readonly number[]) => readonly number[];

/** The threads of a teardown in a world. */
export class Threads {
  /** The threads first, in their order. */
  readonly lanes: readonly Lane[];
  readonly forks: readonly Fork[];
  /** Numbers in a row. */
  readonly width: number;

  constructor(readonly program: Program, readonly world: World) {
    const { threads, locks } = program;
    let width = LOCKS + locks.length;
    const lanes: Lane[] = [];
    const addLane = (thread: number) => {
      const lane = lanes.push({ thread, at: width }) - 1;
      width += SLOTS + SLOT_WIDTH * threads[thread]!.slots.length;
      return lane;
    };
    threads.forEach((_, thread) => addLane(thread));
    this.forks = threads.flatMap(({ code }, thread) =>
      code.flatMap((loop): Fork[] => {
        if (loop.op !== "fork") return [];
        const most = loop.sets.map((set) =>
          Math.max(...this.owners(thread, set).map((owner) => world.items(set.set, owner).length))
        );
        const count = most.reduce((sum, items) => sum + items, 0);
        return [{ thread, loop, lanes: Array.from({ length: count }, () => addLane(thread)) }];
      })
    );
    this.lanes = lanes;
    this.width = width;
  }

  /** Every thread before its first instruction. */
  start(): Int32Array {
    const row = new Int32Array(this.width);
    this.lanes.forEach(({ at }, i) => row[at + PC] = i < this.program.threads.length ? 0 : -1);
    return row;
  }

  /** What a slot of a thread can stand for. */
  values(thread: number, slot: number): readonly number[] {
    const { sets } = this.loopOf(thread, slot);
    return [
      ...new Set(
        sets.flatMap((set) =>
          this.owners(thread, set).flatMap((owner) => this.world.items(set.set, owner))
        ),
      ),
    ];
  }

  /** What a set of a thread can belong to. */
  owners(thread: number, { set, of }: SetRef): readonly number[] {
    if (of >= 0) return this.values(thread, of);
    return [set === "pair" ? this.world.tdrPage : -1];
  }

  /** The loop of a slot, where it takes its next item. */
  loopOf(thread: number, slot: number): Loop {
    return this.program.threads[thread]!.code.find((each) =>
      (each.op === "each" || each.op === "fork") && each.slot === slot
    ) as Loop;
  }

  /** Runs what nobody else can see: loops, jumps, beginnings and ends of threads. */
  settle(row: Int32Array, choice: Choice, visit: (row: Int32Array) => void): void {
    for (let index = 0; index < this.lanes.length; index++) {
      const lane = this.lanes[index]!;
      while (row[lane.at + PC]! >= 0 && this.hasBegun(row, lane)) {
        const instruction = this.program.threads[lane.thread]!.code[row[lane.at + PC]!]!;
        if (instruction.op === "each") {
          const choices = this.#choose(row, lane, instruction, choice);
          if (choices.length > 0) {
            for (const chosen of choices) this.settle(chosen, choice, visit);
            return;
          }
          row.fill(0, slotAt(lane, instruction.slot), slotAt(lane, instruction.slot) + SLOT_WIDTH);
          row[lane.at + PC] = instruction.end;
        } else if (!this.#runSilent(row, lane, instruction)) break;
        // Whoever waited for this thread may go on.
        else if (row[lane.at + PC]! < 0) index = -1;
        if (index < 0) break;
      }
    }
    visit(row);
  }

  /** Runs an instruction that nobody else can see; says if it was one, and could go on. */
  #runSilent(row: Int32Array, lane: Lane, instruction: Instruction): boolean {
    const pc = row[lane.at + PC]!;
    switch (instruction.op) {
      case "enter": {
        const at = slotAt(lane, instruction.slot);
        row[at + SET] = 0;
        row[at + MASK] = maskOf(this.items(instruction.sets[0]!, row, lane).length);
        row[lane.at + PC] = pc + 1;
        return true;
      }
      case "jump":
        row[lane.at + PC] = instruction.to;
        return true;
      case "stop":
      case "exit":
        row.fill(0, lane.at, lane.at + this.#laneWidth(lane));
        row[lane.at + PC] = -1;
        return true;
      case "fork": {
        const { lanes } = this.forks.find(({ loop }) => loop === instruction)!;
        const items = instruction.sets.flatMap((set) => this.items(set, row, lane));
        items.forEach((item, i) => {
          const child = this.lanes[lanes[i]!]!;
          row.copyWithin(child.at, lane.at, lane.at + this.#laneWidth(lane));
          row[child.at + PC] = pc + 2;
          row[slotAt(child, instruction.slot) + ITEM] = item;
        });
        row[lane.at + PC] = pc + 1;
        return true;
      }
      case "join": {
        const { lanes } = this.forks.find(({ thread, loop }) =>
          thread === lane.thread && loop.slot === instruction.slot
        )!;
        if (lanes.some((child) => row[this.lanes[child]!.at + PC]! >= 0)) return false;
        row[lane.at + PC] = instruction.end;
        return true;
      }
      default:
        return false;
    }
  }

  #laneWidth({ thread }: Lane): number {
    return SLOTS + SLOT_WIDTH * this.program.threads[thread]!.slots.length;
  }

  /** The ways in which a loop can go on. */
  #choose(
    row: Int32Array,
    lane: Lane,
    { slot, sets }: Loop,
    choice: Choice,
  ): Int32Array[] {
    const at = slotAt(lane, slot);
    while (row[at + MASK] === 0 && row[at + SET]! + 1 < sets.length) {
      row[at + SET]!++;
      row[at + MASK] = maskOf(this.items(sets[row[at + SET]!]!, row, lane).length);
    }
    const items = this.items(sets[row[at + SET]!]!, row, lane);
    const left = items.filter((_, i) => row[at + MASK]! >> i & 1);
    const { of } = this.program.threads[lane.thread]!.slots[slot]!;
    return choice(of, row, left).map((item) => {
      const chosen = row.slice();
      chosen[at + ITEM] = item;
      chosen[at + MASK]! &= ~(1 << items.indexOf(item));
      chosen[lane.at + PC]!++;
      return chosen;
    });
  }

  /** Whether the threads that a thread waits for are over. */
  hasBegun(row: Int32Array, lane: Lane): boolean {
    for (const other of this.program.threads[lane.thread]!.after) {
      if (row[this.lanes[other]!.at + PC]! >= 0) return false;
    }
    return true;
  }

  /** What a set has, as numbers of pages, vCPUs or packages. */
  items({ set, of }: SetRef, row: Int32Array, lane: Lane): readonly number[] {
    if (of >= 0) return this.world.items(set, row[slotAt(lane, of) + ITEM]!);
    return this.world.items(set, set === "pair" ? this.world.tdrPage : -1);
  }

  /** The page, vCPU or package that a name stands for. */
  itemOf({ slot }: Ref, row: Int32Array, lane: Lane): number {
    return slot >= 0 ? row[slotAt(lane, slot) + ITEM]! : this.world.tdrPage;
  }
}

/** Where the state of a slot begins in a row. */
export function slotAt({ at }: Lane, slot: number): number {
  return at + SLOTS + SLOT_WIDTH * slot;
}

function maskOf(count: number): number {
  return 2 ** count - 1;
}
