import { requireWhole } from "@tdx/core/arguments";
import type { MachineCheckAssessment } from "./assess_machine_check.ts";
import type { MachineCheckCauseName } from "./machine_check_cause.ts";

/** What is to be done with a page. */
export type PageAdvice = "retire" | "retired" | "keep";

/** What the machine checks on one 4 KiB page add up to. */
export interface PageReport {
  /** Address of the page in bytes, without KeyID bits where the layout is known. */
  readonly page: number;
  /** The KeyIDs it was hit with, ascending; empty where the layout is not known. */
  readonly keyIds: readonly number[];
  /** How many records. */
  readonly records: number;
  /** What they say of the cause, each once. */
  readonly causes: readonly MachineCheckCauseName[];
  /** What to do. */
  readonly advice: PageAdvice;
  /** Why, in a sentence. */
  readonly reason: string;
}

/** Why the advice: the one place where it is worded. */
const ADVICE: Readonly<Record<PageAdvice, string>> = {
  retire: "it held data the hardware could not correct, and Linux did not retire it; stuck " +
    "hardware poison returns after a full write, the erratum's does not",
  retired: "it held data the hardware could not correct, and Linux retired it",
  keep: "every error on it was corrected",
};

interface Tally {
  readonly keyIds: Set<number>;
  readonly causes: Set<MachineCheckCauseName>;
  records: number;
  uncorrected: boolean;
  retired: boolean;
}

/**
 * Groups machine checks by page and says which pages should be retired.
 *
 * It remembers a bounded number of pages, so that a log of any length can be added to it.
 *
 * @example Two records on one page
 * ```ts
 * import { assessMachineCheck, MachineCheckPages } from "@tdx/host";
 * import { consumedPoison } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * const pages = new MachineCheckPages();
 * for (const address of [0x80a5669600, 0x80a5669640]) {
 *   pages.add(assessMachineCheck({ record: consumedPoison({ address, seamNr: true }) }));
 * }
 * const [report] = pages.reports();
 * assertEquals([report?.page, report?.records, report?.advice], [0x80a5669000, 2, "retire"]);
 * ```
 */
export class MachineCheckPages {
  readonly #pages = new Map<number, Tally>();
  readonly #limit: number;
  #dropped = 0;

  /**
   * Begins with no page.
   *
   * @param limit How many pages to remember, from 1; default 10,000.
   * @throws {RangeError} If it is not a whole number from 1.
   */
  constructor(limit = 10_000) {
    requireWhole("limit", limit, 1);
    this.#limit = limit;
  }

  /** Records on further pages that it did not remember, once the limit was reached. */
  get dropped(): number {
    return this.#dropped;
  }

  /**
   * Adds a machine check, unless it is not a memory error or names no page.
   *
   * @param assessment The machine check.
   */
  add(assessment: MachineCheckAssessment): void {
    const { address, cause, status, grades } = assessment;
    if (address?.page === undefined || cause.name === "unrelated") return;
    const tally = this.#tally(address.page);
    if (tally === undefined) return;
    tally.records++;
    tally.causes.add(cause.name);
    if (address.keyId !== undefined) tally.keyIds.add(address.keyId);
    tally.uncorrected ||= status?.uncorrected ??
      grades.some(({ severity }) => severity !== "corrected");
    tally.retired ||= grades.every(({ pageRetired }) => pageRetired === true);
  }

  /**
   * Says what the records add up to.
   *
   * @returns One report per page, by address.
   */
  reports(): PageReport[] {
    return [...this.#pages].sort(([a], [b]) => a - b).map(([page, tally]) => {
      const advice = adviceFor(tally);
      return {
        page,
        keyIds: [...tally.keyIds].sort((a, b) => a - b),
        records: tally.records,
        causes: [...tally.causes],
        advice,
        reason: ADVICE[advice],
      };
    });
  }

  #tally(page: number): Tally | undefined {
    const known = this.#pages.get(page);
    if (known !== undefined) return known;
    if (this.#pages.size >= this.#limit) {
      this.#dropped++;
      return undefined;
    }
    const tally: Tally = {
      keyIds: new Set(),
      causes: new Set(),
      records: 0,
      uncorrected: false,
      retired: false,
    };
    this.#pages.set(page, tally);
    return tally;
  }
}

function adviceFor({ uncorrected, retired }: Tally): PageAdvice {
  if (!uncorrected) return "keep";
  return retired ? "retired" : "retire";
}
