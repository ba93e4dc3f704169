import { assertEquals, assertThrows } from "@std/assert";
import type { MachineCheck } from "@tdx/core";
import { assessMachineCheck, type MachineCheckHost } from "./assess_machine_check.ts";
import { MachineCheckPages } from "./machine_check_pages.ts";

const POISON: MachineCheck = {
  bank: 1,
  status: 0xbd80000000100134n,
  mcgStatus: 0xfn,
  address: 0x1040n,
  misc: 0x86n,
};
const CORRECTED = { ...POISON, status: 0x8c00004000010090n, mcgStatus: 0n };
const KERNEL = { cs: 0x10, ip: 1n };
const HOST = { maxPa: 52, keyIdBits: 6 };

function reports(records: readonly MachineCheck[], host: MachineCheckHost = HOST, limit?: number) {
  const pages = new MachineCheckPages(limit);
  for (const record of records) {
    pages.add(assessMachineCheck({ record, interrupted: KERNEL }, host));
  }
  return { reports: pages.reports(), dropped: pages.dropped };
}

Deno.test("MachineCheckPages groups by page without KeyID, by address", () => {
  const keyed = { ...POISON, address: 0x1080n | 33n << 46n };
  const { reports: found } = reports([{ ...POISON, address: 0x5000n }, POISON, keyed]);
  assertEquals(found.map(({ page, keyIds, records }) => [page, keyIds, records]), [
    [0x1000, [0, 33], 2],
    [0x5000, [0], 1],
  ]);
});

Deno.test("MachineCheckPages says which pages should be retired", () => {
  const advice = (record: MachineCheck) => reports([record]).reports.map(({ advice }) => advice);
  assertEquals(advice(POISON), ["retire"]);
  assertEquals(advice({ ...POISON, mcgStatus: 0x100fn }), ["retired"]);
  assertEquals(advice(CORRECTED), ["keep"]);
  // A TD's error with KeyID bits in its address: Linux finds no page to retire (N1).
  const keyed = { ...POISON, mcgStatus: 0x100fn, address: 0x1080n | 33n << 46n };
  assertEquals(advice(keyed), ["retire"]);
  // UCNA goes to memory_failure, which masks them (N5).
  const ucna = { ...POISON, status: 0xbc00000000000090n, mcgStatus: 0n };
  assertEquals(advice(ucna), ["retired"]);
  assertEquals(advice({ ...ucna, address: keyed.address }), ["retired"]);
  assertEquals(reports([CORRECTED, POISON]).reports.map(({ advice }) => advice), ["retire"]);
});

Deno.test("MachineCheckPages counts a page as retired only where that is sure", () => {
  const pages = new MachineCheckPages();
  // Kernel or process: panic, or the page retired.
  pages.add(assessMachineCheck({ record: POISON }));
  assertEquals(pages.reports()[0]?.advice, "retire");
});

Deno.test("MachineCheckPages passes over a record without a page, and one that is not a memory error", () => {
  const { misc: _misc, ...noMisc } = POISON;
  const bus = { ...POISON, status: 0xbe00000000000e0fn };
  assertEquals(reports([noMisc, bus]).reports, []);
});

Deno.test("MachineCheckPages remembers no more pages than its limit and counts the rest", () => {
  const records = [0, 1, 2, 1].map((page) => ({ ...POISON, address: BigInt(page) << 12n }));
  const found = reports(records, HOST, 2);
  assertEquals(found.reports.map(({ page, records }) => [page, records]), [[0, 1], [0x1000, 2]]);
  assertEquals(found.dropped, 1);
  assertThrows(() => new MachineCheckPages(0), RangeError, "Expected limit");
});
