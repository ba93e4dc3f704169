import type { LineMemory } from "@tdx/core";
import { comment, constant, keyConstant } from "./_promela_codes.ts";
import { contentState, type KeyName, KEYS, type Problem, type Retires } from "../model/problem.ts";
import type { CompiledMachine } from "../model/machine.ts";

/** The keys under which a line can be cached and evicted. */
export function keysInPlay(problem: Problem, line: number, clear: boolean): KeyName[] {
  const steps = problem.threads.flatMap(({ steps }) => steps);
  const keys = new Set<KeyName>(problem.speculation);
  for (const step of steps) {
    if (step.line === line && (step.operation !== "clear" || clear)) keys.add(step.key);
  }
  // A copy of the first TD is evicted with the second one's key once that has the KeyID.
  if (keys.has("td") && steps.some(({ key }) => key === "td2")) keys.add("td2");
  return [...keys];
}

/** What is remembered about lines besides their own fields. */
export interface PromelaMemory {
  /** Whether the host's data, and its loss. */
  readonly lost: boolean;
  /** That a page was retired, and by what. */
  readonly retired: Retires;
}

/**
 * The lines as variables: memory, one copy for each KeyID in play, what is remembered; and for each
 * KeyID, how its copy is taken in hand and put back.
 *
 * @param problem The problem.
 * @param machine The machine.
 * @param keys How many keys there are.
 * @param memory What is remembered.
 */
export function promelaLines(
  problem: Problem,
  machine: CompiledMachine,
  keys: number,
  memory: PromelaMemory,
): string {
  const cached = new Set<number>();
  const lines = problem.lines.map(({ name, content }, i) => {
    const { memory: first } = contentState(content, machine.mode === "Ci");
    const keyIds = [
      ...new Set(keysInPlay(problem, i, machine.clear).map((name) => KEYS[name].keyId)),
    ];
    keyIds.forEach((keyId) => cached.add(keyId));
    const more = `${memory.lost ? "  bit host_wrote;\n  bit lost;\n" : ""}${
      memory.retired ? "  bit retired;\n" : ""
    }`;
    return `${comment(`Line ${name}`)}\n${lineType(i, keys, content.key, first, keyIds, more)}`;
  });
  return `${lines.join("\n\n")}\n\n${[...cached].map(copyInlines).join("\n\n")}\n`;
}

/** A line: its memory with what it holds first, nothing cached, and what else is remembered of it. */
export function lineType(
  line: number,
  keys: number,
  key: KeyName,
  { data, owner, macMatches }: LineMemory,
  keyIds: readonly number[],
  more = "",
): string {
  return `typedef Line_${line} {
  unsigned key : ${Math.ceil(Math.log2(keys + 1))} = ${keyConstant(key)};
  unsigned data : 3 = ${constant(data ?? "none")};
  bit owner = ${owner};
  bit mac = ${Number(macMatches)};
  unsigned poison : 3;
${keyIds.map(copyFields).join("")}${more}};
Line_${line} l${line};`;
}

/** What a step works with: see the text. */
export const PROMELA_IN_HAND = `
/* In hand during a step: the copy, what was read, what is written. Every step ends by clearing
   them, so that they tell no states apart; SPIN's parallel searches know no hidden variables. */
unsigned c_present : 1, c_data : 3, c_dirty : 1, c_poison : 3;
unsigned r_data : 3, r_poison : 3, w_under : 3, w_data : 3, w_poison : 3;
unsigned value : 3, consumed : 1;
inline forget() {
  c_present = 0; c_data = 0; c_dirty = 0; c_poison = NONE;
  r_data = 0; r_poison = NONE; w_under = 0; w_data = 0; w_poison = NONE;
  value = 0; consumed = 0
}
`;

function copyFields(keyId: number): string {
  return `  bit present_${keyId};
  unsigned data_${keyId} : 3;
  bit dirty_${keyId};
  unsigned poison_${keyId} : 3;
`;
}

/** How the copy under a KeyID is taken in hand, and put back. */
export function copyInlines(keyId: number): string {
  const fields = ["present", "data", "dirty", "poison"];
  const take = fields.map((field) => `c_${field} = l.${field}_${keyId}`);
  const put = fields.map((field) => `l.${field}_${keyId} = c_${field}`);
  return `inline take_${keyId}(l) {\n  ${take.join(";\n  ")}\n}
inline put_${keyId}(l) {\n  ${put.join(";\n  ")}\n}`;
}
