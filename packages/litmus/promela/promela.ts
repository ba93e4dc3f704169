import { requireOptions } from "@tdx/core/arguments";
import { RULES } from "@tdx/core";
import { VALUES } from "../model/_line_table.ts";
import { type Problem, retiresOf } from "../model/problem.ts";
import { comment, keysOf, promelaCodes } from "./_promela_codes.ts";
import { PROMELA_IN_HAND, promelaLines, type PromelaMemory } from "./_promela_lines.ts";
import { PROMELA_OPERATIONS } from "./_promela_operations.ts";
import { promelaRules } from "./_promela_rules.ts";
import { promelaCounters, promelaEnded, promelaSteps } from "./_promela_threads.ts";
import { type Atom, foldProposition, type Proposition } from "../model/proposition.ts";
import { compileMachine, type Machine } from "../model/machine.ts";
import type { Watch } from "../model/system.ts";

/** What a Promela model asks and remembers. */
export interface PromelaOptions {
  /** What to remember about the lines; default nothing. */
  readonly watch?: Watch;
  /** What to look for in final states; default a host machine check. */
  readonly proposition?: Proposition;
}

const OPTIONS: readonly (keyof PromelaOptions)[] = ["watch", "proposition"];

/**
 * Writes a problem as a Promela model, for SPIN to explore without any of our own machinery.
 *
 * The lines are fields, every row of the rule table is a guard with assignments, and what can happen
 * next is an option of one loop, a deterministic step each. So SPIN's "states, stored" is the number
 * of distinct states (by `spin -a -o2`: without it SPIN leaves out what is only written, as a
 * register that nothing asks for), and with `pan -c0` (go on after an error) its "errors" is the
 * number of final states in which the statement holds. Coming to a stop is no error.
 *
 * @param problem The problem.
 * @param on The machine.
 * @param options What to look for and what to remember.
 * @returns The model's text.
 * @throws {TypeError} If an option, or a field of the machine, is not known.
 *
 * @example
 * ```ts
 * import { closureProblem, toPromela } from "@tdx/litmus";
 * import { spr } from "@tdx/platform-spr";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const { problem, machine } = closureProblem({
 *   platform: spr,
 *   mode: "Ci",
 *   hostKeys: "keyid0",
 *   policy: "never",
 *   poison: "none",
 * });
 * const model = toPromela(problem, machine);
 * assertStringIncludes(model, "MODE == CI && !IS_PRIVATE(k) && !HAS_INTEGRITY(k) && l.owner == 1");
 * ```
 */
export function toPromela(
  problem: Problem,
  on: Machine,
  options: PromelaOptions = {},
): string {
  const machine = compileMachine(on);
  requireOptions("options", options, OPTIONS);
  const { watch = { lost: false }, proposition = { kind: "mc" } } = options;
  const memory = { lost: watch.lost, retired: retiresOf(problem) };
  const keys = keysOf(problem);
  const wanted = `(host_mc || (${promelaEnded(problem)})) && ${expression(proposition, memory)}`;
  return `${comment(problem.name)}
/* Run with: spin -a -o2 FILE; gcc -O2 -o pan pan.c; ./pan -c0 -m1000000
   "states, stored" is the number of distinct states, "errors" that of the final ones asked for. */
${promelaCodes(machine, keys)}

${promelaLines(problem, machine, keys.length, memory)}
${promelaCounters(problem)}
bit host_mc;
bit td_mc;
bit secret_read;
${PROMELA_IN_HAND}${promelaRules(machine.rules ?? RULES)}${PROMELA_OPERATIONS}
active proctype system() {
end:
  do
${promelaSteps(problem, machine.clear, memory).join("\n")}
  /* What is asked: an error for each final state in which it holds. */
  :: d_step { ${wanted} -> assert(false) }
  od
}
`;
}

function expression(proposition: Proposition, memory: PromelaMemory): string {
  const joined = (sign: string, empty: string) => (of: readonly string[]) =>
    `(${of.map((part) => `(${part})`).join(sign) || empty})`;
  return foldProposition(proposition, {
    atom: (atom) => atomExpression(atom, memory),
    not: (of) => `!(${of})`,
    and: joined(" && ", "true"),
    or: joined(" || ", "false"),
  });
}

function atomExpression(atom: Atom, memory: PromelaMemory): string {
  switch (atom.kind) {
    case "mc":
      return "host_mc";
    case "td-mc":
      return "td_mc";
    case "retired":
      return memory.retired ? `l${atom.line}.retired` : "false";
    case "lost":
      return memory.lost ? `l${atom.line}.lost` : "false";
    case "poison":
      return `l${atom.line}.poison != NONE`;
    case "register":
      return `reg_${atom.register} == ${VALUES.indexOf(atom.value)}`;
  }
}
