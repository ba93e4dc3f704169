import { outOfRange, requireOneOf, requireOptions } from "../arguments.ts";
import { deepFreeze } from "../_deep_freeze.ts";
import type { Key } from "../key.ts";
import type { LineState } from "./line_state.ts";
import { type LineEnvironment, type LineOutcome, stepLine } from "./line_step.ts";
import { AGENTS, DATA, type Operation, OPERATION_KINDS } from "./operation.ts";
import { PARTIAL_WRITES, type PartialWrite } from "../platform.ts";
import { type Mode, MODES, RULES, type RuleTable } from "./rules.ts";

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
  readonly #stateIds = new Map<string, number>();
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
    const name = stateName(state);
    let id = this.#stateIds.get(name);
    if (id === undefined) {
      id = this.#states.length;
      this.#states.push(deepFreeze(state));
      this.#stateIds.set(name, id);
    }
    return id;
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
    const { state: after, outcome } = stepLine(
      this.state(state),
      this.#operations[operation]!,
      this.environment,
    );
    return deepFreeze({ ...outcome, next: this.intern(after) });
  }
}

function keyLabel(key: Key): string {
  return `${key.access} ${key.keyId}.${key.generation}${key.integrity ? "i" : ""}`;
}

function stateName({ memory, copies }: LineState): string {
  const { key, data, owner, macMatches, poison } = memory;
  const cached = copies.map((copy) => `${copy.keyId}:${copy.data}:${copy.dirty}:${copy.poison}`);
  return [key === null ? "" : keyLabel(key), data, owner, macMatches, poison, ...cached].join(" ");
}

function unknown(what: string, id: number): never {
  throw outOfRange(what, `the id of a known ${what}`, id);
}
