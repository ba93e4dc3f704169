import { GpaExtents } from "./_gpa_extents.ts";
import { framesPer, pageBytes } from "./page_type.ts";

/** A private guest physical address of a TD with GPAW 0 is below this (S2). */
export const GPA_LIMIT: number = 2 ** 47;

/** What an entry of a Secure EPT holds: nothing, a guest page, or a Secure EPT page. */
export type SeptEntry = "free" | "leaf" | "table";

/** The Secure EPT of a TD. A page is named by its number: its GPA divided by what its entry spans. */
export class SecureEpt {
  /** Guest pages by level, 0 to 2. */
  readonly leaves: readonly GpaExtents[] = [0, 1, 2].map((level) =>
    new GpaExtents(framesPer(level))
  );
  /** Secure EPT pages by the level of the entry that points at them, 1 to 3. */
  readonly tables: readonly GpaExtents[] = [0, 1, 2, 3].map(() => new GpaExtents(1));
  /** Those of them that are blocked, with all below them (M13): few at any time. */
  readonly #blocked: readonly Set<number>[] = [0, 1, 2, 3].map(() => new Set<number>());

  /**
   * What an entry holds; `undefined` if the walk ends before: a Secure EPT page on the way is missing
   * or blocked.
   */
  entry(page: number, level: number): SeptEntry | undefined {
    if (this.#reachable(page, level, 1) === 0) return undefined;
    if (this.leaves[level]?.present(page, 1)) return "leaf";
    return this.tables[level]!.present(page, 1) ? "table" : "free";
  }

  /** How many entries from one on are free and can be walked to, at most `limit`. */
  free(page: number, level: number, limit: number): number {
    const reachable = this.#reachable(
      page,
      level,
      Math.min(limit, GPA_LIMIT / pageBytes(level) - page),
    );
    return this.#absent(page, level, reachable);
  }

  /** Whether no entry of the Secure EPT page that an entry points at is in use. */
  isEmpty(page: number, level: number): boolean {
    const entries = framesPer(1);
    return this.#absent(page * entries, level - 1, entries) === entries;
  }

  /** How many entries from one on lie before the next that is below a blocked page, at most `limit`. */
  unblocked(page: number, level: number, limit: number): number {
    for (let above = level + 1; above <= 3; above++) {
      const span = framesPer(above - level);
      for (const table of this.#blocked[above]!) {
        if (page < (table + 1) * span) limit = Math.min(limit, Math.max(table * span - page, 0));
      }
    }
    return limit;
  }

  /** Whether the Secure EPT page that an entry points at is blocked. */
  isBlocked(page: number, level: number): boolean {
    return this.#blocked[level]!.has(page);
  }

  /** Says of the Secure EPT pages that consecutive entries point at whether they are blocked. */
  setBlocked(page: number, level: number, count: number, isBlocked: boolean): void {
    const blocked = this.#blocked[level]!;
    for (let i = page; i < page + count; i++) isBlocked ? blocked.add(i) : blocked.delete(i);
  }

  /** Takes out the Secure EPT page that an entry points at. */
  removeTable(page: number, level: number): void {
    this.tables[level]!.remove(page, 1);
    this.setBlocked(page, level, 1, false);
  }

  #absent(page: number, level: number, limit: number): number {
    const pages = this.leaves[level]?.absent(page, limit) ?? limit;
    return this.tables[level]!.absent(page, pages);
  }

  /** How many entries from one on can be walked to, at most `limit`. */
  #reachable(page: number, level: number, limit: number): number {
    // The root is part of the TDCS.
    if (level === 3) return limit;
    const span = framesPer(1);
    const [table, place] = [Math.floor(page / span), page % span];
    const tables = this.tables[level + 1]!.present(table, Math.ceil((place + limit) / span));
    return this.unblocked(page, level, Math.min(Math.max(tables * span - place, 0), limit));
  }
}
