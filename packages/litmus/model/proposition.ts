import { requireFormula } from "../litmus_arguments.ts";
import type { Formula } from "../scenario/scenario.ts";
import type { Problem } from "./problem.ts";
import type { Valuation, Watch } from "./system.ts";

/**
 * Whether a statement holds in a state.
 *
 * @param formula The statement.
 * @param state The state.
 */
export function holds(formula: Formula, state: Valuation): boolean {
  switch (formula.kind) {
    case "not":
      return !holds(formula.of, state);
    case "and":
      return formula.of.every((part) => holds(part, state));
    case "or":
      return formula.of.some((part) => holds(part, state));
    case "register":
      return state.registers[formula.register] === formula.value;
    default:
      return flag(formula, state);
  }
}

/**
 * Names what a statement speaks of as it is in a state: `mc=1; host:r0=zeros;`.
 *
 * @param formula The statement.
 * @param state The state.
 * @param problem Whose lines and registers are named.
 */
export function outcome(formula: Formula, state: Valuation, problem: Problem): string {
  const values = new Map<string, string>();
  for (const atom of atoms(formula)) {
    if (atom.kind === "register") {
      values.set(problem.registers[atom.register]!, state.registers[atom.register] ?? "-");
    } else {
      const name = "line" in atom ? `${atom.kind} ${problem.lines[atom.line]!.name}` : atom.kind;
      values.set(name, flag(atom, state) ? "1" : "0");
    }
  }
  return [...values].map(([name, value]) => `${name}=${value};`).join(" ");
}

/** Whether a statement speaks of a kind of thing. */
function mentions(formula: Formula, kind: Formula["kind"]): boolean {
  return atoms(formula).some((atom) => atom.kind === kind);
}

type Atom = Exclude<Formula, { readonly of: unknown }>;
type Flag = Exclude<Atom, { readonly kind: "register" }>;

function atoms(formula: Formula): Atom[] {
  return "of" in formula ? [formula.of].flat().flatMap(atoms) : [formula];
}

function flag(atom: Flag, state: Valuation): boolean {
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
  }
}

/**
 * What a system must remember for a statement.
 *
 * @param formula The statement.
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
export function watchFor(formula: Formula): Watch {
  requireFormula("formula", formula);
  return { lost: mentions(formula, "lost") };
}
