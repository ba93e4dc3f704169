import type { Operation, RuleId } from "@tdx/core";
import { requireWhole } from "@tdx/core/arguments";
import { ChangePool, type StateNumbers, stateNumbers } from "./_change_pool.ts";
import {
  type CompiledMove,
  type CompiledProblem,
  type CompiledThread,
  compileProblem,
  spontaneousMoves,
} from "./_compile_problem.ts";
import {
  EVENT,
  eventsOf,
  type LineTable,
  lineTable,
  nextOf,
  type ReadValue,
  valueOf,
  VALUES,
  type WatchedLine,
} from "./_line_table.ts";
import { compileMachine, type Machine } from "./machine.ts";
import { stagesOf } from "./_stages.ts";
import { contentState, type KeyName, type Problem, retiresOf, type Thread } from "./problem.ts";

/** What to remember about the lines because a condition asks for it. */
export interface Watch {
  /** Whether lost host data is asked for. */
  readonly lost: boolean;
}

/** One move, in words for a trace. */
export interface Move {
  /** Name of the thread; `cache` for an eviction, `host` for a speculative read. */
  readonly thread: string;
  /** The operation, or `null` where a thread of kind `any` ends or its clear is skipped. */
  readonly operation: Operation | null;
  /** Name of the line. */
  readonly line: string;
  /** The key. */
  readonly key: KeyName | null;
  /** The rules that fired, in order. */
  readonly rules: readonly RuleId[];
  /** Line content afterwards. */
  readonly after: WatchedLine | null;
}

/** A move, and the state it leads to. */
export interface MoveTo extends Move {
  /** Number of the state. */
  readonly to: number;
}

/** What a state says to a condition. */
export interface Valuation {
  /** The host took a machine check. */
  readonly hostMachineCheck: boolean;
  /** A TD consumed poison. */
  readonly tdMachineCheck: boolean;
  /** The host or a device read a TD's plaintext. */
  readonly secretRead: boolean;
  /** The lines. */
  readonly lines: readonly WatchedLine[];
  /** The registers; `undefined` where nothing was read. */
  readonly registers: readonly ReadValue[];
}

const EVENT_STATES = 8;
/** More cannot be told apart in a number of 53 bits. */
const MOST_ENDLESS = 50;

/** What goes on beside the program counters: who does any of its steps. */
interface Phase {
  readonly name: number;
  /** For each line the numbers of its moves. */
  readonly moves: readonly (readonly number[])[];
  /** For each line what they change, by the line's digit and the events so far. */
  readonly changes: readonly ChangePool[];
}

/**
 * A problem on a machine, as a graph of numbers: a state is a mixed-radix number whose digits are
 * the lines' numbers, the program counters, the registers and the events so far.
 *
 * @example
 * ```ts
 * import { closureProblem, System } from "@tdx/litmus";
 * import { spr } from "@tdx/platform-spr";
 * import { assertEquals } from "@std/assert";
 *
 * const { problem } = closureProblem({ platform: spr });
 * const system = new System(problem, { platform: spr, kernel: "6.18" });
 *
 * const successors = system.buffer();
 * const count = system.expand(system.initial, successors);
 * const named = Array.from(
 *   successors.subarray(0, count),
 *   (to) => system.move(system.initial, to).thread,
 * );
 * // The TD acts. The host, before the reclaim, reads speculatively at most.
 * assertEquals(new Set(named), new Set(["td", "host"]));
 * ```
 */
export class System {
  /** One past the largest state number. */
  readonly bound: number;
  /** The first state. */
  readonly initial: number;
  /** No state has more successors. */
  readonly maxSuccessors: number;
  /** The problem. */
  readonly problem: Problem;
  readonly #compiled: CompiledProblem;
  readonly #threads: readonly CompiledThread[];
  readonly #moves: readonly CompiledMove[];
  readonly #lines: readonly LineTable[];
  readonly #sizes: number[];
  readonly #strides: number[] = [];
  readonly #digits: Int32Array;
  readonly #firstRegister: number;
  readonly #eventDigit: number;
  /** For each thread of kind `any` its bit in a phase; 0 for the others. */
  readonly #bits: readonly number[];
  readonly #phases = new Map<number, Phase>();
  #phase: Phase;
  /** Numbers of the moves of programs in the state that was looked at last. */
  readonly #programs: Int32Array;

  /**
   * Compiles a problem.
   *
   * @param problem The problem.
   * @param machine The machine.
   * @param watch What to remember; default nothing but the lines.
   * @throws {TypeError} If the machine has a field that is not known, or its platform is not one of
   * `definePlatform`.
   * @throws {RangeError} If a word of the machine is not known, neither its kernel nor a policy tells
   * whether it clears, or the problem has more than 2^53 possible states or 50 threads of kind `any`.
   */
  constructor(problem: Problem, machine: Machine, watch: Watch = { lost: false }) {
    this.problem = problem;
    const { clear, ...ofLine } = compileMachine(machine);
    this.#compiled = compileProblem(problem, clear);
    const { operations, moves, threads } = this.#compiled;
    this.#threads = threads;
    this.#moves = moves;
    const stages = stagesOf(this.#compiled);
    const remember = { lost: watch.lost, retired: retiresOf(problem) };
    this.#lines = problem.lines.map(({ content }, index) =>
      lineTable(ofLine, {
        initial: contentState(content, ofLine.mode === "Ci"),
        operations: operations[index]!.map(({ operation }) => operation),
        stages,
        index,
        remember,
      })
    );
    const counters = threads.filter(({ digit }) => digit >= 0);
    this.#firstRegister = problem.lines.length + counters.length;
    this.#eventDigit = this.#firstRegister + problem.registers.length;
    this.#sizes = [
      ...this.#lines.map(({ size }) => size),
      ...counters.map(({ end }) => end + 1),
      ...problem.registers.map(() => VALUES.length),
      EVENT_STATES,
    ];
    let bound = 1;
    for (const size of this.#sizes) {
      this.#strides.push(bound);
      bound *= size;
    }
    if (bound > Number.MAX_SAFE_INTEGER) {
      throw new RangeError(
        `Expected a problem of at most 2^53 possible states, got about 2^${
          Math.ceil(Math.log2(bound))
        }`,
      );
    }
    this.bound = bound;
    this.initial = 0;
    this.#digits = new Int32Array(this.#sizes.length);
    let bit = 1;
    this.#bits = problem.threads.map(({ kind }) => kind === "any" ? bit *= 2 : 0);
    if (bit > 2 ** MOST_ENDLESS) {
      const endless = Math.log2(bit);
      throw new RangeError(`Expected at most ${MOST_ENDLESS} threads of kind any, got ${endless}`);
    }
    this.maxSuccessors = threads.length + moves.length;
    this.#programs = new Int32Array(threads.length);
    this.#phase = this.#phaseOf(0);
  }

  /**
   * Writes the successors of a state into a buffer; some may be the same, or the state itself.
   *
   * The one method that does not look at its arguments: an exploration calls it for every state.
   *
   * @param state The state.
   * @param into Room for {@link maxSuccessors} numbers; {@link buffer} makes one.
   * @returns How many there are; 0 once the host has taken a machine check.
   */
  expand(state: number, into: StateNumbers): number {
    const digits = this.#decode(state);
    const events = digits[this.#eventDigit]!;
    if ((events & EVENT.hostMachineCheck) !== 0) return 0;
    const programs = this.#look(digits);
    let count = 0;
    while (count < programs) {
      into[count] = state + this.#change(this.#programs[count]!, digits);
      count++;
    }
    const { changes } = this.#phase;
    for (let line = 0; line < changes.length; line++) {
      const pool = changes[line]!;
      const key = digits[line]! * EVENT_STATES + events;
      let at = pool.starts[key]!;
      if (at === 0) at = pool.add(key, this.#changes(this.#phase.moves[line]!, digits));
      const { numbers } = pool;
      const end = at + numbers[at]!;
      while (at < end) into[count++] = state + numbers[++at]!;
    }
    return count;
  }

  /**
   * A buffer for {@link expand}.
   *
   * @returns Room for {@link maxSuccessors} numbers.
   */
  buffer(): StateNumbers {
    return stateNumbers(this.bound, this.maxSuccessors);
  }

  /**
   * Whether all programs have ended, or the host has taken a machine check.
   *
   * @param state The state.
   * @returns Whether it is an end in the sense of a condition.
   */
  isFinal(state: number): boolean {
    this.#requireState(state);
    const digits = this.#decode(state);
    if ((digits[this.#eventDigit]! & EVENT.hostMachineCheck) !== 0) return true;
    return this.#threads.every(({ digit, end }) => digit < 0 || digits[digit] === end);
  }

  /**
   * Events of a state, as bits.
   *
   * @param state The state.
   * @returns Their sum: 1 host machine check, 2 TD machine check, 4 plaintext read outside the TD.
   */
  events(state: number): number {
    this.#requireState(state);
    return Math.floor(state / this.#strides[this.#eventDigit]!) % EVENT_STATES;
  }

  /**
   * What a state says to a condition.
   *
   * @param state The state.
   * @returns Lines, registers and events.
   */
  valuation(state: number): Valuation {
    this.#requireState(state);
    const digits = Array.from(this.#decode(state));
    const events = digits[this.#eventDigit]!;
    return {
      hostMachineCheck: (events & EVENT.hostMachineCheck) !== 0,
      tdMachineCheck: (events & EVENT.tdMachineCheck) !== 0,
      secretRead: (events & EVENT.secretRead) !== 0,
      lines: this.#lines.map((table, line) => table.line(digits[line]!)),
      registers: this.problem.registers.map((_, i) => VALUES[digits[this.#firstRegister + i]!]),
    };
  }

  /**
   * Finds the move between two neighbouring states, for a trace.
   *
   * @param from A state.
   * @param to One of its successors.
   * @returns The first move that leads there.
   * @throws {RangeError} If `to` is no successor of `from`.
   */
  move(from: number, to: number): Move {
    const digits = this.#decode(from);
    const number = this.#enabled(digits).find((number) =>
      from + this.#change(number, digits) === to
    );
    if (number === undefined) {
      throw new RangeError(`Expected a successor of state ${from}, got ${to}`);
    }
    return this.#describe(number, digits);
  }

  /**
   * The moves out of a state, named; programs come before spontaneous moves.
   *
   * @param state The state.
   * @returns Each move with the state it leads to; none once the host has taken a machine check.
   */
  moves(state: number): readonly MoveTo[] {
    this.#requireState(state);
    const digits = this.#decode(state);
    return this.#enabled(digits).map((number) => ({
      to: state + this.#change(number, digits),
      ...this.#describe(number, digits),
    }));
  }

  /** Numbers of the moves that can happen in a state, in their order. */
  #enabled(digits: Int32Array): number[] {
    if ((digits[this.#eventDigit]! & EVENT.hostMachineCheck) !== 0) return [];
    const programs = this.#programs.subarray(0, this.#look(digits));
    return [...programs, ...this.#phase.moves.flat()].sort((a, b) => a - b);
  }

  #describe(number: number, digits: Int32Array): Move {
    const { by, line, operation } = this.#moves[number]!;
    const name = this.problem.lines[line]!.name;
    if (operation < 0) {
      return { thread: by, operation: null, line: name, key: null, rules: [], after: null };
    }
    const { operation: done, key } = this.#compiled.operations[line]![operation]!;
    const table = this.#lines[line]!;
    const before = digits[line]!;
    return {
      thread: by,
      operation: done,
      line: name,
      key,
      rules: table.transition(before, operation).rules,
      after: table.line(nextOf(table.step(before, operation))),
    };
  }

  #requireState(state: number): void {
    requireWhole("state", state, 0, this.bound - 1);
  }

  #decode(state: number): Int32Array {
    const digits = this.#digits;
    const sizes = this.#sizes;
    if (this.bound <= 2 ** 31) {
      let rest = state | 0;
      for (let i = 0; i < sizes.length; i++) {
        const size = sizes[i]! | 0;
        const next = (rest / size) | 0;
        digits[i] = rest - Math.imul(next, size);
        rest = next;
      }
      return digits;
    }
    let rest = state;
    for (let i = 0; i < sizes.length; i++) {
      const next = Math.floor(rest / sizes[i]!);
      digits[i] = rest - next * sizes[i]!;
      rest = next;
    }
    return digits;
  }

  /** Notes the moves that programs can make, enters the phase of all others, and counts the first. */
  #look(digits: Int32Array): number {
    const threads = this.#threads;
    let count = 0;
    let phase = this.#isReprogrammed() ? 1 : 0;
    for (let t = 0; t < threads.length; t++) {
      const { digit, end, thread, first, last } = threads[t]!;
      if (digit >= 0 && digits[digit] === end) continue;
      if (!this.#started(thread)) continue;
      if (thread.kind === "sequence") {
        this.#programs[count++] = first + digits[digit]!;
      } else {
        phase += this.#bits[t]!;
        if (digit >= 0) this.#programs[count++] = last - 1;
      }
    }
    if (phase !== this.#phase.name) this.#phase = this.#phaseOf(phase);
    return count;
  }

  #started(thread: Thread): boolean {
    for (let i = 0; i < thread.after.length; i++) {
      const { digit, end } = this.#threads[thread.after[i]!]!;
      if (this.#digits[digit] !== end) return false;
    }
    return true;
  }

  /** Whether `td2` has its key: an eviction encrypts with the key its KeyID has by then. */
  #isReprogrammed(): boolean {
    const { reprogrammed } = this.#compiled;
    for (let i = 0; i < reprogrammed.length; i++) {
      if (this.#started(this.#threads[reprogrammed[i]!]!.thread)) return true;
    }
    return false;
  }

  /** How the state number changes by a move; the digits are those of the state. */
  #change(number: number, digits: Int32Array): number {
    const { thread: t, line, operation, register, advances } = this.#moves[number]!;
    const thread = t < 0 ? undefined : this.#threads[t]!;
    let change = advances ? this.#strides[thread!.digit]! : 0;
    if (operation < 0) return change;
    const before = digits[line]!;
    const step = this.#lines[line]!.step(before, operation);
    change += (nextOf(step) - before) * this.#strides[line]!;
    if (register >= 0) {
      const digit = this.#firstRegister + register;
      change += (valueOf(step) - digits[digit]!) * this.#strides[digit]!;
    }
    const seen = digits[this.#eventDigit]!;
    change += ((seen | eventsOf(step)) - seen) * this.#strides[this.#eventDigit]!;
    if (thread !== undefined && thread.digit >= 0 && diesOf(thread, eventsOf(step))) {
      const left = thread.end - digits[thread.digit]! - (advances ? 1 : 0);
      change += left * this.#strides[thread.digit]!;
    }
    return change;
  }

  #changes(numbers: readonly number[], digits: Int32Array): number[] {
    return numbers.map((number) => this.#change(number, digits));
  }

  #phaseOf(name: number): Phase {
    let phase = this.#phases.get(name);
    if (phase === undefined) {
      const { threads, moves } = this.#compiled;
      const active = threads.filter((_, t) => Math.floor(name / this.#bits[t]!) % 2 === 1);
      const numbers = [
        ...spontaneousMoves(this.#compiled, name % 2 === 1),
        ...active.flatMap(({ first, last, digit }) =>
          Array.from({ length: last - first - (digit < 0 ? 0 : 1) }, (_, i) => first + i)
        ),
      ];
      phase = {
        name,
        moves: this.#lines.map((_, line) =>
          numbers.filter((number) => moves[number]!.line === line)
        ),
        changes: this.#lines.map(({ size }) => new ChangePool(size * EVENT_STATES, this.bound)),
      };
      this.#phases.set(name, phase);
    }
    return phase;
  }
}

/** A TD that consumes poison is dead: its program ends there. */
function diesOf({ thread }: CompiledThread, events: number): boolean {
  return thread.agent === "td" && (events & EVENT.tdMachineCheck) !== 0;
}
