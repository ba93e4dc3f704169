import type { Move, MoveTo, System } from "./system.ts";

/** Where two machines part under the same moves. */
export interface Difference {
  /** The moves up to there, the same on both. */
  readonly common: readonly Move[];
  /** The move that goes another way, on the one machine. */
  readonly left: Move;
  /** The same move on the other. */
  readonly right: Move;
}

interface Pair {
  readonly left: number;
  readonly right: number;
  readonly way: readonly Move[];
}

/**
 * Finds the shortest sequence of moves after which two machines differ.
 *
 * @param left A problem on one machine.
 * @param right The same problem on another.
 * @returns Where they part: other rules, another line state; `undefined` where they never do.
 *
 * @example
 * ```ts
 * import type { Platform } from "@tdx/core";
 * import { closureProblem, diffSystems, System } from "@tdx/litmus";
 * import { emr } from "@tdx/platform-emr";
 * import { gnr } from "@tdx/platform-gnr";
 * import { spr } from "@tdx/platform-spr";
 * import { assertEquals } from "@std/assert";
 *
 * const question = { mode: "Li", hostKeys: "keyid0", policy: "never", poison: "none" } as const;
 * const on = (platform: Platform) => {
 *   const { problem, machine } = closureProblem({ ...question, platform });
 *   return new System(problem, machine);
 * };
 * const parted = diffSystems(on(spr), on(gnr));
 * assertEquals(parted?.left.rules, ["W5"]);
 * assertEquals(parted?.right.rules, ["L4", "W4"]);
 * assertEquals(diffSystems(on(spr), on(emr)), undefined);
 * ```
 */
export function diffSystems(left: System, right: System): Difference | undefined {
  const queue: Pair[] = [{ left: left.initial, right: right.initial, way: [] }];
  const seen = new Set<string>();
  for (const pair of queue) {
    const others = new Map([...right.moves(pair.right)].map((move) => [moveName(move), move]));
    for (const move of left.moves(pair.left)) {
      const other = others.get(moveName(move));
      if (other === undefined || !alike(move, other)) {
        return { common: pair.way, left: move, right: other ?? nothing(move) };
      }
      const name = `${move.to} ${other.to}`;
      if (seen.has(name)) continue;
      seen.add(name);
      queue.push({ left: move.to, right: other.to, way: [...pair.way, move] });
    }
  }
  return undefined;
}

/** Who does what; a step that the policy skips is the same step. */
function moveName({ thread, line, operation, key }: Move): string {
  return operation === null ? `${thread} goes on` : `${thread} ${operation.kind} ${line} ${key}`;
}

function alike(a: MoveTo, b: MoveTo): boolean {
  return a.rules.join() === b.rules.join() && JSON.stringify(a.after) === JSON.stringify(b.after);
}

function nothing(move: Move): Move {
  return { ...move, operation: null, key: null, rules: [], after: null };
}
