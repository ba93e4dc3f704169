/**
 * Compares memory with the naive model in many random runs: `deno task model 100000`.
 *
 * @module
 */
import { showDeno } from "./run.ts";

const TEST = "packages/core/memory/physical_memory_model_test.ts";
Deno.exit(await showDeno("test", "--quiet", TEST, "--", Deno.args[0] ?? "10000"));
