import { assertEquals, assertThrows } from "@std/assert";
import { Seamcalls } from "./seamcalls.ts";

/** Issues SEAMCALLs that all get as far as a lock; 1 where the injected busy struck. */
function strikes(calls: Seamcalls, count: number): number[] {
  return Array.from({ length: count }, () => {
    calls.begin();
    const struck = calls.meetsBusy();
    calls.end("TDH.MEM.TRACK", 1);
    return struck ? 1 : 0;
  });
}

Deno.test("Seamcalls.inject() strikes after as many SEAMCALLs as the sampler says", () => {
  const calls = new Seamcalls();
  const gaps = [2, 0, 3, Infinity];
  calls.inject({ busyAfter: () => gaps.shift()! });
  assertEquals(strikes(calls, 10), [0, 0, 1, 1, 0, 0, 0, 1, 0, 0]);
  assertEquals(calls.quiet, Infinity);
});

Deno.test("Seamcalls keeps a strike for the next call where a call takes no lock", () => {
  const calls = new Seamcalls();
  const gaps = [0, Infinity];
  calls.inject({ busyAfter: () => gaps.shift()! });
  calls.begin(); // refused before its first lock
  calls.end("TDH.MNG.CREATE", 1);
  assertEquals(calls.quiet, 0);
  assertEquals(strikes(calls, 2), [1, 0]);
});

Deno.test("Seamcalls.meetsBusy() strikes once in a SEAMCALL", () => {
  const calls = new Seamcalls();
  calls.inject({ busyAfter: () => 0 });
  calls.begin();
  assertEquals([calls.meetsBusy(), calls.meetsBusy()], [true, false]);
});

Deno.test("Seamcalls.end() counts SEAMCALLs and brings the strike nearer", () => {
  const calls = new Seamcalls();
  calls.inject({ busyAfter: () => 10 });
  calls.begin();
  calls.end("TDH.MEM.TRACK", 10);
  assertEquals([calls.quiet, calls.counts["TDH.MEM.TRACK"]], [0, 10]);
  assertEquals(strikes(calls, 1), [1]);
});

Deno.test("Seamcalls does not count a SEAMCALL that ends in an error", () => {
  const calls = new Seamcalls();
  calls.inject({ busyAfter: () => 1 });
  calls.begin();
  assertEquals([calls.quiet, calls.counts], [1, {}]);
  assertEquals(strikes(calls, 2), [0, 1]);
});

Deno.test("Seamcalls.inject({}) takes the faults away", () => {
  const calls = new Seamcalls();
  calls.inject({ busyAfter: () => 0, interrupts: 3 });
  calls.inject({});
  assertEquals([calls.quiet, calls.interrupts], [Infinity, 0]);
});

Deno.test("Seamcalls.inject() keeps the faults there were where it throws", () => {
  const calls = new Seamcalls();
  calls.inject({ busyAfter: () => 4, interrupts: 1 });
  assertThrows(() => calls.inject({ busyAfter: () => NaN, interrupts: 2 }), RangeError, "NaN");
  assertEquals([calls.quiet, calls.interrupts], [4, 1]);
});
