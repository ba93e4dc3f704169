import { outOfRange, requireOneOf, requireOptions } from "../arguments.ts";
import { deepFreeze } from "../_deep_freeze.ts";
import type { Key } from "../key.ts";
import type { LineState } from "./line_state.ts";
import { type LineOutcome, stepLine } from "./line_step.ts";
import {
  AGENTS,
  DATA,
  type Data,
  type Operation,
  OPERATION_KINDS,
  type Poison,
  POISONS,
} from "./operation.ts";
import { PARTIAL_WRITES, type PartialWrite } from "../platform.ts";
import { type LineEnvironment, type Mode, MODES, RULES, type RuleTable } from "./rules.ts";

/** A remembered step: the outcome, and the id of the state that follows. */
export interface Transition extends LineOutcome {
  /** Id of the state afterwards. */
  readonly next: number;
}

/** What a {@link LineAutomaton} is built for. */
export interface LineAutomatonOptions {
  /** Integrity mode of the machine; default `Ci`. */
  readonly mode?: Mode;
  /** What a partial write does to a TD-owned line on the platform. */
  readonly partialWriteToOwnedLine: PartialWrite;
  /** The rules; default {@link RULES}. Another table answers "what if this rule were different?". */
  readonly rules?: RuleTable;
}

const OPTIONS: readonly (keyof LineAutomatonOptions)[] = [
  "mode",
  "partialWriteToOwnedLine",
  "rules",
];

/** One past the largest number of a part: a key or a KeyID below 2^20, its content, two bits. */
const PARTS = 2 ** 28;

/**
 * A 64-byte line as an automaton: states are small integers, transitions are computed once by the
 * rules and remembered.
 *
 * @example
 * ```ts
 * import { KeyIdSpace, LineAutomaton } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
 * const [host, td] = [keyIds.key(0), keyIds.key(33)];
 * const line = new LineAutomaton({ partialWriteToOwnedLine: "poison" });
 *
 * const fresh = line.intern(LineAutomaton.fresh(host));
 * const owned = line.step(fresh, line.operation({ kind: "movdir64b", by: "module", key: td }));
 * const hit = line.step(owned.next, line.operation({ kind: "partial-write", by: "host", key: host }));
 * const load = line.step(hit.next, line.operation({ kind: "load", by: "host", key: host }));
 * assertEquals([hit.rules, load.machineCheck], [["W5"], true]);
 * ```
 */
export class LineAutomaton {
  /** Mode, platform behaviour and rules that the transitions follow. */
  readonly environment: LineEnvironment;
  readonly #states: LineState[] = [];
  /** Ids of states, found from part to part: a number for all parts so far and the next one. */
  readonly #parts = new Map<number, number>();
  readonly #stateIds: number[] = [];
  readonly #keys = new Map<string, number>();
  readonly #keyByObject = new WeakMap<Key, number>();
  readonly #operations: Operation[] = [];
  readonly #operationIds = new Map<string, number>();
  readonly #operationByObject = new WeakMap<Operation, number>();
  /** Transitions by operation id, then by state id. */
  readonly #transitions: (Transition | undefined)[][] = [];

  /**
   * Makes an automaton that has seen no state yet.
   *
   * @param options Mode, platform behaviour and, to ask "what if", other rules.
   * @throws {TypeError} If an option is not known.
   * @throws {RangeError} If mode or platform behaviour is not among the known ones.
   */
  constructor(options: LineAutomatonOptions) {
    requireOptions("options", options, OPTIONS);
    const { mode = "Ci", partialWriteToOwnedLine, rules = RULES } = options;
    requireOneOf("mode", mode, MODES);
    requireOneOf("partialWriteToOwnedLine", partialWriteToOwnedLine, PARTIAL_WRITES);
    this.environment = { mode, partialWriteToOwnedLine, rules };
  }

  /**
   * The state of a line the host has zeroed: no TD owner, no poison, nothing cached.
   *
   * @param key The key it was written with.
   * @returns The state.
   */
  static fresh(key: Key): LineState {
    return {
      memory: { key, data: "zeros", owner: 0, macMatches: false, poison: null },
      copies: [],
    };
  }

  /** How many states have been seen so far. */
  get stateCount(): number {
    return this.#states.length;
  }

  /**
   * Gives a state its number.
   *
   * @param state The state; frozen from now on.
   * @returns Its id; the same for equal states.
   */
  intern(state: LineState): number {
    const { memory, copies } = state;
    const { key, data, owner, macMatches, poison } = memory;
    const ofKey = key === null ? 0 : this.#keyNumber(key);
    let part = this.#part(
      0,
      ofKey * 256 + contentNumber(data, poison) * 4 + owner * 2 + Number(macMatches),
    );
    for (const { keyId, data, dirty, poison } of copies) {
      part = this.#part(part, keyId * 256 + contentNumber(data, poison) * 4 + Number(dirty));
    }
    let id = this.#stateIds[part];
    if (id === undefined) {
      id = this.#states.push(deepFreeze(state)) - 1;
      this.#stateIds[part] = id;
    }
    return id;
  }

  /** A number for some parts and the next one: the same for the same parts. */
  #part(before: number, next: number): number {
    const name = before * PARTS + next;
    let part = this.#parts.get(name);
    if (part === undefined) this.#parts.set(name, part = this.#parts.size + 1);
    return part;
  }

  #keyNumber(key: Key): number {
    let number = this.#keyByObject.get(key);
    if (number === undefined) {
      const label = keyLabel(key);
      number = this.#keys.get(label) ?? this.#keys.size + 1;
      this.#keys.set(label, number);
      this.#keyByObject.set(key, number);
    }
    return number;
  }

  /**
   * The state behind a number.
   *
   * @param id An id that {@link intern} or {@link step} gave.
   * @returns The state, frozen.
   * @throws {RangeError} If the id was never given.
   */
  state(id: number): LineState {
    return this.#states[id] ?? unknown("state", id);
  }

  /**
   * The newest key with a KeyID that an operation went through.
   *
   * @param keyId The KeyID.
   * @returns The key; `undefined` where no operation had one.
   */
  newestKey(keyId: number): Key | undefined {
    return this.#operations.findLast(({ key }) => key.keyId === keyId)?.key;
  }

  /**
   * Gives an operation its number.
   *
   * @param operation The operation.
   * @returns Its id; the same for equal operations.
   * @throws {RangeError} If kind, agent or data is not among the known ones.
   */
  operation(operation: Operation): number {
    const known = this.#operationByObject.get(operation);
    if (known !== undefined) return known;
    const { kind, by, key, data = "zeros" } = operation;
    requireOneOf("operation.kind", kind, OPERATION_KINDS);
    requireOneOf("operation.by", by, AGENTS);
    requireOneOf("operation.data", data, DATA);
    const name = `${kind} ${by} ${keyLabel(key)} ${data}`;
    let id = this.#operationIds.get(name);
    if (id === undefined) {
      id = this.#operations.length;
      this.#operations.push(operation);
      this.#operationIds.set(name, id);
      this.#transitions.push([]);
    }
    this.#operationByObject.set(operation, id);
    return id;
  }

  /**
   * Takes one step.
   *
   * @param state A state id.
   * @param operation An operation id from {@link operation}.
   * @returns The transition, remembered for the next time.
   * @throws {RangeError} If an id was never given or no rule covers the operation.
   */
  step(state: number, operation: number): Transition {
    const row = this.#transitions[operation] ?? unknown("operation", operation);
    return row[state] ??= this.#compute(state, operation);
  }

  #compute(state: number, operation: number): Transition {
    const before = this.state(state);
    const { state: after, outcome } = stepLine(
      before,
      this.#operations[operation]!,
      this.environment,
    );
    Object.freeze(outcome.rules);
    const next = after === before ? state : this.intern(after);
    return Object.freeze({ ...outcome, next });
  }
}

function keyLabel(key: Key): string {
  return `${key.access} ${key.keyId}.${key.generation}${key.integrity ? "i" : ""}`;
}

/** The content of memory or of a copy as a number below 64. */
function contentNumber(data: Data | null, poison: Poison | null): number {
  return (DATA.indexOf(data!) + 1) * 8 + POISONS.indexOf(poison!) + 1;
}

function unknown(what: string, id: number): never {
  throw outOfRange(what, `the id of a known ${what}`, id);
}
