/**
 * Compares memory with the naive model in many random runs: `deno task model 100000`.
 *
 * @module
 */
const TEST = "packages/core/memory/physical_memory_model_test.ts";
const args = ["test", "--quiet", TEST, "--", Deno.args[0] ?? "10000"];
const { code } = await new Deno.Command(Deno.execPath(), { args }).spawn().status;
Deno.exit(code);
