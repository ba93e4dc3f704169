// Where a line can be. Between two steps of the teardown its caches, the guest, the host and the next
// TDs do what they like with it, and none of that changes what the teardown does: so all the states
// that a line can be in are one set, and a step of the teardown takes a set to a set.
import {
  describeLine,
  type Key,
  LineAutomaton,
  type Mode,
  type Operation,
  OPERATION_NAMES,
  type Platform,
  type RuleId,
} from "@tdx/core";
import { clearOperation, type Policy, policyClears } from "@tdx/reclaim";
import type { World } from "./_world.ts";

/** A machine whose lines are followed. */
export interface LineMachine {
  /** The platform. */
  readonly platform: Platform;
  /** Integrity mode. */
  readonly mode: Mode;
}

/** What may happen to a line by itself, as bits of one number. */
export const MAY = {
  /** A vCPU of the TD gets at it. */
  touch: 1,
  /** The host has the page. */
  host: 2,
  /** The module would let the second TD have the page. */
  take: 4,
  /** A third TD has the KeyID of the first. */
  next: 8,
} as const;

/** What has been seen to happen to a line, as bits of one number. */
export const SEEN = {
  machineCheck: 1,
  hostReadsSecret: 2,
  nextReadsSecret: 4,
  /** A private line is dirty whose TD has the page no longer. */
  dirty: 8,
} as const;

/** Something that happens to a line by itself. */
export interface LineMove {
  readonly by: string;
  readonly what: string;
  readonly rules: readonly RuleId[];
  /** The element afterwards. */
  readonly to: number;
  readonly seen: number;
}

/** A set after everything that may happen did, and what was seen then. */
export interface Closed {
  readonly set: number;
  readonly seen: number;
}

/** Who has a page that the host was given: the host, the second TD, the third one. */
const USERS = ["host", "second TD", "third TD"] as const;

/** Numbers for sets of states of one line, on all machines at once. */
export class LineSets {
  readonly #automata: readonly LineAutomaton[];
  readonly #elements: { readonly machine: number; readonly user: number; readonly line: number }[] =
    [];
  readonly #elementIds = new Map<number, number>();
  readonly #sets: (readonly number[])[] = [];
  readonly #setIds = new Map<string, number>();
  readonly #closed = new Map<number, Closed>();
  /** By set whether a line of it can be dirty under the KeyID of the TD. */
  readonly #dirtySets: boolean[] = [];
  readonly #moves = new Map<number, readonly LineMove[]>();
  readonly #images = new Map<Operation, (number | undefined)[]>();
  readonly #resets = new Map<Policy, (number | undefined)[]>();
  readonly #host: Key;
  readonly #clear: Operation;

  constructor(readonly machines: readonly LineMachine[], readonly world: World) {
    this.#automata = machines.map(({ platform, mode }) =>
      new LineAutomaton({ mode, partialWriteToOwnedLine: platform.memory.partialWriteToOwnedLine })
    );
    this.#host = world.keyIds.key(0);
    this.#clear = clearOperation(this.#host);
  }

  /** How many sets were met. */
  get size(): number {
    return this.#sets.length;
  }

  /** A line that the host has zeroed, on every machine. */
  fresh(): number {
    return this.#set(
      this.#automata.map((automaton, machine) =>
        this.#element(machine, 0, automaton.intern(LineAutomaton.fresh(this.#host)))
      ),
    );
  }

  /** No line at all. */
  none(): number {
    return this.#set([]);
  }

  /** The elements of a set. */
  elements(set: number): readonly number[] {
    return this.#sets[set]!;
  }

  /** The set of one element. */
  single(element: number): number {
    return this.#set([element]);
  }

  /** The machine and the state of an element, in words. */
  describe(element: number): { readonly machine: LineMachine; readonly line: string } {
    const { machine, user, line } = this.#elements[element]!;
    const state = describeLine(this.#automata[machine]!.state(line));
    const text = user === 0 ? state : `${state}; the ${USERS[user]} has the page`;
    return { machine: this.machines[machine]!, line: text };
  }

  /** What an operation of the module or of the host makes of a set. */
  apply(set: number, operation: Operation): number {
    let row = this.#images.get(operation);
    if (row === undefined) this.#images.set(operation, row = []);
    return row[set] ??= this.#set(
      this.#sets[set]!.map((element) => this.applyTo(element, operation)),
    );
  }

  /** The same for one element. */
  applyTo(element: number, operation: Operation): number {
    const { machine, user, line } = this.#elements[element]!;
    const automaton = this.#automata[machine]!;
    const { next } = automaton.step(line, automaton.operation(operation));
    return next === line ? element : this.#element(machine, user, next);
  }

  /** What `reset` makes of a set: some machines clear, others do not. */
  reset(set: number, policy: Policy): number {
    let row = this.#resets.get(policy);
    if (row === undefined) this.#resets.set(policy, row = []);
    return row[set] ??= this.#set(
      this.#sets[set]!.map((element) => this.resetOne(element, policy)),
    );
  }

  /** The same for one element. */
  resetOne(element: number, policy: Policy): number {
    const { platform } = this.machines[this.#elements[element]!.machine]!;
    return policyClears(policy, platform) ? this.applyTo(element, this.#clear) : element;
  }

  /** Lets everything happen that may, in any order and as often as it likes. */
  close(set: number, may: number, programmed: number): Closed {
    const name = (set * 16 + may) * 2 + programmed - 1;
    let closed = this.#closed.get(name);
    if (closed === undefined) {
      const all = new Set(this.#sets[set]!);
      let seen = 0;
      for (const element of all) {
        seen |= this.dirty(element, may);
        for (const move of this.moves(element, may, programmed)) {
          seen |= move.seen;
          all.add(move.to);
        }
      }
      this.#closed.set(name, closed = { set: this.#set([...all]), seen });
    }
    return closed;
  }

  /** Says if a private line is dirty whose TD has the page no longer. */
  dirty(element: number, may: number): number {
    const { user } = this.#elements[element]!;
    if ((may & MAY.host) === 0) return 0;
    const own = user === 0 ? -1 : this.#keyOf(user, 2).keyId;
    const isForeign = this.#copies(element).some(({ keyId, dirty }) =>
      dirty && keyId !== this.#host.keyId && keyId !== own
    );
    return isForeign ? SEEN.dirty : 0;
  }

  /** Whether a line is dirty under a KeyID. */
  dirtyUnder(element: number, keyId: number): boolean {
    return this.#copies(element).some((copy) => copy.keyId === keyId && copy.dirty);
  }

  /** Whether a line of a set can be dirty under the KeyID of the TD. */
  canBeDirty(set: number): boolean {
    const { keyId } = this.world.key();
    return this.#dirtySets[set] ??= this.#sets[set]!.some((element) =>
      this.dirtyUnder(element, keyId)
    );
  }

  /** What may happen to a line next. */
  moves(element: number, may: number, programmed: number): readonly LineMove[] {
    const name = (element * 16 + may) * 2 + programmed - 1;
    let moves = this.#moves.get(name);
    if (moves === undefined) {
      moves = this.#findMoves(element, may, programmed);
      this.#moves.set(name, moves);
    }
    return moves;
  }

  #findMoves(element: number, may: number, programmed: number): LineMove[] {
    const { user } = this.#elements[element]!;
    const { world } = this;
    const host = this.#host;
    const td = world.key();
    const moves: LineMove[] = [];
    const step = (by: string, operation: Operation, to = user) =>
      this.#move(moves, element, by, operation, to);

    for (const { keyId } of this.#copies(element)) {
      const keys = [
        host,
        world.otherKey,
        world.key(programmed),
        world.keyIds.key(world.globalKeyId),
      ];
      step("cache", { kind: "evict", by: "cache", key: keys.find((key) => key.keyId === keyId)! });
    }
    step("cache", { kind: "prefetch", by: "host", key: host });
    if (may & MAY.touch) {
      step("guest", { kind: "load", by: "td", key: td });
      step("guest", { kind: "store", by: "td", key: td, data: "secret" });
    }
    if ((may & MAY.host) === 0) return moves;
    if (user > 0) {
      const key = this.#keyOf(user, programmed);
      step(USERS[user]!, { kind: "load", by: "td", key });
      step(USERS[user]!, { kind: "store", by: "td", key, data: "guest" });
      return moves;
    }
    for (const kind of ["load", "clflush"] as const) step("host", { kind, by: "host", key: host });
    for (const kind of ["store", "partial-write", "movdir64b"] as const) {
      step("host", { kind, by: "host", key: host, data: "host" });
    }
    step("device", { kind: "dma-read", by: "device", key: host });
    for (const kind of ["dma-write", "dma-partial-write"] as const) {
      step("device", { kind, by: "device", key: host, data: "host" });
    }
    for (const next of may & MAY.take ? (may & MAY.next ? [1, 2] : [1]) : []) {
      const key = this.#keyOf(next, programmed);
      step(`${USERS[next]} takes the page`, { kind: "movdir64b", by: "module", key }, next);
    }
    return moves;
  }

  #move(
    moves: LineMove[],
    element: number,
    by: string,
    operation: Operation,
    user: number,
  ): void {
    const { machine, line } = this.#elements[element]!;
    const automaton = this.#automata[machine]!;
    const outcome = automaton.step(line, automaton.operation(operation));
    const isHost = operation.by === "host" || operation.by === "device";
    const isSecret = outcome.data === "secret" && user === this.#elements[element]!.user;
    const seen = (outcome.machineCheck && isHost ? SEEN.machineCheck : 0) |
      (isSecret && isHost ? SEEN.hostReadsSecret : 0) |
      (isSecret && user > 0 ? SEEN.nextReadsSecret : 0);
    const to = this.#element(machine, user, outcome.next);
    // After a machine check there is no host, or no TD, to go on.
    const isOver = outcome.machineCheck;
    if (to === element && seen === 0) return;
    const data = operation.data === undefined ? "" : ` ${operation.data}`;
    const what = `${OPERATION_NAMES[operation.kind]}${data}, KeyID ${operation.key.keyId}`;
    moves.push({ by, what, rules: outcome.rules, to: isOver ? element : to, seen });
  }

  #keyOf(user: number, programmed: number): Key {
    return user === 1 ? this.world.otherKey : this.world.key(programmed);
  }

  #copies(element: number) {
    const { machine, line } = this.#elements[element]!;
    return this.#automata[machine]!.state(line).copies;
  }

  #element(machine: number, user: number, line: number): number {
    const name = (line * 3 + user) * this.machines.length + machine;
    let id = this.#elementIds.get(name);
    if (id === undefined) {
      id = this.#elements.push({ machine, user, line }) - 1;
      this.#elementIds.set(name, id);
    }
    return id;
  }

  #set(elements: readonly number[]): number {
    const sorted = [...new Set(elements)].sort((a, b) => a - b);
    const name = sorted.join(" ");
    let id = this.#setIds.get(name);
    if (id === undefined) {
      id = this.#sets.push(sorted) - 1;
      this.#setIds.set(name, id);
    }
    return id;
  }
}
