import { assertEquals, assertRejects } from "@std/assert";
import { UsageError } from "./values.ts";
import { inWorkers, type InWorkersOptions, type Work } from "./workers.ts";
import { type Order, testJob } from "../testdata/worker.ts";

const WORK: Work<Order, string, string> = {
  module: new URL("../testdata/worker.ts", import.meta.url),
  run: testJob,
};
const HERE = "this thread";
const TWO = { threads: 2 };

/** The results up to the first error, and the error. */
async function done(orders: readonly Order[], options: InWorkersOptions<string>) {
  const results: string[] = [];
  try {
    for await (const result of inWorkers(WORK, orders, options)) results.push(result);
  } catch (error) {
    return { results, error: error as Error };
  }
  return { results, error: undefined };
}

Deno.test("inWorkers() gives results in order, also where a later job is done first", async () => {
  const { results } = await done([{ say: "a", after: 300 }, { say: "b" }, { say: "c" }], TWO);
  assertEquals(results, ["a in a Worker", "b in a Worker", "c in a Worker"]);
});

Deno.test("inWorkers() tells of the progress of each job while it is waited for", async () => {
  const heard: string[] = [];
  await done([{ say: "a" }, { say: "b", after: 300 }], {
    ...TWO,
    onProgress: (p) => heard.push(p),
  });
  assertEquals(heard.filter((p) => p.startsWith("a")), ["a begins"]);
});

for (const threads of [1, 2]) {
  Deno.test(`inWorkers() throws what a job threw, after the results before it; ${threads} threads`, async () => {
    const orders: Order[] = [{ say: "a", after: 200 }, { fail: "usage" }, { say: "c" }];
    const usage = await done(orders, { threads });
    assertEquals(usage.results.length, 1);
    assertEquals([usage.error?.constructor, usage.error?.message], [UsageError, "a mistake"]);
    const limit = await done([{ fail: "limit" }, { say: "b" }], { threads });
    assertEquals(limit.error instanceof RangeError, true);
    assertEquals([limit.error?.name, limit.error?.message], ["StateLimitError", "too many"]);
  });
}

Deno.test("inWorkers() ends all with one error when a Worker dies", async () => {
  const { results, error } = await done([{ say: "a", after: 60_000 }, { fail: "die" }], TWO);
  assertEquals(results, []);
  assertEquals(error?.message, "Expected every Worker to finish its job, got Uncaught Error: gone");
});

Deno.test("inWorkers() leaves no Worker when it is left early", async () => {
  for await (const _ of inWorkers(WORK, [{ say: "a" }, { say: "b", after: 60_000 }], TWO)) break;
});

Deno.test("inWorkers() works in this thread for one job or one core", async () => {
  assertEquals((await done([{ say: "a" }], TWO)).results, [`a in ${HERE}`]);
  const { results } = await done([{ say: "a" }, { say: "b" }], { threads: 1 });
  assertEquals(results, [`a in ${HERE}`, `b in ${HERE}`]);
});

Deno.test({
  name: "inWorkers() works in this thread where it may not load a Worker",
  permissions: "none",
  async fn() {
    const { results } = await done([{ say: "a" }, { say: "b" }], TWO);
    assertEquals(results, [`a in ${HERE}`, `b in ${HERE}`]);
  },
});

Deno.test("inWorkers() works in this thread where there are no Workers", async () => {
  const { Worker } = globalThis;
  try {
    Reflect.deleteProperty(globalThis, "Worker");
    assertEquals((await done([{ say: "a" }, { say: "b" }], TWO)).results[1], `b in ${HERE}`);
  } finally {
    globalThis.Worker = Worker;
  }
});

Deno.test("inWorkers() says so when a result cannot be sent", async () => {
  await assertRejects(
    () => Array.fromAsync(inWorkers(WORK, [{ fail: "uncloneable" }, { say: "b" }], TWO)),
    Error,
    "could not be cloned",
  );
});
