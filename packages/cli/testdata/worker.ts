import { UsageError } from "../shell/values.ts";
import { serve } from "../shell/workers.ts";

/** What a job of the tests does. */
export interface Order {
  readonly say?: string;
  /** When it says it, in milliseconds. */
  readonly after?: number;
  readonly fail?: "usage" | "limit" | "die" | "uncloneable";
}

const inWorker = "WorkerGlobalScope" in globalThis;

/** Does it. */
export async function testJob(
  { say, after = 0, fail }: Order,
  onProgress: (progress: string) => void,
): Promise<string> {
  onProgress(`${say} begins`);
  await new Promise((resolve) => setTimeout(resolve, after));
  if (fail === "usage") throw new UsageError("a mistake");
  if (fail === "limit") {
    throw Object.assign(new RangeError("too many"), { name: "StateLimitError" });
  }
  if (fail === "die") {
    // An error outside the job ends its Worker.
    setTimeout(() => {
      throw new Error("gone");
    });
    await new Promise(() => {});
  }
  if (fail === "uncloneable") return (() => {}) as unknown as string;
  return `${say} in ${inWorker ? "a Worker" : "this thread"}`;
}

if (inWorker) serve(testJob);
