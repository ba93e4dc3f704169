import { assert, assertEquals, assertThrows } from "@std/assert";
import { defineLinux, type Kernel } from "./kernel.ts";
import { linux } from "./linux.ts";

const base = linux("7.2");

Deno.test("defineLinux() freezes a kernel of one's own", () => {
  const mine = defineLinux({ ...base, version: "mine", retiresSeamNrPage: true });
  assertEquals([mine.version, mine.retiresSeamNrPage], ["mine", true]);
  assert(
    Object.isFrozen(mine) && Object.isFrozen(mine.sources) && Object.isFrozen(mine.sources[0]),
  );
});

Deno.test("defineLinux() refuses facts of which no kernel has both", () => {
  const contradictions: [Partial<Kernel>, string][] = [
    [{ resetSymbol: "tdx_clear_page" }, "that function knows no flag"],
    [{ reset: "always" }, "returns at once without the flag"],
    [{ retiresSeamNrPage: true, heedsSeamNr: false }, "a kernel that panics retires no page"],
    [{ moduleVersion: "log" }, "the update goes through the same files"],
  ];
  for (const [change, message] of contradictions) {
    assertThrows(() => defineLinux({ ...base, ...change }), RangeError, message);
  }
});

Deno.test("linux() takes a kernel, and only one that linux() and defineLinux() made", () => {
  assertEquals(linux(base), base);
  for (const value of [{ ...base }, structuredClone(base), 6.18, null]) {
    assertThrows(() => linux(value as never), TypeError, "kernel from linux() or defineLinux()");
  }
});
