import {
  clearOrigin,
  type ClearReading,
  type Estimate,
  estimate,
  type EstimateAssumptionId,
  type TeardownPath,
} from "@tdx/reclaim";
import { type FleetGroup, GroupSums } from "./fleet_hours.ts";
import type { InventoryEntry } from "./inventory.ts";
import type { InventoryRow } from "./inventory_row.ts";

/** How many rows of a kind are named; the others are counted. */
const MAX_NAMED = 20;

/** A row that could not be counted, or not in every sum. */
export interface RowTrouble {
  /** Its number. */
  readonly row: number;
  /** What is wrong with it. */
  readonly trouble: string;
}

/** Rows with some trouble. */
export class TroubledRows {
  /** How many there are. */
  count = 0;
  /** The first of them. */
  readonly named: RowTrouble[] = [];

  add(row: number, trouble: string): void {
    this.count++;
    if (this.named.length < MAX_NAMED) this.named.push({ row, trouble });
  }
}

/** Adds rows up; keeps sums, a few troubled rows, and no other row. */
export class FleetTally {
  readonly #groups = new Map<string, GroupSums>();
  readonly #assumptions = new Set<EstimateAssumptionId>();
  #all: GroupSums | undefined;
  /** Rows that are in no sum. */
  readonly bad: TroubledRows = new TroubledRows();
  /** Rows that are in every sum but that of the clear which was asked for: it does not fit them. */
  readonly withoutClear: TroubledRows = new TroubledRows();
  /** Rows that the published table does not reach; counted all the same. */
  outside = 0;

  constructor(readonly path: TeardownPath, readonly readings: readonly ClearReading[]) {}

  /** Counts a row. */
  add({ row, found }: InventoryEntry): void {
    const trouble = typeof found === "string" ? found : this.#count(row, found);
    if (trouble !== undefined) this.bad.add(row, trouble);
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
  #count(number: number, row: InventoryRow): string | undefined {
    const { platform, guestBytes, vcpus } = row;
    const td = { platform, guestBytes, vcpus, path: this.path };
    const estimated = (clear: ClearReading) => orRefusal(() => estimate({ ...td, clear }));
    // The published clear fits every TD, so what is refused with it is no TD.
    const published = estimated("published");
    if (typeof published === "string") return published;
    const estimates = this.readings.map((clear) => {
      const found = clear === "published" ? published : estimated(clear);
      if (typeof found !== "string") return found;
      this.withoutClear.add(number, found);
      return undefined;
    });
    for (const into of this.#sumsOf(row.platform.name)) {
      into.add(published.always.total.seconds, estimates, row.shutdownsPerDay);
    }
    if (!published.insideTable) this.outside++;
    for (const id of published.assumptions) this.#assumptions.add(id);
    return undefined;
  }

  #sumsOf(platform: string): GroupSums[] {
    const none = (name: string) => new GroupSums(name, this.readings.map(clearOrigin));
    this.#all ??= none("all");
    let sums = this.#groups.get(platform);
    if (sums === undefined) this.#groups.set(platform, sums = none(platform));
    return [sums, this.#all];
  }
}

function orRefusal(make: () => Estimate): Estimate | string {
  try {
    return make();
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}
