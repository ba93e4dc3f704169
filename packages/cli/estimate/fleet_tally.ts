import {
  type ClearReading,
  type Estimate,
  estimate,
  type EstimateAssumptionId,
  type TeardownPath,
} from "@tdx/reclaim";
import { type FleetGroup, GroupSums } from "./fleet_hours.ts";
import type { InventoryEntry } from "./inventory.ts";
import type { InventoryRow } from "./inventory_row.ts";

/** How many bad rows are named; the others are counted. */
const MAX_BAD_ROWS = 20;

/** A row that could not be counted. */
export interface BadRow {
  /** Its number. */
  readonly row: number;
  /** What is wrong with it. */
  readonly trouble: string;
}

/** Adds rows up; keeps sums, a few bad rows, and no row. */
export class FleetTally {
  readonly #groups = new Map<string, GroupSums>();
  readonly #assumptions = new Set<EstimateAssumptionId>();
  #all: GroupSums | undefined;
  /** The first bad rows. */
  readonly badRows: BadRow[] = [];
  /** How many bad rows there are. */
  bad = 0;
  /** Rows that the published table does not reach; counted all the same. */
  outside = 0;

  constructor(readonly path: TeardownPath, readonly readings: readonly ClearReading[]) {}

  /** Counts a row. */
  add({ row, found }: InventoryEntry): void {
    const trouble = typeof found === "string" ? found : this.#count(found);
    if (trouble === undefined) return;
    this.bad++;
    if (this.badRows.length < MAX_BAD_ROWS) this.badRows.push({ row, trouble });
  }

  /** The platforms in the order they came. */
  groups(): FleetGroup[] {
    return [...this.#groups.values()].map((sums) => sums.group());
  }

  /** The whole fleet; `undefined` without a good row. */
  all(): FleetGroup | undefined {
    return this.#all?.group();
  }

  /** What the rows take for granted. */
  assumptions(): EstimateAssumptionId[] {
    return [...this.#assumptions].sort();
  }

  /** Says what is wrong where it is no TD; nothing is counted then. */
  #count(row: InventoryRow): string | undefined {
    const { platform, guestBytes, vcpus } = row;
    const td = { platform, guestBytes, vcpus, path: this.path };
    let estimates: Estimate[];
    try {
      estimates = this.readings.map((clear) => estimate({ ...td, clear }));
    } catch (error) {
      if (error instanceof RangeError) return error.message;
      throw error;
    }
    const { name } = platform;
    this.#all ??= new GroupSums("all", estimates);
    let sums = this.#groups.get(name);
    if (sums === undefined) this.#groups.set(name, sums = new GroupSums(name, estimates));
    for (const into of [sums, this.#all]) into.add(estimates, row.shutdownsPerDay);
    if (!estimates[0]!.insideTable) this.outside++;
    for (const id of estimates[0]!.assumptions) this.#assumptions.add(id);
    return undefined;
  }
}
