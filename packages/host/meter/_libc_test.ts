import { assertEquals, assertThrows } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { PAGE_BYTES } from "@tdx/core";
import { callTest, MACHINE, MAY_CALL, protectionAt, withCode } from "./fixtures_test.ts";
import { Libc, requireLinuxX86 } from "./_libc.ts";
import { MeterError } from "./meter_error.ts";

Deno.test("requireLinuxX86() takes Linux on x86-64 and nothing else", () => {
  requireLinuxX86({ os: "linux", arch: "x86_64" });
  for (const [os, arch] of [["darwin", "x86_64"], ["linux", "aarch64"]] as const) {
    assertThrows(
      () => requireLinuxX86({ os, arch }),
      MeterError,
      `Expected Linux on x86-64, whose machine code this is, got ${os} on ${arch}`,
    );
  }
});

Deno.test({
  name: "new Libc() says which permission it needs and why (on Linux, x86-64)",
  ignore: MAY_CALL || !MACHINE,
  fn() {
    const error = assertThrows(() => new Libc(), MeterError);
    assertEquals(
      error.message,
      "Expected the permission --allow-ffi: measuring places a few bytes of machine code in " +
        "memory through the C library, and calls them",
    );
  },
});

callTest("Libc maps memory that can be written and not executed, and gives it back", async () => {
  await withCode((libc) => {
    const address = libc.map(PAGE_BYTES)!;
    assertEquals(protectionAt(libc, address), "rw-p");
    libc.unmap(address, PAGE_BYTES);
    assertEquals(protectionAt(libc, address), "");
  });
});

callTest(
  "Libc.map() gives nothing where the system refuses, and failure() says why",
  async () => {
    await withCode((libc) => {
      assertEquals(libc.map(2 ** 52), undefined);
      assertEquals(
        libc.failure("mmap").message,
        "Expected mmap to succeed, got ENOMEM: out of memory or over a limit",
      );
      // No page starts at 1.
      assertThrows(
        () => libc.seal(1, PAGE_BYTES),
        MeterError,
        "Expected mprotect to read and execute to succeed, got EINVAL: not as this kernel takes it",
      );
      // ENOENT, which no mapping of memory is refused with.
      assertEquals(libc.readText("/proc/self/fd/none"), undefined);
      assertEquals(
        libc.failure("open").message,
        "Expected open to succeed, got error number 2",
      );
    });
  },
);

callTest(
  "Libc.readText() reads a file whole, and says nothing of one that is not there",
  async () => {
    await withCode((libc) => {
      assertEquals(libc.readText("/nowhere"), undefined);
      assertEquals(libc.readText("/proc"), undefined);
      const path = fromFileUrl(new URL("routines.ts", import.meta.url));
      assertEquals(libc.readText(path), Deno.readTextFileSync(path));
    });
  },
);
