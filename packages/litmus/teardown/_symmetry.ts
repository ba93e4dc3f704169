// Which of a teardown's pages, vCPUs and packages are alike: one of them stands for all.
import type { Instruction, ItemClass, Loop } from "./_program.ts";
import { ITEM, type Lane, MASK, PC, SET, slotAt, type Threads, TRIES } from "./_threads.ts";
import type { View } from "./_world.ts";

/** Tells what differs in a state: where the module, the lines (`cells`) and the threads (`row`) are. */
export class Symmetry {
  constructor(readonly threads: Threads) {}

  /** Whether a thread of a parallel loop is like an earlier one, which stands for it. */
  isLikeEarlier(module: number, cells: Int32Array, row: Int32Array, index: number): boolean {
    const { lanes, forks, program } = this.threads;
    const fork = forks.find((fork) => fork.lanes.includes(index));
    if (fork === undefined) return false;
    const { slot } = fork.loop;
    const { of } = program.threads[fork.thread]!.slots[slot]!;
    const itemOf = (lane: number) => row[slotAt(lanes[lane]!, slot) + ITEM]!;
    return fork.lanes.some((earlier) =>
      earlier < index && row[lanes[earlier]!.at + PC]! >= 0 &&
      this.#areAlike(of, module, cells, row, itemOf(earlier), itemOf(index))
    );
  }

  /** Whether an item is like an earlier one among some, which stands for it. */
  isAlike(
    of: ItemClass,
    module: number,
    cells: Int32Array,
    row: Int32Array,
    item: number,
    among: readonly number[],
  ): boolean {
    return among.some((earlier) =>
      earlier < item && this.#areAlike(of, module, cells, row, earlier, item)
    );
  }

  /** Whether two items could change places and nothing would be different. */
  #areAlike(
    of: ItemClass,
    module: number,
    cells: Int32Array,
    row: Int32Array,
    a: number,
    b: number,
  ): boolean {
    const { world } = this.threads;
    const view = world.view(module);
    if (of === "package" && view.packages[a] !== view.packages[b]) return false;
    if (of === "page" && !this.#samePage(view, cells, a, b)) return false;
    if (of === "vcpu") {
      if (view.vcpus[a] !== view.vcpus[b]) return false;
      for (const set of ["tdcx", "tdvpr"] as const) {
        const [mine, others] = [world.items(set, a), world.items(set, b)];
        if (!mine.every((page, i) => this.#samePage(view, cells, page, others[i]!))) return false;
      }
    }
    return this.#sameInThreads(of, row, a, b);
  }

  #samePage(view: View, cells: Int32Array, a: number, b: number): boolean {
    return cells[a] === cells[b] && view.entries[a] === view.entries[b];
  }

  /** Whether no loop of a thread that runs tells two items apart. */
  #sameInThreads(of: ItemClass, row: Int32Array, a: number, b: number): boolean {
    // Of a parallel loop each item has a lane, and it does not matter which.
    let [ofA, ofB] = [0, 0];
    for (const lane of this.threads.lanes) {
      if (row[lane.at + PC]! < 0) continue;
      const { slots } = this.threads.program.threads[lane.thread]!;
      for (let slot = 0; slot < slots.length; slot++) {
        if (slots[slot]!.of !== of) continue;
        const loop = this.threads.loopOf(lane.thread, slot);
        const [markA, markB] = [this.#mark(row, lane, loop, a), this.#mark(row, lane, loop, b)];
        if (loop.op === "fork") {
          ofA += markA;
          ofB += markB;
        } else if (markA !== markB) return false;
      }
    }
    return ofA === ofB;
  }

  /** A number for how far a loop of a thread is with an item; 0 where it has nothing to do with it. */
  #mark(row: Int32Array, lane: Lane, loop: Loop, item: number): number {
    const at = slotAt(lane, loop.slot);
    const pc = row[lane.at + PC]!;
    const { code } = this.threads.program.threads[lane.thread]!;
    const isIn = row[at + ITEM] === item && pc > code.indexOf(loop as Instruction) && pc < loop.end;
    const mark = isIn ? 2 + 2 * (pc * 8 + row[lane.at + TRIES]!) : 0;
    if (row[at + MASK] === 0) return mark;
    const place = this.threads.items(loop.sets[row[at + SET]!]!, row, lane).indexOf(item);
    return mark + (place >= 0 ? row[at + MASK]! >> place & 1 : 0);
  }
}
