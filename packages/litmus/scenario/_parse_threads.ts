import { type Agent, AGENTS } from "@tdx/core";
import type { HostKeys } from "@tdx/reclaim";
import type { Token } from "./_lexer.ts";
import { type ParsedStep, parseStep } from "./_parse_step.ts";
import { SETTINGS } from "./_parse_settings.ts";
import type { Problem, Thread } from "../model/problem.ts";
import { AGENT_OF_NAME } from "./scenario_words.ts";
import type { TokenReader } from "./_token_reader.ts";

const MAX_THREADS = 8;
const MAX_STEPS = 64;

/** A column of the table of threads. */
interface Column {
  readonly token: Token;
  readonly name: string;
  readonly agent: Agent;
  readonly after: readonly Token[];
  readonly any: boolean;
  readonly steps: ParsedStep[];
}

/** Reads the table of threads: a header row, then rows of steps up to the condition. */
export function parseThreads(
  reader: TokenReader,
  lines: readonly string[],
  hostKeys: HostKeys,
): Pick<Problem, "threads" | "registers"> {
  const columns = parseHeader(reader);
  const after = threadOrder(reader, columns);
  let steps = 0;
  while (!reader.at("exists") && !reader.at("~") && !reader.at("forall")) {
    columns.forEach((column, i) => {
      if (!reader.at("|") && !reader.at(";")) {
        if (++steps > MAX_STEPS) reader.error(`Expected at most ${MAX_STEPS} steps, got one more`);
        const instead = i === 0 ? ", or exists, ~exists or forall" : "";
        addStep(reader, column, parseStep(reader, { ...column, lines, hostKeys }, instead));
      }
      const next = columns[i + 1];
      if (next === undefined) reader.expect(";", "; at the end of the row");
      else reader.expect("|", `| and the column of thread ${next.name}`);
    });
  }
  for (const { token, name, steps } of columns) {
    if (steps.length === 0) reader.error(`Expected steps in thread ${name}, got none`, token);
  }
  return numberRegisters(columns, after);
}

function parseHeader(reader: TokenReader): Column[] {
  const columns: Column[] = [];
  do {
    const column = parseColumn(
      reader,
      columns.length === 0 ? `a setting (${SETTINGS.join(", ")}) or ` : "",
    );
    if (columns.some(({ name }) => name === column.name)) {
      reader.error(`Expected a new thread name, got ${column.name} again`, column.token);
    }
    if (columns.push(column) > MAX_THREADS) {
      reader.error(`Expected at most ${MAX_THREADS} threads, got one more`, column.token);
    }
  } while (reader.skip("|"));
  const { after, any } = columns.at(-1)!;
  const more = any ? "" : after.length > 0 ? "a comma, any, " : "after, any, ";
  reader.expect(";", `${more}| or ;`);
  return columns;
}

function parseColumn(reader: TokenReader, instead: string): Column {
  const token = reader.name(`${instead}the name of a thread`);
  const name = token.text;
  const agent = reader.skip(":") ? reader.oneOf("an agent", AGENTS) : AGENT_OF_NAME.get(name);
  if (agent === undefined) {
    const names = [...AGENT_OF_NAME.keys()].join(", ");
    reader.fail(`${instead}a thread with its agent, ${name}: AGENT, or named ${names}`, token);
  }
  const after: Token[] = [];
  if (reader.skip("after")) {
    do after.push(reader.name("the name of a thread")); while (reader.skip(","));
  }
  return { token, name, agent, after, any: reader.skip("any"), steps: [] };
}

function addStep(reader: TokenReader, { steps, name }: Column, parsed: ParsedStep): void {
  const { register } = parsed;
  if (register !== undefined && steps.some((other) => other.register?.text === register.text)) {
    reader.error(`Expected a new register of thread ${name}, got ${register.text} again`, register);
  }
  steps.push(parsed);
}

/** Finds the indexes behind each `after`; refuses names that are no thread's, and cycles. */
function threadOrder(reader: TokenReader, threads: readonly Column[]): number[][] {
  const names = threads.map(({ name }) => name);
  const order = threads.map(({ after }) => {
    const indexes: number[] = [];
    for (const token of after) {
      const index = names.indexOf(token.text);
      if (index < 0) reader.fail(`a thread (${names.join(", ")})`, token);
      if (indexes.includes(index)) {
        reader.error(`Expected ${token.text} once, got it again`, token);
      }
      indexes.push(index);
    }
    return indexes;
  });
  threads.forEach((_, i) => refuseCycle(reader, threads, order, [i]));
  return order;
}

/** Follows every `after` from the last thread of a path; with few threads that is soon done. */
function refuseCycle(
  reader: TokenReader,
  threads: readonly Column[],
  order: readonly (readonly number[])[],
  path: readonly number[],
): void {
  const last = path.at(-1)!;
  order[last]!.forEach((next, i) => {
    if (next === path[0]) {
      const cycle = [...path, next].map((index) => threads[index]!.name).join(" after ");
      reader.error(`Expected threads that can start, got ${cycle}`, threads[last]!.after[i]!);
    }
    if (!path.includes(next)) refuseCycle(reader, threads, order, [...path, next]);
  });
}

function numberRegisters(
  columns: readonly Column[],
  after: readonly (readonly number[])[],
): Pick<Problem, "threads" | "registers"> {
  const registers: string[] = [];
  const threads = columns.map(({ name, agent, any, steps }, i): Thread => ({
    name,
    agent,
    after: after[i]!,
    kind: any ? "any" : "sequence",
    steps: steps.map(({ step, register }) =>
      register === undefined
        ? step
        : { ...step, register: registers.push(`${name}:${register.text}`) - 1 }
    ),
  }));
  return { threads, registers };
}
