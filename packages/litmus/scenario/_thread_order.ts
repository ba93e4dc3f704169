import type { Token } from "./_lexer.ts";
import type { TokenReader } from "./_token_reader.ts";

/** What the order of threads is made of. */
export interface OrderedThread {
  readonly name: string;
  /** The names of the threads it starts after. */
  readonly after: readonly Token[];
}

/** Finds the indexes behind each `after`; refuses names that are no thread's, and cycles. */
export function threadOrder(reader: TokenReader, threads: readonly OrderedThread[]): number[][] {
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
  threads: readonly OrderedThread[],
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
