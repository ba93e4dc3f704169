import { assertEquals } from "@std/assert";
import type { MeterCpu } from "./cpu.ts";
import { METER_METHODS, obstacleTo } from "./methods.ts";

const CPU: MeterCpu = {
  vendor: "AuthenticAMD",
  family: 26,
  model: 2,
  stepping: 1,
  hypervisor: false,
  movdir64b: false,
  clflushopt: false,
  lastLevelCacheBytes: 2 ** 25,
};

Deno.test("obstacleTo() lets run what the CPU shows, and nothing else", () => {
  const runs = (cpu: MeterCpu) =>
    Object.entries(METER_METHODS)
      .filter(([, method]) => obstacleTo(method, cpu) === undefined)
      .map(([name]) => name);
  assertEquals(runs(CPU), ["rep-stosb", "movnti"]);
  assertEquals(runs({ ...CPU, clflushopt: true }), ["rep-stosb", "movnti", "clflushopt"]);
  assertEquals(runs({ ...CPU, movdir64b: true }), [
    "movdir64b",
    "movdir64b-one-fence",
    "rep-stosb",
    "movnti",
  ]);
});

Deno.test("obstacleTo() lets nothing flush a cache of unknown size", () => {
  assertEquals(
    obstacleTo(METER_METHODS.clflushopt, { ...CPU, clflushopt: true, lastLevelCacheBytes: null }),
    "CPUID does not say how large the cache is whose lines it is to flush",
  );
  assertEquals(obstacleTo(METER_METHODS.movnti, { ...CPU, lastLevelCacheBytes: null }), undefined);
});

Deno.test("obstacleTo() names the bit, and under a hypervisor does not blame the CPU alone", () => {
  const { movdir64b } = METER_METHODS;
  assertEquals(
    obstacleTo(movdir64b, CPU),
    "MOVDIR64B, CPUID.7.0 ECX[28], is 0: this CPU lacks it",
  );
  assertEquals(
    obstacleTo(movdir64b, { ...CPU, hypervisor: true }),
    "MOVDIR64B, CPUID.7.0 ECX[28], is 0: this CPU lacks it or its hypervisor hides it",
  );
});
