import {
  type Agent,
  type Data,
  LineAutomaton,
  type LineAutomatonOptions,
  type LineState,
  type Operation,
  RULES,
  type RuleTable,
  type Transition,
} from "@tdx/core";
import type { Retires } from "./problem.ts";
import type { Stage } from "./_stages.ts";

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

/** A line as a problem sees it: its state, and what the problem remembers about it. */
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
export interface LineMemories {
  /** Whether host data was lost. */
  readonly lost: boolean;
  /** That the page was retired, and by what. */
  readonly retired: Retires;
}

const HOST_WROTE = 1;
const LOST = 2;
const RETIRED = 4;
const FLAGS = 8;

/** A packed step: the value read, then the events, then the number that follows. */
const EVENTS = 8;
const NEXT = 64;
/** How many numbers there is room for at first. */
const FIRST_ROOM = 64;

/** The line's number after a packed step. */
export function nextOf(step: number): number {
  return step >> 6;
}

/** What a packed step observes: bits of {@link EVENT}. */
export function eventsOf(step: number): number {
  return step >> 3 & 7;
}

/** Index into {@link VALUES} of what a packed step reads, 0 for nothing. */
export function valueOf(step: number): number {
  return step & 7;
}

/** One line of a problem: what can become of it. */
export interface LineOfProblem {
  /** The line as it is first. */
  readonly initial: LineState;
  /** What can happen to it, as the stages number it. */
  readonly operations: readonly Operation[];
  /** When; the first stage is the one it begins in. */
  readonly stages: readonly Stage[];
  /** Its index in a stage. */
  readonly index: number;
  /** What the problem asks for. */
  readonly remember: LineMemories;
}

/** What is known of lines in one environment. */
interface KnownLines {
  readonly automaton: LineAutomaton;
  readonly tables: Map<string, LineTable>;
}

const known = new WeakMap<RuleTable, Map<string, KnownLines>>();
/** More than the verdict table needs in one environment; the oldest goes first. */
const MOST_TABLES = 64;

function knownLines(environment: LineAutomatonOptions): KnownLines {
  const { mode, partialWriteToOwnedLine, rules = RULES } = environment;
  const byName = known.get(rules) ?? new Map<string, KnownLines>();
  known.set(rules, byName);
  const name = `${mode} ${partialWriteToOwnedLine}`;
  const lines = byName.get(name) ??
    { automaton: new LineAutomaton(environment), tables: new Map() };
  byName.set(name, lines);
  return lines;
}

/** The one line automaton of mode, platform behaviour and rules: no problem steps again. */
export function lineAutomaton(environment: LineAutomatonOptions): LineAutomaton {
  return knownLines(environment).automaton;
}

/** The table of a line, which problems that do the same to it share. */
export function lineTable(environment: LineAutomatonOptions, line: LineOfProblem): LineTable {
  const { automaton, tables } = knownLines(environment);
  const { initial, operations, stages, index, remember } = line;
  const name = [
    automaton.intern(initial),
    operations.map((operation) => automaton.operation(operation)),
    stages.map((stage) => Object.values(stage[index]!).join(">")).join(";"),
    remember.lost,
    remember.retired,
  ].join(" ");
  let table = tables.get(name);
  if (table === undefined) {
    table = new LineTable(automaton, line);
    if (tables.size === MOST_TABLES) tables.delete(tables.keys().next().value!);
    tables.set(name, table);
  }
  return table;
}

/**
 * All that one line of a problem can become, numbered from 0, the line as it is first.
 *
 * A walk over the core's line automaton, stage by stage, whatever the other lines and the program
 * counters are. Its numbers are digits of the system's states, so how many there are must be known
 * before the first state is.
 */
export class LineTable {
  readonly #automaton: LineAutomaton;
  readonly #remember: LineMemories;
  readonly #operations: readonly Operation[];
  /** The automaton's number of each operation. */
  readonly #ids: readonly number[];
  /** For each number the automaton's state and the flags. */
  readonly #lines: number[] = [];
  readonly #numbers = new Map<number, number>();
  /** For each number and operation the number that follows, events and value; -1 if never met. */
  #steps: Int32Array;

  constructor(automaton: LineAutomaton, line: LineOfProblem) {
    const { initial, operations, stages, index, remember } = line;
    this.#automaton = automaton;
    this.#remember = remember;
    this.#operations = operations;
    this.#ids = operations.map((operation) => automaton.operation(operation));
    this.#steps = new Int32Array(FIRST_ROOM * operations.length).fill(-1);
    const seen: boolean[][] = stages.map(() => []);
    const numbers: number[] = [];
    const stageOf: number[] = [];
    const visit = (number: number, stage: number) => {
      if (seen[stage]![number]) return;
      seen[stage]![number] = true;
      numbers.push(number);
      stageOf.push(stage);
    };
    visit(this.#number(automaton.intern(initial) * FLAGS), 0);
    for (let i = 0; i < numbers.length; i++) {
      const number = numbers[i]!;
      const { operations, after, next } = stages[stageOf[i]!]![index]!;
      for (let j = 0; j < operations.length; j++) {
        const operation = operations[j]!;
        if (this.step(number, operation) < 0) this.#addStep(number, operation);
        visit(nextOf(this.step(number, operation)), after[j]!);
      }
      for (const stage of next) visit(number, stage);
    }
  }

  /** How many there are. */
  get size(): number {
    return this.#lines.length;
  }

  /** What a number stands for. */
  line(number: number): WatchedLine {
    const line = this.#lines[number]!;
    return {
      state: this.#automaton.state(Math.floor(line / FLAGS)),
      hostWrote: (line & HOST_WROTE) !== 0,
      lost: (line & LOST) !== 0,
      retired: (line & RETIRED) !== 0,
    };
  }

  /** The step behind an operation, with the rules that fire. */
  transition(number: number, operation: number): Transition {
    const state = Math.floor(this.#lines[number]! / FLAGS);
    return this.#automaton.step(state, this.#ids[operation]!);
  }

  /** What an operation does, packed: {@link nextOf}, {@link eventsOf} and {@link valueOf} read it. */
  step(number: number, operation: number): number {
    return this.#steps[number * this.#operations.length + operation]!;
  }

  /** Takes a step for the first time. */
  #addStep(number: number, operation: number): void {
    const line = this.#lines[number]!;
    const at = number * this.#operations.length + operation;
    if ((line & RETIRED) !== 0) {
      this.#steps[at] = number * NEXT;
      return;
    }
    const done = this.#operations[operation]!;
    const transition = this.transition(number, operation);
    const flags = this.#flags(line & (FLAGS - 1), done, transition);
    const next = this.#number(transition.next * FLAGS + flags);
    const value = transition.data === null ? 0 : VALUES.indexOf(transition.data);
    this.#steps[at] = next * NEXT + observed(done.by, transition) * EVENTS + value;
  }

  #number(line: number): number {
    let number = this.#numbers.get(line);
    if (number === undefined) {
      this.#numbers.set(line, number = this.#lines.length);
      this.#lines.push(line);
      const room = this.#operations.length * this.#lines.length;
      if (room > this.#steps.length) this.#grow();
    }
    return number;
  }

  #grow(): void {
    const steps = new Int32Array(this.#steps.length * 2).fill(-1);
    steps.set(this.#steps);
    this.#steps = steps;
  }

  #flags(before: number, operation: Operation, transition: Transition): number {
    let flags = before;
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
    return isRetired(this.#remember.retired, operation, transition) ? flags | RETIRED : flags;
  }
}

function isRetired(by: Retires, operation: Operation, { machineCheck }: Transition): boolean {
  return by === "logged"
    ? operation.kind === "poison"
    : by === "consumed" && operation.by === "td" && machineCheck;
}

function observed(by: Agent, { machineCheck, data }: Transition): number {
  const secret = data === "secret" && (by === "host" || by === "device") ? EVENT.secretRead : 0;
  if (!machineCheck) return secret;
  return secret | (by === "host" ? EVENT.hostMachineCheck : EVENT.tdMachineCheck);
}

/** Whether the write left the host's own data where its next read will look. */
function holdsHostData({ memory, copies }: LineState, { key }: Operation): boolean {
  const copy = copies.find(({ keyId }) => keyId === key.keyId);
  return (copy === undefined ? memory.data : copy.data) === "host";
}
