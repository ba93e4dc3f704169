import type { Data } from "@tdx/core";
import type { Problem } from "./problem.ts";
import type { Valuation, Watch } from "./system.ts";

/** What a proposition says of one thing in a final state. */
export type Atom =
  /** The host took a machine check. */
  | { readonly kind: "mc" }
  /** A TD consumed poison. */
  | { readonly kind: "td-mc" }
  /** The page of the line was retired. */
  | { readonly kind: "retired"; readonly line: number }
  /** The line is poisoned in memory. */
  | { readonly kind: "poison"; readonly line: number }
  /** The host read something else than what it had written to the line. */
  | { readonly kind: "lost"; readonly line: number }
  /** A register holds a value. */
  | { readonly kind: "register"; readonly register: number; readonly value: Data | "poison" };

/** A statement about a final state. */
export type Proposition =
  | Atom
  | { readonly kind: "not"; readonly of: Proposition }
  | { readonly kind: "and" | "or"; readonly of: readonly Proposition[] };

/** What each part of a proposition comes to, given what its own parts came to. */
export interface PropositionFold<T> {
  /** What an atom comes to. */
  atom(atom: Atom): T;
  /** What the opposite of something comes to. */
  not(of: T): T;
  /** What all of some parts come to. */
  and(of: readonly T[]): T;
  /** What any of some parts comes to. */
  or(of: readonly T[]): T;
}

/**
 * Works a proposition out from its atoms up; whatever is asked of one is asked by this walk.
 *
 * @param proposition The proposition.
 * @param fold What atoms, `not`, `and` and `or` come to.
 * @returns What the whole comes to.
 *
 * @example
 * ```ts
 * import { foldProposition } from "@tdx/litmus";
 * import { assertEquals } from "@std/assert";
 *
 * const text = foldProposition<string>({ kind: "not", of: { kind: "mc" } }, {
 *   atom: ({ kind }) => kind,
 *   not: (of) => `~${of}`,
 *   and: (of) => of.join(" /\\ "),
 *   or: (of) => of.join(" \\/ "),
 * });
 * assertEquals(text, "~mc");
 * ```
 */
export function foldProposition<T>(proposition: Proposition, fold: PropositionFold<T>): T {
  switch (proposition.kind) {
    case "not":
      return fold.not(foldProposition(proposition.of, fold));
    case "and":
    case "or":
      return fold[proposition.kind](proposition.of.map((part) => foldProposition(part, fold)));
    default:
      return fold.atom(proposition);
  }
}

/** How often a proposition holds among the final states, as in herd7. */
export type Observation = "Never" | "Sometimes" | "Always";

/** All observations. */
export const OBSERVATIONS: readonly Observation[] = ["Never", "Sometimes", "Always"];

/**
 * Makes the test of states for a proposition.
 *
 * @param proposition The proposition.
 * @returns Whether it holds in a state.
 *
 * @example
 * ```ts
 * import { closureProblem, System, testOf } from "@tdx/litmus";
 * import { spr } from "@tdx/platform-spr";
 * import { assert } from "@std/assert";
 *
 * const question = { platform: spr, mode: "Li", hostKeys: "keyid0", policy: "never" } as const;
 * const { problem, machine } = closureProblem({ ...question, poison: "none" });
 * const system = new System(problem, machine);
 * const holds = testOf({ kind: "not", of: { kind: "mc" } });
 * assert(holds(system.valuation(system.initial)));
 * ```
 */
export function testOf(proposition: Proposition): (state: Valuation) => boolean {
  return foldProposition<(state: Valuation) => boolean>(proposition, {
    atom: (atom) => (state) =>
      valueOf(atom, state) === (atom.kind === "register" ? atom.value : true),
    not: (of) => (state) => !of(state),
    and: (of) => (state) => of.every((part) => part(state)),
    or: (of) => (state) => of.some((part) => part(state)),
  });
}

/**
 * What a system must remember for a proposition.
 *
 * @param proposition The proposition.
 * @returns What the third argument of `System` must be.
 *
 * @example
 * ```ts
 * import { watchFor } from "@tdx/litmus";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(watchFor({ kind: "mc" }), { lost: false });
 * assertEquals(watchFor({ kind: "not", of: { kind: "lost", line: 0 } }), { lost: true });
 * ```
 */
export function watchFor(proposition: Proposition): Watch {
  return { lost: atomsOf(proposition).some(({ kind }) => kind === "lost") };
}

/**
 * Names what a proposition speaks of as it is in a state: `mc=1; host:r0=zeros;`.
 *
 * @param atoms The proposition's atoms.
 * @param state The state.
 * @param problem Whose lines and registers are named.
 */
export function outcomeOf(atoms: readonly Atom[], state: Valuation, problem: Problem): string {
  const values = new Map<string, string>();
  for (const atom of atoms) {
    const value = valueOf(atom, state);
    const shown = typeof value === "boolean" ? String(Number(value)) : value ?? "-";
    values.set(nameOf(atom, problem), shown);
  }
  return [...values].map(([name, value]) => `${name}=${value};`).join(" ");
}

/** The atoms of a proposition, from left to right. */
export function atomsOf(proposition: Proposition): readonly Atom[] {
  return foldProposition<readonly Atom[]>(proposition, {
    atom: (atom) => [atom],
    not: (of) => of,
    and: (of) => of.flat(),
    or: (of) => of.flat(),
  });
}

function nameOf(atom: Atom, { lines, registers }: Problem): string {
  if (atom.kind === "register") return registers[atom.register]!;
  return "line" in atom ? `${atom.kind} ${lines[atom.line]!.name}` : atom.kind;
}

/** Whether what an atom names is so, or what its register holds. */
function valueOf(atom: Atom, state: Valuation): boolean | Valuation["registers"][number] {
  switch (atom.kind) {
    case "mc":
      return state.hostMachineCheck;
    case "td-mc":
      return state.tdMachineCheck;
    case "retired":
      return state.lines[atom.line]!.retired;
    case "lost":
      return state.lines[atom.line]!.lost;
    case "poison":
      return state.lines[atom.line]!.state.memory.poison !== null;
    case "register":
      return state.registers[atom.register];
  }
}
