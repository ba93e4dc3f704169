import type { Move, Problem, ThreadStep } from "@tdx/litmus";
import type { Act } from "./situation.ts";

/**
 * The moves of a way through a system as clicks. A clear stays a clear, done or skipped, so that
 * another platform and another policy decide for themselves.
 *
 * @param moves The moves.
 * @param problem Whose moves they are.
 */
export function actsOf(moves: readonly Move[], problem: Problem): readonly Act[] {
  const next = new Map<string, number>();
  return moves.flatMap((move) => {
    const thread = problem.threads.find(({ name }) => name === move.thread);
    const at = next.get(move.thread) ?? 0;
    const step = thread?.kind === "sequence" ? thread.steps[at] : undefined;
    if (step !== undefined && isMoveOf(step, move, problem)) {
      next.set(move.thread, at + 1);
      const { register: _register, ...act } = step;
      return [{ by: thread!.agent, ...act }];
    }
    const { operation, key } = move;
    if (operation === null || key === null) return [];
    const { by, kind, data } = operation;
    const line = problem.lines.findIndex(({ name }) => name === move.line);
    return [{ by, operation: kind, line, key, ...(data === undefined ? {} : { data }) }];
  });
}

/** Whether a move is a step of its thread; an eviction or a speculative read of its name is not. */
function isMoveOf(step: ThreadStep, { operation, line, key }: Move, { lines }: Problem): boolean {
  if (step.operation === "clear") {
    return operation === null || (operation.kind === "movdir64b" && operation.by === "host");
  }
  return operation?.kind === step.operation && lines[step.line]!.name === line && key === step.key;
}
