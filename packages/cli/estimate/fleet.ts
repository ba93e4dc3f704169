import type { TeardownPath } from "@tdx/reclaim";
import { openInput } from "../read_input.ts";
import { EXIT, type ExitStatus } from "../exit_status.ts";
import type { Output } from "../output.ts";
import { printJson } from "../shared_options.ts";
import { UsageError } from "../usage_error.ts";
import { FleetTally } from "./fleet_tally.ts";
import { fleetText } from "./fleet_text.ts";
import { readInventory } from "./inventory.ts";
import { inventoryLines } from "./inventory_lines.ts";
import type { ClearChoice } from "./read_clear.ts";
import { spelledOut } from "./spelled_out.ts";

/** Rows between two words of progress. */
const ROWS_A_WORD = 10_000;

/** How a fleet is summed up. */
export interface FleetOptions {
  readonly path: TeardownPath;
  readonly clear: ClearChoice;
  readonly json: boolean;
}

/**
 * Sums up what the patch saves a fleet, row by row.
 *
 * Fine where every row is in every sum; could not tell where some are not, being bad, outside the
 * published table or too short for the clear; bad input where not one row is good.
 */
export async function showFleet(
  file: string,
  { path, clear, json }: FleetOptions,
  output: Output,
): Promise<ExitStatus> {
  const tally = new FleetTally(path, clear.readings);
  let rows = 0;
  for await (const entry of readInventory(inventoryLines(await openInput(file)), file)) {
    tally.add(entry);
    if (++rows % ROWS_A_WORD === 0) output.progress(`${rows} rows`);
  }
  if (rows === 0) {
    throw new UsageError(`Expected an inventory as CSV or JSON lines, got no row in ${file}`);
  }
  if (json) printJson(output, asJson(tally));
  else output.print(fleetText(tally, file));
  if (tally.all() === undefined) return EXIT.usage;
  const left = tally.bad.count + tally.outside + tally.withoutClear.count;
  return left > 0 ? EXIT.unknown : EXIT.fine;
}

function asJson(tally: FleetTally): object {
  return {
    path: tally.path,
    platforms: tally.groups(),
    all: tally.all() ?? null,
    rowsOutsideTable: tally.outside,
    rowsBad: tally.bad.count,
    badRows: tally.bad.named,
    rowsWithoutClear: tally.withoutClear.count,
    withoutClearRows: tally.withoutClear.named,
    assumptions: spelledOut(tally.assumptions()),
  };
}
