import { assert, assertEquals, assertRejects } from "@std/assert";
import { MiB } from "@tdx/core";
import { Buffers } from "./_buffers.ts";
import { callTest, withCode } from "./fixtures_test.ts";
import { MeterError } from "./meter_error.ts";
import { Threads } from "./_threads.ts";

callTest("Threads run a routine each on its own buffer, and sum what it returns", async () => {
  await withCode(async (libc, code) => {
    using buffers = new Buffers(libc, "4KiB", 3, MiB);
    using threads = new Threads(code, 3);
    const call = { starts: buffers.starts, bytes: MiB, stepBytes: MiB };
    const { ns } = await threads.run({ ...call, routine: "movnti", value: 7n });
    assert(ns > 0);
    const { sum } = await threads.run({ ...call, routine: "countWords", value: 7n });
    assertEquals(sum, 3 * MiB / 8);
  });
});

callTest("Threads that cannot run fail with the reason, all of them being at rest", async () => {
  await withCode(async (libc, code) => {
    using buffers = new Buffers(libc, "4KiB", 2, MiB);
    using threads = new Threads(code, 2);
    // No number: the threads find out when they call.
    const value = "zero" as unknown as bigint;
    const call = { starts: buffers.starts, bytes: MiB, stepBytes: MiB, value };
    await assertRejects(
      () => threads.run({ ...call, routine: "movnti" }),
      MeterError,
      "Expected every thread to run, got TypeError: Invalid FFI u64 type",
    );
  });
});
