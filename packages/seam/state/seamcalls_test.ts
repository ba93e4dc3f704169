import { assertEquals, assertThrows } from "@std/assert";
import { Seamcalls } from "./seamcalls.ts";

/** Issues SEAMCALLs that all get as far as a lock; 1 where the injected busy struck. */
function strikes(calls: Seamcalls, count: number): number[] {
  return Array.from({ length: count }, () => {
    calls.begin("TDH.MEM.TRACK");
    return calls.meetsBusy() ? 1 : 0;
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
  const gaps = [1, Infinity];
  calls.inject({ busyAfter: () => gaps.shift()! });
  calls.begin("TDH.MEM.TRACK");
  calls.begin("TDH.MNG.CREATE"); // refused before its first lock
  assertEquals(calls.quiet, 0);
  assertEquals(strikes(calls, 2), [1, 0]);
});

Deno.test("Seamcalls.repeat() counts calls and brings the strike nearer", () => {
  const calls = new Seamcalls();
  calls.inject({ busyAfter: () => 10 });
  calls.begin("TDH.MEM.TRACK");
  assertEquals(calls.quiet, 9);
  calls.repeat("TDH.MEM.TRACK", 9);
  assertEquals([calls.quiet, calls.counts.get("TDH.MEM.TRACK")], [0, 10]);
  assertEquals(strikes(calls, 1), [1]);
});

Deno.test("Seamcalls.inject({}) takes the faults away", () => {
  const calls = new Seamcalls();
  calls.inject({ busyAfter: () => 0, interrupts: 3 });
  calls.inject({});
  assertEquals([calls.quiet, calls.interrupts], [Infinity, 0]);
});

Deno.test("Seamcalls.inject() refuses what is no number of calls, and keeps what was", () => {
  const calls = new Seamcalls();
  calls.inject({ busyAfter: () => 4, interrupts: 1 });
  assertThrows(() => calls.inject({ busyAfter: () => -1 }), RangeError, "-1");
  assertThrows(() => calls.inject({ busyAfter: () => NaN }), RangeError, "NaN");
  assertThrows(() => calls.inject({ interrupts: 0.5 }), RangeError, "0.5");
  assertEquals([calls.quiet, calls.interrupts], [4, 1]);
});
