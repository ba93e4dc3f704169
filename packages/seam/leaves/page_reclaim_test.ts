// The checks of T5 in their order: each case violates the check it is named for and, where that is
// possible, the next one too, so the earlier one has to win.
import { assertEquals, assertThrows } from "@std/assert";
import { GiB, MiB, runOf } from "@tdx/core";
import { buildTd } from "../build_td.ts";
import { checkInvariants } from "../check_invariants.ts";
import { block, GUEST, liveTd, newModule, says, tearDown } from "../_fixtures_test.ts";

const TDR = 0;
const PAGE = GiB;
const LIMIT = 2 ** 46; // 52 physical address bits, 6 of them KeyID

Deno.test("pageReclaim() T5: OPERAND_INVALID|RCX for a misaligned address, in a TDMR or not", () => {
  const { phymem } = newModule();
  assertEquals(says(phymem.pageReclaim(GiB + 64)), "OPERAND_INVALID|RCX");
  assertEquals(says(phymem.pageReclaim(8 * GiB + 1)), "OPERAND_INVALID|RCX");
});

Deno.test("pageReclaim() T5: OPERAND_INVALID|RCX for KeyID bits or an address beyond them", () => {
  const { phymem } = newModule();
  assertEquals(says(phymem.pageReclaim(LIMIT * 33 + PAGE)), "OPERAND_INVALID|RCX");
  assertEquals(says(phymem.pageReclaim(LIMIT)), "OPERAND_INVALID|RCX");
  assertEquals(says(phymem.pageReclaim(2 ** 52)), "OPERAND_INVALID|RCX");
});

Deno.test("pageReclaim() T5: OPERAND_ADDR_RANGE_ERROR|RCX outside the TDMRs, locked or not", () => {
  const module = newModule({ tdmrs: [{ base: GiB, size: GiB }] });
  module.lock(3 * GiB);
  assertEquals(says(module.phymem.pageReclaim(3 * GiB)), "OPERAND_ADDR_RANGE_ERROR|RCX");
  assertEquals(says(module.phymem.pageReclaim(4 * GiB)), "OPERAND_ADDR_RANGE_ERROR|RCX");
});

Deno.test("pageReclaim() T5: OPERAND_BUSY|RCX for a locked page, NDA or not", () => {
  const module = newModule();
  module.lock(2 * GiB);
  assertEquals(says(module.phymem.pageReclaim(2 * GiB)), "OPERAND_BUSY|RCX");
  module.unlock(2 * GiB);
  assertEquals(says(module.phymem.pageReclaim(2 * GiB)), "PAGE_METADATA_INCORRECT|RCX");
});

Deno.test("pageReclaim() T5: PAGE_METADATA_INCORRECT|RCX for NDA and RSVD", () => {
  const { phymem } = newModule({ reserved: [{ base: 2 * GiB, size: 4096 }] });
  assertEquals(says(phymem.pageReclaim(GiB)), "PAGE_METADATA_INCORRECT|RCX");
  assertEquals(says(phymem.pageReclaim(2 * GiB)), "PAGE_METADATA_INCORRECT|RCX");
});

Deno.test("pageReclaim() T5: PAGE_METADATA_INCORRECT|RCX for a page reclaimed before", () => {
  const module = newModule();
  tearDown(module, liveTd(module));
  assertEquals(module.phymem.pageReclaim(PAGE).status, 0n);
  const again = module.phymem.pageReclaim(PAGE);
  assertEquals(says(again), "PAGE_METADATA_INCORRECT|RCX");
  assertEquals([again.type, again.owner, again.level], [null, null, null]);
});

Deno.test("pageReclaim() T5: OPERAND_INVALID|RCX within a 2 MiB page, its TD locked or not", () => {
  const module = newModule();
  const td = buildTd(module, { hkid: 33, vcpus: 1, control: 0, memory: [GUEST], level: 1 });
  module.lock(td.tdr);
  const { status, type, owner, level } = module.phymem.pageReclaim(PAGE + 4096);
  assertEquals(says({ status }), "OPERAND_INVALID|RCX");
  assertEquals([type, owner, level], ["REG", TDR, 1]);
});

Deno.test("pageReclaim() T5: OPERAND_BUSY|RCX before the alignment within a 2 MiB page", () => {
  const module = newModule();
  buildTd(module, { hkid: 33, vcpus: 1, control: 0, memory: [GUEST], level: 1 });
  module.lock(PAGE + 2 * MiB - 4096); // anywhere in the page: it has one lock
  assertEquals(says(module.phymem.pageReclaim(PAGE + 4096)), "OPERAND_BUSY|RCX");
  assertEquals(says(module.phymem.pageReclaim(PAGE)), "OPERAND_BUSY|RCX");
});

Deno.test("pageReclaim() T5: OPERAND_BUSY|TDR for a locked owner, in whatever life cycle", () => {
  const module = newModule();
  const td = liveTd(module);
  module.lock(td.tdr);
  const { status, type, owner, level } = module.phymem.pageReclaim(PAGE);
  assertEquals(says({ status }), "OPERAND_BUSY|TDR");
  assertEquals([type, owner, level], ["REG", TDR, 0]);
});

Deno.test("pageReclaim() T5: LIFECYCLE_STATE_INCORRECT before TEARDOWN, for pages and the TDR", () => {
  const module = newModule();
  const td = liveTd(module);
  assertEquals(says(module.phymem.pageReclaim(PAGE)), "LIFECYCLE_STATE_INCORRECT");
  assertEquals(says(module.phymem.pageReclaim(td.tdr)), "LIFECYCLE_STATE_INCORRECT");
  block(module, td);
  assertEquals(says(module.phymem.pageReclaim(PAGE)), "LIFECYCLE_STATE_INCORRECT");
  assertEquals(says(module.phymem.pageReclaim(td.tdr)), "LIFECYCLE_STATE_INCORRECT");
});

Deno.test("pageReclaim() T5: a TDR locked by itself is OPERAND_BUSY|RCX", () => {
  const module = newModule();
  const td = liveTd(module);
  tearDown(module, td);
  module.lock(td.tdr);
  assertEquals(says(module.phymem.pageReclaim(td.tdr)), "OPERAND_BUSY|RCX");
});

Deno.test("pageReclaim() frees a page and counts its children down by its size", () => {
  const module = newModule();
  const td = buildTd(module, {
    hkid: 33,
    vcpus: 1,
    control: 0,
    memory: [runOf(2 ** 18, 1024)],
    level: 1,
  });
  tearDown(module, td);
  const before = module.td(TDR)!.children;
  const result = module.phymem.pageReclaim(PAGE);
  assertEquals([result.status, result.type, result.owner, result.level], [0n, "REG", TDR, 1]);
  assertEquals(result.pages, runOf(2 ** 18, 512));
  assertEquals(module.td(TDR)!.children, before - 512);
  assertEquals(module.page(PAGE)?.type, "NDA");
  assertEquals(module.calls["TDH.PHYMEM.PAGE.RECLAIM"], 1);
  // The other one as a chunk, by one SEAMCALL too.
  module.phymem.pageReclaim(runOf(2 ** 18 + 512, 512));
  assertEquals(module.td(TDR)!.children, before - 1024);
  assertEquals(module.calls["TDH.PHYMEM.PAGE.RECLAIM"], 2);
  assertEquals(checkInvariants(module), []);
});

Deno.test("pageReclaim() of a TDVPR takes the vCPU with it", () => {
  const module = newModule();
  const td = liveTd(module);
  tearDown(module, td);
  assertEquals(module.phymem.pageReclaim(td.vcpus[0]!).type, "TDVPR");
  assertEquals(module.td(td.tdr)!.vcpus.map(({ tdvpr }) => tdvpr), [td.vcpus[1]!]);
});

Deno.test("pageReclaim() leaves the lines as they are: TD owner, MAC and poison", () => {
  const module = newModule();
  const td = liveTd(module);
  const { memory } = module;
  memory.poison(PAGE + 64);
  tearDown(module, td);
  const owned = memory.state(PAGE);
  const poisoned = memory.state(PAGE + 64);
  assertEquals(module.phymem.pageReclaim(GUEST).status, 0n);
  assertEquals([memory.state(PAGE), memory.state(PAGE + 64)], [owned, poisoned]);
  assertEquals([owned.memory.owner, owned.memory.macMatches], [1, true]);
  assertEquals(poisoned.memory.poison, "hardware-transient");
});

Deno.test("pageReclaim() takes a chunk up to a lock, and the rest can be gone on with", () => {
  const module = newModule();
  tearDown(module, liveTd(module));
  module.lock(PAGE + 3 * 4096);
  const first = module.phymem.pageReclaim(GUEST);
  assertEquals([first.status, first.pages], [0n, runOf(2 ** 18, 3)]);
  const second = module.phymem.pageReclaim(first.rest!);
  assertEquals([says(second), second.pages], ["OPERAND_BUSY|RCX", runOf(2 ** 18 + 3, 1)]);
  const third = module.phymem.pageReclaim(second.rest!);
  assertEquals([third.status, third.pages, third.rest], [0n, runOf(2 ** 18 + 4, 508), null]);
  assertEquals(module.calls["TDH.PHYMEM.PAGE.RECLAIM"], 512);
  assertEquals(checkInvariants(module), []);
});

Deno.test("pageReclaim() meets an injected busy where it would page by page", () => {
  const module = newModule();
  const td = liveTd(module);
  tearDown(module, td);
  const gaps = [2, 5, Infinity];
  module.inject({ busyAfter: () => gaps.shift()! });
  const fates: string[] = [];
  for (let rest: typeof GUEST | null = GUEST; rest !== null;) {
    const result = module.phymem.pageReclaim(rest);
    fates.push(`${says(result)} ${result.pages.frame - 2 ** 18} ${result.pages.count}`);
    rest = result.rest;
  }
  assertEquals(fates, [
    "SUCCESS 0 2",
    "OPERAND_BUSY|RCX 2 1",
    "SUCCESS 3 5",
    "OPERAND_BUSY|RCX 8 1",
    "SUCCESS 9 503",
  ]);
  assertEquals(module.td(td.tdr)!.children, 1 + 1 + 1 + 6 + 12 + 2);
});

Deno.test("pageReclaim() reclaims TDRs that lie side by side one by one", () => {
  const module = newModule();
  module.mng.create(0, 33);
  module.mng.create(4096, 34);
  for (const tdr of [0, 4096]) module.mng.vpflushdone(tdr);
  for (const pkg of [0, 1]) module.phymem.cacheWb(pkg, 0);
  for (const tdr of [0, 4096]) module.mng.keyFreeid(tdr);
  const { status, pages, rest } = module.phymem.pageReclaim(runOf(0, 2));
  assertEquals([status, pages, rest], [0n, runOf(0, 1), runOf(1, 1)]);
  assertEquals(module.tds().map(({ tdr }) => tdr), [4096]);
});

Deno.test("pageReclaim() throws for what no register or memory can hold, and counts nothing", () => {
  const module = newModule();
  buildTd(module, { hkid: 33, vcpus: 1, control: 0, memory: [GUEST], level: 1 });
  const { phymem } = module;
  assertThrows(() => phymem.pageReclaim(-4096), RangeError, "-4096");
  assertThrows(() => phymem.pageReclaim(0.5), RangeError, "0.5");
  assertThrows(() => phymem.pageReclaim(runOf(2 ** 20 - 1, 2)), RangeError, "1048575");
  assertThrows(() => phymem.pageReclaim(runOf(2 ** 18, 511)), RangeError, "512 frames, got 511");
  assertEquals(module.calls["TDH.PHYMEM.PAGE.RECLAIM"], undefined);
});
