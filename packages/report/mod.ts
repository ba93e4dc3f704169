/**
 * Reports as one self-contained HTML file: what a simulated teardown did, with its time and a map of
 * memory, and what the explorer found, with every witness. Pure functions from data to text.
 *
 * @module
 */
export { type ReportOrigin } from "./page/origin.tsx";
export { type ScenarioRun, scenariosHtml, type ScenariosPage } from "./check/scenarios_html.tsx";
export { verdictsHtml, type VerdictsPage } from "./check/verdicts_html.tsx";
export {
  type CellCounts,
  type ListedPage,
  mapMemory,
  type MapOptions,
  type MemoryMap,
} from "./teardown/map_memory.ts";
export {
  type ComparedTeardown,
  teardownHtml,
  type TeardownPage,
} from "./teardown/teardown_html.tsx";
