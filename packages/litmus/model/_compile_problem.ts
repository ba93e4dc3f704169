import type { Agent, Operation } from "@tdx/core";
import { clearOperation } from "@tdx/reclaim";
import { type KeyName, KEYS, type Problem, type Thread, type ThreadStep } from "./problem.ts";

/** An operation on a line, and how a trace names its key. */
export interface LineOperation {
  readonly operation: Operation;
  readonly key: KeyName;
}

/** What can happen next in some states. */
export interface CompiledMove {
  /** Index of the thread; -1 for what a cache or a speculating processor does by itself. */
  readonly thread: number;
  /** Who acts, for a trace. */
  readonly by: string;
  readonly line: number;
  /** Index of the operation among the line's; -1 where nothing is done. */
  readonly operation: number;
  /** Index of the register that receives what is read; -1 for none. */
  readonly register: number;
  /** Whether the thread goes on to its next step, or ends if it is of kind `any`. */
  readonly advances: boolean;
}

/** A thread whose moves have numbers. */
export interface CompiledThread {
  readonly thread: Thread;
  /** Number of its first move; a sequence has one for each step. */
  readonly first: number;
  /** One past the number of its last one; the last of a counted thread of kind `any` ends it. */
  readonly last: number;
  /** Position of its program counter among the digits; -1 where it needs none. */
  readonly digit: number;
  /** Counter value at which it has ended. */
  readonly end: number;
}

/** A problem whose operations are numbered line by line, and whose moves are numbered too. */
export interface CompiledProblem {
  /** What can happen to each line. */
  readonly operations: readonly (readonly LineOperation[])[];
  /** All moves, in the order in which a trace prefers to name one: programs come first. */
  readonly moves: readonly CompiledMove[];
  readonly threads: readonly CompiledThread[];
  /** Number of the first spontaneous move: evictions of every key in play, speculative reads. */
  readonly spontaneous: number;
  /** Indexes of the threads of the TD that gets the KeyID reprogrammed. */
  readonly reprogrammed: readonly number[];
}

/**
 * Numbers the operations and the moves of a problem.
 *
 * @param problem The problem.
 * @param clear Whether its `clear` steps clear.
 */
export function compileProblem(problem: Problem, clear: boolean): CompiledProblem {
  const operations: LineOperation[][] = problem.lines.map(() => []);
  const number = (line: number, key: KeyName, operation: Operation) =>
    numberOf(operations[line]!, { key, operation });
  const moves: CompiledMove[] = [];
  const threads = compileThreads(problem, clear, number, moves);
  const spontaneous = moves.length;
  const reprogrammed = problem.threads.flatMap(({ steps }, index) =>
    steps.some(({ key }) => key === "td2") ? [index] : []
  );
  problem.lines.forEach((_, line) => {
    const add = (key: KeyName, kind: "evict" | "prefetch", by: Agent) => {
      const operation = number(line, key, { kind, by, key: KEYS[key] });
      moves.push({ thread: -1, by, line, operation, register: -1, advances: false });
    };
    const keys = new Set([...operations[line]!.map(({ key }) => key), ...problem.speculation]);
    // A copy of the first TD is evicted with the second one's key once that has the KeyID.
    if (keys.has("td") && reprogrammed.length > 0) keys.add("td2");
    for (const key of keys) add(key, "evict", "cache");
    for (const key of problem.speculation) add(key, "prefetch", "host");
  });
  return { operations, moves, threads, spontaneous, reprogrammed };
}

/**
 * The spontaneous moves that can happen: a KeyID has one key at a time, that of `td` until that of
 * `td2` is there.
 */
export function spontaneousMoves(
  { operations, moves, spontaneous }: CompiledProblem,
  reprogrammed: boolean,
): number[] {
  const gone: KeyName = reprogrammed ? "td" : "td2";
  const numbers = moves.map((_, number) => number).slice(spontaneous);
  return numbers.filter((number) => {
    const { line, operation } = moves[number]!;
    return operations[line]![operation]!.key !== gone;
  });
}

type NumberOperation = (line: number, key: KeyName, operation: Operation) => number;

function compileThreads(
  problem: Problem,
  clear: boolean,
  number: NumberOperation,
  moves: CompiledMove[],
): CompiledThread[] {
  const waitedFor = new Set(problem.threads.flatMap(({ after }) => after));
  let digit = problem.lines.length;
  return problem.threads.map((thread, index) => {
    const isAny = thread.kind === "any";
    const counted = !isAny || waitedFor.has(index);
    const first = moves.length;
    for (const step of thread.steps) {
      const operation = operationOf(step, thread.agent, clear);
      if (operation === undefined && isAny) continue;
      moves.push({
        thread: index,
        by: thread.name,
        line: step.line,
        operation: operation === undefined ? -1 : number(step.line, step.key, operation),
        register: isAny ? -1 : step.register ?? -1,
        advances: !isAny,
      });
    }
    if (isAny && counted) {
      const end = { thread: index, by: thread.name, line: 0, operation: -1, register: -1 };
      moves.push({ ...end, advances: true });
    }
    return {
      thread,
      first,
      last: moves.length,
      digit: counted ? digit++ : -1,
      end: isAny ? 1 : thread.steps.length,
    };
  });
}

/** What a step does; `undefined` for a clear that is skipped. */
function operationOf(
  { operation: kind, key, data }: ThreadStep,
  by: Agent,
  clear: boolean,
): Operation | undefined {
  if (kind !== "clear") {
    return { kind, by, key: KEYS[key], ...(data === undefined ? {} : { data }) };
  }
  return clear ? clearOperation(KEYS[key]) : undefined;
}

/** The index of an operation in a list, to which it is added where it is new. */
function numberOf(list: LineOperation[], wanted: LineOperation): number {
  const { key, operation: { kind, by, data } } = wanted;
  const known = list.findIndex(({ key: otherKey, operation: other }) =>
    otherKey === key && other.kind === kind && other.by === by && other.data === data
  );
  return known >= 0 ? known : list.push(wanted) - 1;
}
