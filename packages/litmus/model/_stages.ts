import { type CompiledProblem, type CompiledThread, spontaneousMoves } from "./_compile_problem.ts";

/** What can happen to a line during a stage. */
export interface LineMoves {
  /** Indexes of operations. */
  readonly operations: number[];
  /** Index of the stage after each of them. */
  readonly after: number[];
  /** Indexes of stages that can follow without the line's being touched. */
  readonly next: number[];
}

/** A part of the time, by where programs stand: what can happen to each line then. */
export type Stage = readonly LineMoves[];

/** Up to this many stages each program counter counts; beyond, only who has ended. */
const MOST_EXACT_STAGES = 256;

/**
 * Splits the time by where programs stand, so that a line can be walked without the others: host
 * and devices begin where the reclaim has ended, and not in every state a TD can bring about.
 *
 * @param problem The problem.
 * @returns The stages, the one it begins in first.
 */
export function stagesOf(problem: CompiledProblem): Stage[] {
  const { threads, operations, reprogrammed } = problem;
  const sizes = threads.map(({ digit, end }) => digit < 0 ? 1 : end + 1);
  const exact = sizes.reduce((product, size) => product * size, 1) <= MOST_EXACT_STAGES;
  const stages: Stage[] = [];
  const known = new Map<string, number>();
  const queue: (readonly number[])[] = [];
  const stageAt = (counters: readonly number[]) => {
    const name = counters.join();
    if (!known.has(name)) known.set(name, queue.push(counters) - 1);
    return known.get(name)!;
  };
  stageAt(threads.map(() => 0));
  for (let stage = 0; stage < queue.length; stage++) {
    const counters = queue[stage]!;
    const hasEnded = (index: number) =>
      threads[index]!.digit >= 0 && counters[index] === threads[index]!.end;
    const hasStarted = ({ thread }: CompiledThread) => thread.after.every(hasEnded);
    const lines = operations.map((): LineMoves => ({ operations: [], after: [], next: [] }));
    const add = (number: number, after: number) => addMove(lines, problem, number, after);
    threads.forEach((compiled, index) => {
      const { thread, first, last, digit, end } = compiled;
      if (hasEnded(index) || !hasStarted(compiled)) return;
      const goTo = (counter: number) => stageAt(counters.with(index, counter));
      if (exact && thread.kind === "sequence") {
        const counter = counters[index]!;
        add(first + counter, goTo(counter + 1));
        // A TD that consumes poison is dead.
        if (thread.agent === "td") add(first + counter, goTo(end));
        return;
      }
      for (let number = first; number < last; number++) add(number, stage);
      if (digit >= 0) lines.forEach(({ next }) => next.push(goTo(end)));
    });
    const isReprogrammed = reprogrammed.some((index) => hasStarted(threads[index]!));
    for (const number of spontaneousMoves(problem, isReprogrammed)) add(number, stage);
    stages.push(lines);
  }
  return stages;
}

/** Adds a move: an operation on its own line, for the others nothing but the stage after it. */
function addMove(
  lines: readonly LineMoves[],
  { moves }: CompiledProblem,
  number: number,
  stage: number,
): void {
  const { line, operation } = moves[number]!;
  lines.forEach(({ operations, after, next }, index) => {
    if (index !== line || operation < 0) {
      next.push(stage);
    } else {
      operations.push(operation);
      after.push(stage);
    }
  });
}
