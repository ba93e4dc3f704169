import type { Agent, Data, LineAutomaton, LineState, Operation, Transition } from "@tdx/core";

/** What a read gives; `undefined` before it. */
export type ReadValue = Data | "poison" | undefined;

/** What a register can hold, by its digit; 0 is "not read yet". */
export const VALUES: readonly ReadValue[] = [
  undefined,
  "zeros",
  "host",
  "guest",
  "garbage",
  "secret",
  "poison",
];

/** What a step observes besides the value read, as bits. */
export const EVENT = { hostMachineCheck: 1, tdMachineCheck: 2, secretRead: 4 } as const;

/** What one operation does to each cell of a line. */
export interface CellMoves {
  /** The cell afterwards. */
  readonly next: Int32Array;
  /** Bits of {@link EVENT}. */
  readonly events: Uint8Array;
  /** Index into {@link VALUES} of what was read, 0 for nothing. */
  readonly values: Uint8Array;
}

/** A line as a problem sees it: the automaton's state, and what the problem remembers about it. */
export interface WatchedLine {
  /** The line. */
  readonly state: LineState;
  /** Whether the host has data in the line that it would miss. */
  readonly hostWrote: boolean;
  /** Whether the host has read something else than that data. */
  readonly lost: boolean;
  /** Whether the page is retired: nothing uses it any more. */
  readonly retired: boolean;
}

/** What is worth remembering; what no condition asks for would only multiply the states. */
export interface CellMemory {
  /** Whether host data was lost. */
  readonly lost: boolean;
  /** Whether the page was retired. */
  readonly retired: boolean;
}

const HOST_WROTE = 1;
const LOST = 2;
const RETIRED = 4;
const FLAGS = 8;

/**
 * Every cell that a line can reach by a set of operations, in any order, and their moves.
 *
 * The walk is over the core's line automaton; cells are numbered from 0, the first one.
 */
export class Cells {
  readonly #automaton: LineAutomaton;
  readonly #remember: CellMemory;
  readonly #names: number[] = [];
  readonly #index = new Map<number, number>();
  /** Moves by position in the list of operations. */
  readonly moves: readonly CellMoves[];

  /**
   * Walks them all.
   *
   * @param automaton The line automaton of platform and mode.
   * @param initial The line's first state.
   * @param operations What can happen to it.
   * @param remember What the problem asks for.
   */
  constructor(
    automaton: LineAutomaton,
    initial: LineState,
    operations: readonly Operation[],
    remember: CellMemory,
  ) {
    this.#automaton = automaton;
    this.#remember = remember;
    this.#number(automaton.intern(initial) * FLAGS);
    const rows = operations.map(() => ({ next: [], events: [], values: [] }) as Row);
    const ids = operations.map((operation) => automaton.operation(operation));
    for (let cell = 0; cell < this.#names.length; cell++) {
      operations.forEach((operation, i) => this.#move(cell, operation, ids[i]!, rows[i]!));
    }
    this.moves = rows.map(({ next, events, values }) => ({
      next: Int32Array.from(next),
      events: Uint8Array.from(events),
      values: Uint8Array.from(values),
    }));
  }

  /** How many cells there are. */
  get size(): number {
    return this.#names.length;
  }

  /** What a cell stands for. */
  cell(index: number): WatchedLine {
    const name = this.#names[index]!;
    return {
      state: this.#automaton.state(Math.floor(name / FLAGS)),
      hostWrote: (name & HOST_WROTE) !== 0,
      lost: (name & LOST) !== 0,
      retired: (name & RETIRED) !== 0,
    };
  }

  /** The step behind a move, with the rules that fire. */
  transition(cell: number, operation: Operation): Transition {
    const state = Math.floor(this.#names[cell]! / FLAGS);
    return this.#automaton.step(state, this.#automaton.operation(operation));
  }

  #number(name: number): number {
    let index = this.#index.get(name);
    if (index === undefined) {
      this.#index.set(name, index = this.#names.length);
      this.#names.push(name);
    }
    return index;
  }

  #move(cell: number, operation: Operation, id: number, row: Row): void {
    const name = this.#names[cell]!;
    if ((name & RETIRED) !== 0) return push(row, cell, 0, 0);
    const transition = this.#automaton.step(Math.floor(name / FLAGS), id);
    const next = transition.next * FLAGS + this.#flags(name, operation, transition);
    const value = transition.data === null ? 0 : VALUES.indexOf(transition.data);
    push(row, this.#number(next), events(operation.by, transition), value);
  }

  #flags(name: number, operation: Operation, transition: Transition): number {
    let flags = name & (FLAGS - 1);
    const outside = operation.by === "host" || operation.by === "device";
    if (this.#remember.lost && outside && !transition.refused) {
      const missed = transition.data !== null && transition.data !== "host" &&
        transition.data !== "poison";
      if ((flags & HOST_WROTE) !== 0 && missed) flags |= LOST;
      if (operation.data !== undefined) {
        flags &= ~HOST_WROTE;
        if (holdsHostData(this.#automaton.state(transition.next), operation)) flags |= HOST_WROTE;
      }
    }
    if (this.#remember.retired && operation.by === "td" && transition.machineCheck) {
      flags |= RETIRED;
    }
    return flags;
  }
}

interface Row {
  readonly next: number[];
  readonly events: number[];
  readonly values: number[];
}

function push(row: Row, next: number, event: number, value: number): void {
  row.next.push(next);
  row.events.push(event);
  row.values.push(value);
}

function events(by: Agent, { machineCheck, data }: Transition): number {
  const secret = data === "secret" && (by === "host" || by === "device") ? EVENT.secretRead : 0;
  if (!machineCheck) return secret;
  return secret | (by === "host" ? EVENT.hostMachineCheck : EVENT.tdMachineCheck);
}

/** Whether the write left the host's own data where its next read will look. */
function holdsHostData({ memory, copies }: LineState, { key }: Operation): boolean {
  const copy = copies.find(({ keyId }) => keyId === key.keyId);
  return (copy === undefined ? memory.data : copy.data) === "host";
}
