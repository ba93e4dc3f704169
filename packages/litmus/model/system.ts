import {
  LineAutomaton,
  type LineAutomatonOptions,
  type Mode,
  type Operation,
  type RuleId,
} from "@tdx/core";
import { requireOptions, requireWhole } from "@tdx/core/arguments";
import { Cells, EVENT, type ReadValue, VALUES, type WatchedLine } from "./_cells.ts";
import {
  type CompiledProblem,
  type CompiledStep,
  type CompiledThread,
  compileProblem,
  happens,
  type SpontaneousMove,
} from "./_compile_problem.ts";
import { contentState, type KeyName, type Problem, type Thread } from "./problem.ts";

/** The machine that a problem is put on. */
export interface Machine extends LineAutomatonOptions {
  /** Integrity mode. */
  readonly mode: Mode;
  /** Whether a `clear` step clears, as decided by platform and policy. */
  readonly clear: boolean;
}

/** What a machine can say of itself. */
export const MACHINE_FIELDS: readonly (keyof Machine)[] = [
  "mode",
  "clear",
  "partialWriteToOwnedLine",
  "rules",
];

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

/** Numbers of states or their differences; 32 bits wide where that is enough. */
export type StateNumbers = Int32Array | Float64Array;

/** For each line, by cell and events: distinct changes of the state number. */
type LineChanges = readonly (readonly StateNumbers[])[];

/**
 * A problem on a machine, as a graph of numbers: a state is a mixed-radix number whose digits are
 * the lines' cells, the program counters, the registers and the events so far.
 *
 * @example
 * ```ts
 * import { closureProblem, System } from "@tdx/litmus";
 * import { spr } from "@tdx/platform-spr";
 * import { assertEquals } from "@std/assert";
 *
 * const question = { platform: spr, mode: "Li", hostKeys: "keyid0", policy: "never" } as const;
 * const { problem, machine } = closureProblem({ ...question, poison: "none" });
 * const system = new System(problem, machine, { lost: false });
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
  /** The most successors a state has. */
  readonly maxSuccessors: number;
  /** The problem. */
  readonly problem: Problem;
  readonly #operations: CompiledProblem["operations"];
  readonly #cells: Cells[];
  readonly #threads: readonly CompiledThread[];
  readonly #spontaneous: readonly SpontaneousMove[];
  /** The threads of the TD that gets the KeyID reprogrammed. */
  readonly #reprogrammed: readonly Thread[];
  readonly #sizes: number[];
  readonly #strides: number[] = [];
  readonly #digits: Int32Array;
  readonly #firstRegister: number;
  readonly #eventDigit: number;
  /** For each thread of kind `any` its bit in a phase; 0 for the others. */
  readonly #bits: readonly number[];
  /** What can happen to the lines at any time, by phase: who is at it. */
  readonly #changesByPhase = new Map<number, LineChanges>();
  #phase = -1;
  #changes: LineChanges = [];

  /**
   * Compiles a problem.
   *
   * @param problem The problem.
   * @param machine The machine.
   * @param watch What to remember.
   * @throws {TypeError} If the machine has a field that is not known.
   * @throws {RangeError} If a word of the machine is not known, or the problem has more than 2^53
   * possible states or 50 threads of kind `any`.
   */
  constructor(problem: Problem, machine: Machine, watch: Watch) {
    requireOptions("machine", machine, MACHINE_FIELDS);
    this.problem = problem;
    const { clear, ...ofLine } = machine;
    const automaton = new LineAutomaton(ofLine);
    const compiled = compileProblem(problem, clear);
    this.#operations = compiled.operations;
    this.#threads = compiled.threads;
    this.#spontaneous = compiled.spontaneous;
    this.#reprogrammed = compiled.reprogrammed;
    const remember = { lost: watch.lost, retired: problem.seamNr };
    this.#cells = problem.lines.map(({ content }, line) =>
      new Cells(
        automaton,
        contentState(content, machine.mode === "Ci"),
        this.#operations[line]!.map(({ operation }) => operation),
        remember,
      )
    );
    const counters = this.#threads.filter(({ digit }) => digit >= 0);
    this.#firstRegister = problem.lines.length + counters.length;
    this.#eventDigit = this.#firstRegister + problem.registers.length;
    this.#sizes = [
      ...this.#cells.map((cells) => cells.size),
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
      throw new RangeError(
        `Expected at most ${MOST_ENDLESS} threads of kind any, got ${Math.log2(bit)}`,
      );
    }
    this.maxSuccessors = this.#bound();
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
    if ((digits[this.#eventDigit]! & EVENT.hostMachineCheck) !== 0) return 0;
    let count = 0;
    let phase = this.#isReprogrammed() ? 1 : 0;
    for (let t = 0; t < this.#threads.length; t++) {
      const { digit, end, thread, steps } = this.#threads[t]!;
      if (digit >= 0 && digits[digit] === end) continue;
      if (!this.#started(thread)) continue;
      if (thread.kind === "any") {
        phase += this.#bits[t]!;
        if (digit >= 0) into[count++] = state + this.#strides[digit]!;
      } else {
        into[count++] = this.#takeStep(state, t, steps[digits[digit]!]!);
      }
    }
    if (phase !== this.#phase) this.#enter(phase);
    const lines = this.#changes;
    const events = digits[this.#eventDigit]!;
    for (let line = 0; line < lines.length; line++) {
      const changes = lines[line]![digits[line]! * EVENT_STATES + events]!;
      for (let i = 0; i < changes.length; i++) into[count++] = state + changes[i]!;
    }
    return count;
  }

  /**
   * A buffer for {@link expand}.
   *
   * @returns Room for {@link maxSuccessors} numbers.
   */
  buffer(): StateNumbers {
    return this.#numbers(new Array<number>(this.maxSuccessors).fill(0));
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
      lines: this.#cells.map((cells, line) => cells.cell(digits[line]!)),
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
    for (const move of this.moves(from)) if (move.to === to) return move;
    throw new RangeError(`Expected a successor of state ${from}, got ${to}`);
  }

  /**
   * The moves out of a state, named; programs come before spontaneous moves.
   *
   * @param state The state.
   * @returns Each move with the state it leads to; none once the host has taken a machine check.
   */
  moves(state: number): Generator<MoveTo> {
    this.#requireState(state);
    return this.#moves(state);
  }

  *#moves(state: number): Generator<MoveTo> {
    const digits = Array.from(this.#decode(state));
    if ((digits[this.#eventDigit]! & EVENT.hostMachineCheck) !== 0) return;
    for (let t = 0; t < this.#threads.length; t++) {
      const { digit, end, thread, steps } = this.#threads[t]!;
      if (digit >= 0 && digits[digit] === end) continue;
      this.#decode(state);
      if (!this.#started(thread)) continue;
      if (thread.kind === "sequence") {
        const step = steps[digits[digit]!]!;
        const to = this.#takeStep(state, t, step);
        yield { to, ...this.#describe(thread.name, step.line, step.operation, digits) };
        continue;
      }
      for (const { line, operation } of steps) {
        if (operation < 0) continue;
        const events = digits[this.#eventDigit]!;
        const change = this.#change(line, operation, digits[line]!, events, this.#threads[t]!);
        yield { to: state + change, ...this.#describe(thread.name, line, operation, digits) };
      }
      if (digit >= 0) {
        yield { to: state + this.#strides[digit]!, ...this.#describe(thread.name, 0, -1, digits) };
      }
    }
    this.#decode(state);
    const reprogrammed = this.#isReprogrammed();
    for (const move of this.#spontaneous) {
      if (!happens(move, reprogrammed)) continue;
      const { line, operation, thread } = move;
      const to = state + this.#change(line, operation, digits[line]!, 0);
      yield { to, ...this.#describe(thread, line, operation, digits) };
    }
  }

  #describe(thread: string, line: number, operation: number, digits: readonly number[]): Move {
    const name = this.problem.lines[line]!.name;
    if (operation < 0) {
      return { thread, operation: null, line: name, key: null, rules: [], after: null };
    }
    const { operation: done, key } = this.#operations[line]![operation]!;
    const cell = digits[line]!;
    return {
      thread,
      operation: done,
      line: name,
      key,
      rules: this.#cells[line]!.transition(cell, done).rules,
      after: this.#cells[line]!.cell(this.#cells[line]!.moves[operation]!.next[cell]!),
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

  #started(thread: Thread): boolean {
    for (let i = 0; i < thread.after.length; i++) {
      const { digit, end } = this.#threads[thread.after[i]!]!;
      if (this.#digits[digit] !== end) return false;
    }
    return true;
  }

  /** Whether `td2` has its key: an eviction encrypts with the key its KeyID has by then. */
  #isReprogrammed(): boolean {
    for (let i = 0; i < this.#reprogrammed.length; i++) {
      if (this.#started(this.#reprogrammed[i]!)) return true;
    }
    return false;
  }

  /** Executes the next step of a sequence; the digits are those of the state. */
  #takeStep(state: number, t: number, step: CompiledStep): number {
    const { digit, thread } = this.#threads[t]!;
    const digits = this.#digits;
    let next = state + this.#strides[digit]!;
    if (step.operation < 0) return next;
    const cell = digits[step.line]!;
    const moves = this.#cells[step.line]!.moves[step.operation]!;
    next += (moves.next[cell]! - cell) * this.#strides[step.line]!;
    if (step.register >= 0) {
      const register = this.#firstRegister + step.register;
      next += (moves.values[cell]! - digits[register]!) * this.#strides[register]!;
    }
    const events = digits[this.#eventDigit]!;
    next += ((events | moves.events[cell]!) - events) * this.#strides[this.#eventDigit]!;
    if (diesOf(thread, moves.events[cell]!)) {
      next += (this.#threads[t]!.end - digits[digit]! - 1) * this.#strides[digit]!;
    }
    return next;
  }

  /** How the state number changes by an operation on a cell, given the events so far. */
  #change(
    line: number,
    operation: number,
    cell: number,
    events: number,
    thread?: CompiledThread,
  ): number {
    const moves = this.#cells[line]!.moves[operation]!;
    const added = (events | moves.events[cell]!) - events;
    let change = (moves.next[cell]! - cell) * this.#strides[line]! +
      added * this.#strides[this.#eventDigit]!;
    if (thread !== undefined && thread.digit >= 0 && diesOf(thread.thread, moves.events[cell]!)) {
      change += this.#strides[thread.digit]!;
    }
    return change;
  }

  #enter(phase: number): void {
    let changes = this.#changesByPhase.get(phase);
    if (changes === undefined) {
      changes = this.problem.lines.map((_, line) => this.#lineChanges(line, phase));
      this.#changesByPhase.set(phase, changes);
    }
    this.#phase = phase;
    this.#changes = changes;
  }

  /** What the active threads of kind `any` and the cache itself can do to a line, each once. */
  #lineChanges(line: number, phase: number): readonly StateNumbers[] {
    const spontaneous = this.#spontaneous.filter((move) =>
      move.line === line && happens(move, phase % 2 === 1)
    );
    const active = this.#threads.filter(({ thread }, t) =>
      thread.kind === "any" && Math.floor(phase / this.#bits[t]!) % 2 === 1
    );
    const moves: { operation: number; by?: CompiledThread }[] = [
      ...spontaneous,
      ...active.flatMap((by) =>
        by.steps.filter((step) => step.line === line && step.operation >= 0)
          .map(({ operation }) => ({ operation, by }))
      ),
    ];
    return Array.from({ length: this.#cells[line]!.size * EVENT_STATES }, (_, i) => {
      const cell = Math.floor(i / EVENT_STATES);
      const changes = new Set(
        moves.map(({ operation, by }) => this.#change(line, operation, cell, i % EVENT_STATES, by)),
      );
      changes.delete(0);
      return this.#numbers([...changes]);
    });
  }

  #numbers(of: readonly number[]): StateNumbers {
    return this.bound <= 2 ** 31 ? Int32Array.from(of) : Float64Array.from(of);
  }

  #bound(): number {
    const endless = this.problem.threads.filter(({ kind }) => kind === "any");
    const steps = endless.reduce((sum, thread) => sum + thread.steps.length, 0);
    return this.problem.threads.length + this.#spontaneous.length + steps;
  }
}

/** A TD that consumes poison is dead: its program ends there. */
function diesOf(thread: Thread, events: number): boolean {
  return thread.agent === "td" && (events & EVENT.tdMachineCheck) !== 0;
}
