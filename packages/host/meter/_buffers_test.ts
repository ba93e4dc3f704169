import { assert, assertEquals, assertThrows } from "@std/assert";
import { MiB } from "@tdx/core";
import { Buffers } from "./_buffers.ts";
import { callTest, protectionAt, withCode } from "./fixtures_test.ts";
import type { Libc } from "./_libc.ts";
import { MeterError } from "./meter_error.ts";

const BYTES = 6 * MiB;

/** Writes each page, as only what was written has pages. */
function touch(libc: Libc, { starts }: Buffers): void {
  for (const start of starts) libc.copy(start, new Uint8Array(BYTES).fill(1));
}

callTest("Buffers start where a huge page can, and do not overlap", async () => {
  await withCode((libc) => {
    for (const pages of ["4KiB", "huge"] as const) {
      using buffers = new Buffers(libc, pages, 3, BYTES - 4096);
      const [first, second, third] = buffers.starts;
      assertEquals(first! % (2 * MiB), 0);
      assertEquals([second! - first!, third! - second!], [BYTES, BYTES]);
      assertEquals(protectionAt(libc, third! + BYTES - 4097), "rw-p");
    }
  });
});

callTest("Buffers of 4 KiB pages have no huge ones", async () => {
  await withCode((libc) => {
    using buffers = new Buffers(libc, "4KiB", 2, BYTES);
    touch(libc, buffers);
    assertEquals(buffers.backing(BYTES), { pages: "4KiB", from: "transparent", hugeShare: 0 });
  });
});

callTest("Buffers of huge pages say which share the kernel gave", async () => {
  await withCode((libc) => {
    using buffers = new Buffers(libc, "huge", 2, BYTES);
    touch(libc, buffers);
    const { pages, hugeShare } = buffers.backing(BYTES);
    const switched = libc.readText("/sys/kernel/mm/transparent_hugepage/enabled") ?? "";
    assertEquals(pages, "huge");
    assert(hugeShare! >= 0 && hugeShare! <= 1);
    // Only where memory is too broken up does the kernel give less than all.
    if (/\[(always|madvise)\]/.test(switched)) assert(hugeShare! > 0, `${hugeShare}`);
  });
});

callTest("Buffers give their memory back, also where what uses them throws", async () => {
  await withCode((libc) => {
    let starts: readonly number[] = [];
    assertThrows(
      () => {
        using buffers = new Buffers(libc, "huge", 2, BYTES);
        starts = buffers.starts;
        throw new Error("stopped");
      },
      Error,
      "stopped",
    );
    assertEquals(starts.map((start) => protectionAt(libc, start)), ["", ""]);
  });
});

callTest("Buffers say what may limit memory that the system refuses", async () => {
  await withCode((libc) => {
    assertThrows(
      () => new Buffers(libc, "4KiB", 1, 2 ** 50),
      MeterError,
      "Expected mmap of 1024 TiB to succeed, got ENOMEM: out of memory or over a limit; the limit " +
        "may be ulimit -v, a memory cgroup or vm.overcommit_memory",
    );
  });
});
