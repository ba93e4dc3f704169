/**
 * Runs what every change must pass, and ends at the first that fails.
 *
 * @module
 */
import { showDeno } from "./run.ts";

const STEPS = [
  "fmt --check",
  "lint",
  "task check",
  "task lint:doc",
  "task lint:imports",
  "task lint:examples",
  "task test",
];

for (const step of STEPS) {
  const code = await showDeno(...step.split(" "));
  if (code !== 0) Deno.exit(code);
}
