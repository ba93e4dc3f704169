import type { TeardownProgress } from "@tdx/reclaim";
import type { Output } from "../output.ts";

const WIDTH = 30;

/** Draws how far a teardown is; only a terminal shows it. */
export function showProgress(
  output: Output,
  { phase, pagesDone, pagesTotal }: TeardownProgress,
): void {
  const filled = Math.round((pagesDone / pagesTotal) * WIDTH);
  const bar = "#".repeat(filled) + ".".repeat(WIDTH - filled);
  output.progress(`[${bar}] ${Math.floor((pagesDone / pagesTotal) * 100)}% ${phase}`);
}
