import type { Agent, Operation } from "@tdx/core";
import { clearOperation } from "@tdx/reclaim";
import { type KeyName, KEYS, type Problem, type Thread, type ThreadStep } from "./problem.ts";

/** An operation of a line in the compiled problem: its moves, and how a trace names it. */
export interface LineOperation {
  readonly operation: Operation;
  readonly key: KeyName;
}

/** A step of a sequence, compiled: which move table, which register. */
export interface CompiledStep {
  readonly line: number;
  /** Index of the operation in the line's list; -1 where the step does nothing. */
  readonly operation: number;
  readonly register: number;
}

/** What a cache or a speculating processor does by itself. */
export interface SpontaneousMove {
  readonly line: number;
  readonly operation: number;
  readonly thread: string;
  readonly key: KeyName;
}

/** A thread, compiled. */
export interface CompiledThread {
  readonly thread: Thread;
  readonly steps: readonly CompiledStep[];
  /** Position of its program counter among the digits; -1 where it needs none. */
  readonly digit: number;
  /** Counter value at which it has ended. */
  readonly end: number;
}

/** A problem with every operation numbered, line by line. */
export interface CompiledProblem {
  /** What can happen to each line; steps and spontaneous moves name operations by their index. */
  readonly operations: readonly (readonly LineOperation[])[];
  /** The threads. */
  readonly threads: readonly CompiledThread[];
  /** Evictions of every key in play and the host's speculative reads, at any time. */
  readonly spontaneous: readonly SpontaneousMove[];
  /** The threads of the TD that gets the KeyID reprogrammed. */
  readonly reprogrammed: readonly Thread[];
}

/**
 * Numbers the operations of a problem.
 *
 * @param problem The problem.
 * @param clear Whether its `clear` steps clear.
 */
export function compileProblem(problem: Problem, clear: boolean): CompiledProblem {
  const operations: LineOperation[][] = problem.lines.map(() => []);
  const number = (line: number, key: KeyName, operation: Operation) =>
    numberOf(operations[line]!, { key, operation });
  const threads = compileThreads(problem, clear, number);
  const reprogrammed = problem.threads.filter(({ steps }) =>
    steps.some(({ key }) => key === "td2")
  );
  const spontaneous: SpontaneousMove[] = [];
  problem.lines.forEach((_, line) => {
    const add = (key: KeyName, kind: "evict" | "prefetch", by: Agent) => {
      const operation = number(line, key, { kind, by, key: KEYS[key] });
      spontaneous.push({ line, operation, thread: by, key });
    };
    const keys = new Set([...operations[line]!.map(({ key }) => key), ...problem.speculation]);
    // A copy of the first TD is evicted with the second one's key once that has the KeyID.
    if (keys.has("td") && reprogrammed.length > 0) keys.add("td2");
    for (const key of keys) add(key, "evict", "cache");
    for (const key of problem.speculation) add(key, "prefetch", "host");
  });
  return { operations, threads, spontaneous, reprogrammed };
}

/** A KeyID has one key at a time: that of `td` until that of `td2` is there. */
export function happens({ key }: SpontaneousMove, reprogrammed: boolean): boolean {
  return key !== (reprogrammed ? "td" : "td2");
}

type NumberOperation = (line: number, key: KeyName, operation: Operation) => number;

function compileThreads(
  problem: Problem,
  clear: boolean,
  number: NumberOperation,
): CompiledThread[] {
  const waitedFor = new Set(problem.threads.flatMap(({ after }) => after));
  let digit = problem.lines.length;
  return problem.threads.map((thread, index) => {
    const endless = thread.kind === "any" && !waitedFor.has(index);
    return {
      thread,
      steps: thread.steps.map((step) => compileStep(step, thread.agent, clear, number)),
      digit: endless ? -1 : digit++,
      end: thread.kind === "any" ? 1 : thread.steps.length,
    };
  });
}

function compileStep(
  step: ThreadStep,
  agent: Agent,
  clear: boolean,
  number: NumberOperation,
): CompiledStep {
  const { line, key, register = -1 } = step;
  if (step.operation !== "clear") {
    const data = step.data === undefined ? {} : { data: step.data };
    const operation = number(line, key, {
      kind: step.operation,
      by: agent,
      key: KEYS[key],
      ...data,
    });
    return { line, operation, register };
  }
  if (!clear) return { line, operation: -1, register };
  return { line, operation: number(line, key, clearOperation(KEYS[key])), register };
}

/** The index of an operation in a list, to which it is added where it is new. */
function numberOf(list: LineOperation[], wanted: LineOperation): number {
  const { key, operation: { kind, by, data } } = wanted;
  const known = list.findIndex(({ key: otherKey, operation: other }) =>
    otherKey === key && other.kind === kind && other.by === by && other.data === data
  );
  return known >= 0 ? known : list.push(wanted) - 1;
}
