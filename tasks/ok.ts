/**
 * Runs what every change must pass, and ends at the first that fails.
 *
 * @module
 */
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
  const { code } = await new Deno.Command(Deno.execPath(), { args: step.split(" ") }).spawn()
    .status;
  if (code !== 0) Deno.exit(code);
}
