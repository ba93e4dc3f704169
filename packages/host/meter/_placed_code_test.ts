import { assertEquals } from "@std/assert";
import { PAGE_BYTES } from "@tdx/core";
import { callTest, protectionAt, withCode } from "./fixtures_test.ts";
import { PlacedCode } from "./_placed_code.ts";
import { type RoutineName, ROUTINES } from "./routines.ts";

callTest("PlacedCode can be executed and not written", async () => {
  await withCode((libc, code) => {
    for (const entry of Object.values(code.entry)) {
      assertEquals(protectionAt(libc, entry), "r-xp");
    }
  });
});

callTest("PlacedCode holds every routine, each on a line, and a line of zeros", async () => {
  await withCode((_, code) => {
    const read = (address: number, length: number) => {
      const pointer = Deno.UnsafePointer.create(BigInt(address))!;
      return new Uint8Array(Deno.UnsafePointerView.getArrayBuffer(pointer, length).slice(0));
    };
    for (const [name, { code: bytes }] of Object.entries(ROUTINES)) {
      const entry = code.entry[name as RoutineName];
      assertEquals([entry % 64, read(entry, bytes.length)], [0, bytes], name);
    }
    assertEquals(read(code.zeros, 64), new Uint8Array(64));
  });
});

callTest("PlacedCode gives its page back", async () => {
  await withCode((libc) => {
    let entry = 0;
    {
      using code = new PlacedCode(libc);
      entry = code.entry.cpuid;
    }
    assertEquals(protectionAt(libc, entry), "");
    // A second one is as good as the first.
    using code = new PlacedCode(libc);
    assertEquals(protectionAt(libc, code.entry.cpuid), "r-xp");
  });
});

callTest("PlacedCode gives its page back where it may not be executed", async () => {
  await withCode((libc) => {
    const unmapped: number[] = [];
    const refusing = Object.assign(Object.create(libc), {
      map: () => libc.map(PAGE_BYTES),
      copy: () => {},
      seal: () => {
        throw new Error("sealed memory is not allowed here");
      },
      unmap: (address: number, bytes: number) => {
        unmapped.push(bytes);
        libc.unmap(address, bytes);
      },
    });
    let message = "";
    try {
      new PlacedCode(refusing);
    } catch (error) {
      message = (error as Error).message;
    }
    assertEquals([message, unmapped], ["sealed memory is not allowed here", [PAGE_BYTES]]);
  });
});
