import { ESTIMATE_ASSUMPTIONS, type EstimateAssumptionId } from "@tdx/reclaim";

/** An assumption with its text. */
export interface SpelledAssumption {
  readonly id: EstimateAssumptionId;
  readonly text: string;
}

/** The assumptions, with their text. */
export function spelledOut(ids: readonly EstimateAssumptionId[]): SpelledAssumption[] {
  return ids.map((id) => ({ id, text: ESTIMATE_ASSUMPTIONS[id] }));
}
