import { assertEquals, assertLess } from "@std/assert";
import { summarizeKernelLog } from "./kernel_log.ts";

const GiB = 2 ** 30;
const LINE = "[12345.678901] eth0: link is up, 100000 Mbps full duplex, flow control rx and tx\n";
const RECORD = "[1.0] mce: [Hardware Error]: CPU 1: Machine Check Exception: f Bank 1: " +
  "bd80000000100134\n";

Deno.test("summarizeKernelLog() reads a log of 1 GiB without holding it", async () => {
  const chunk = new TextEncoder().encode(LINE.repeat(800));
  let made = 0;
  let most = 0;
  async function* log(): AsyncGenerator<Uint8Array> {
    while (made < GiB) {
      made += chunk.length;
      most = Math.max(most, Deno.memoryUsage().rss);
      yield chunk;
    }
    yield new TextEncoder().encode(RECORD);
  }
  const before = Deno.memoryUsage().rss;
  const { consumed } = await summarizeKernelLog(log());
  assertEquals(consumed, 1);
  assertLess(most - before, 256 * 2 ** 20);
});
