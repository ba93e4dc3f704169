import { describeLine } from "@tdx/core";
import type { Exploration } from "./explore.ts";
import type { System } from "./system.ts";

/** Beyond this a drawing helps nobody, and Graphviz does not end. */
const STATE_LIMIT = 5000;

/**
 * Draws the reachable graph for Graphviz: lines and events in the nodes, moves on the edges.
 *
 * @param system The system.
 * @param exploration Its states.
 * @returns A digraph in the DOT language.
 * @throws {RangeError} If there are more than 5000 states.
 *
 * @example
 * ```ts
 * import { closureProblem, explore, System, toDot } from "@tdx/litmus";
 * import { spr } from "@tdx/platform-spr";
 * import { assert, assertStringIncludes } from "@std/assert";
 *
 * const question = { platform: spr, mode: "Li", hostKeys: "keyid0", policy: "never" } as const;
 * const { problem, machine } = closureProblem({ ...question, poison: "none" });
 * const system = new System(problem, machine);
 * const dot = toDot(system, await explore(system));
 * assert(dot.startsWith('digraph "spr Li keyid0 never" {'));
 * assertStringIncludes(dot, "host: partial-write W5");
 * assertStringIncludes(dot, "MACHINE CHECK");
 * ```
 */
export function toDot(system: System, exploration: Exploration): string {
  if (exploration.states > STATE_LIMIT) {
    throw new RangeError(
      `Expected at most ${STATE_LIMIT} states to draw, got ${exploration.states}`,
    );
  }
  const lines = [
    `digraph ${dotString(system.problem.name)} {`,
    "  node [shape=box fontname=monospace];",
  ];
  for (let i = 0; i < exploration.states; i++) {
    const state = exploration.state(i);
    lines.push(`  s${state} [label=${dotString(label(system, state))}${style(system, state)}];`);
    for (const [to, names] of edges(system, state)) {
      lines.push(`  s${state} -> s${to} [label=${dotString(names.join("\n"))}];`);
    }
  }
  return [...lines, "}", ""].join("\n");
}

function label(system: System, state: number): string {
  const { lines, registers, hostMachineCheck } = system.valuation(state);
  return [
    ...lines.map((cell, i) => `${system.problem.lines[i]!.name}: ${describeLine(cell.state)}`),
    ...registers.map((value, i) => `${system.problem.registers[i]}=${value ?? "-"}`),
    ...(hostMachineCheck ? ["MACHINE CHECK"] : []),
  ].join("\n");
}

function style(system: System, state: number): string {
  if (system.valuation(state).hostMachineCheck) return " style=filled fillcolor=tomato";
  return state === system.initial ? " penwidth=3" : "";
}

/** The moves out of a state by where they lead, those that change nothing left out. */
function edges(system: System, state: number): Map<number, string[]> {
  const edges = new Map<number, string[]>();
  for (const { to, thread, operation, rules } of system.moves(state)) {
    if (to === state) continue;
    const name = operation === null
      ? `${thread}: go on`
      : `${thread}: ${operation.kind} ${rules.join(" ")}`;
    edges.set(to, [...edges.get(to) ?? [], name]);
  }
  return edges;
}

function dotString(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}
