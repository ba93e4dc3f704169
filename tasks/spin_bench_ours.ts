/** Our explorer on the benchmark's model, in a process of its own so that its memory can be measured. */
import { explore, System } from "@tdx/litmus";
import { MACHINE, PROBLEM } from "./spin_bench_model.ts";

const started = performance.now();
const { states, bytes } = await explore(
  new System(PROBLEM, MACHINE),
);
const seconds = (performance.now() - started) / 1000;
console.log(JSON.stringify({ states, bytes, seconds }));
