import type { Move } from "@tdx/litmus";
import type { Act, Situation } from "./situation.ts";

/** The moves of a way through a system as clicks; a skipped clear is none. */
export function actsOf(moves: readonly Move[], lines: Situation["lines"]): readonly Act[] {
  return moves.flatMap(({ operation, key, line }) => {
    if (operation === null || key === null) return [];
    const { by, kind, data } = operation;
    return [{
      by,
      operation: kind,
      line: lines.findIndex(({ name }) => name === line),
      key,
      ...(data === undefined ? {} : { data }),
    }];
  });
}
