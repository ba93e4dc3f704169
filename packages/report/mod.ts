/**
 * Reports as one self-contained HTML file: what a simulated teardown did, with its time and a map of
 * memory, what the explorer found, with every witness, and where the time of a real shutdown went. Pure functions from data to text.
 *
 * @example
 * ```ts
 * import { verdict } from "@tdx/litmus";
 * import { verdictsHtml } from "@tdx/report";
 * import { gnr } from "@tdx/platform-gnr";
 * import { spr } from "@tdx/platform-spr";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const question = { mode: "Ci", hostKeys: "keyid0", policy: "never", poison: "none" } as const;
 * const html = verdictsHtml({
 *   origin: { commandLine: "my-checks.ts", date: new Date(), version: "my checks 1.0" },
 *   platforms: [spr, gnr],
 *   verdicts: [
 *     await verdict({ ...question, platform: spr, expected: "Sometimes" }),
 *     await verdict({ ...question, platform: gnr, expected: "Never" }),
 *   ],
 * });
 * assertStringIncludes(html, "Every answer is the expected one.");
 * assertStringIncludes(html, "Questions with a machine check: 1.");
 * ```
 *
 * @module
 */
export { type ReportOrigin } from "./page/origin.tsx";
export {
  type HashedScenarioResult,
  scenariosHtml,
  type ScenariosPage,
} from "./check/scenarios_html.tsx";
export { verdictsHtml, type VerdictsPage } from "./check/verdicts_html.tsx";
export {
  type MeasuredPhase,
  type MeasuredShutdown,
  shutdownHtml,
  type ShutdownPage,
} from "./shutdown/shutdown_html.tsx";
export {
  type CellCounts,
  type ListedPage,
  mapMemory,
  type MapOptions,
  type MemoryMap,
} from "./teardown/map_memory.ts";
export { teardownHtml } from "./teardown/teardown_html.tsx";
export { type ComparedTeardown, type TeardownPage } from "./teardown/teardown_page.ts";
export { proofsHtml, type ProofsPage } from "./prove/proofs_html.tsx";
