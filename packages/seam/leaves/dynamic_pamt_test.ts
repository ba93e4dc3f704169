// Dynamic PAMT: pairs, their checks in order, and what the leaves say of them.
import { assertEquals, assertThrows } from "@std/assert";
import { GiB, MiB, PAGE_BYTES, runOf } from "@tdx/core";
import { checkInvariants } from "../check_invariants.ts";
import { initialise, newModule, says } from "../_fixtures_test.ts";
import type { TdxModule, TdxModuleOptions } from "../tdx_module.ts";

const TDR = 0;
/** Regions for control pages, guest pages and pairs. */
const CONTROL = 0;
const GUEST = 2 * MiB;
const PAIRS = 4 * MiB;

function dynamic(options: Omit<TdxModuleOptions, "memory"> = {}): TdxModule {
  return newModule({ dynamicPamt: true, ...options });
}

/** A TD that is initialised, with the pairs that it needs. */
function initialised(): TdxModule {
  const module = dynamic();
  module.phymem.pamtAdd(CONTROL, PAIRS, PAIRS + PAGE_BYTES);
  module.phymem.pamtAdd(GUEST, PAIRS + 2 * PAGE_BYTES, PAIRS + 3 * PAGE_BYTES);
  initialise(module);
  assertEquals(module.td(TDR)?.opState, "INITIALIZED");
  return module;
}

Deno.test("pamtAdd() and pamtRemove() without Dynamic PAMT: OPERAND_INVALID|RAX, as in 1.5.01", () => {
  const { phymem } = newModule();
  assertEquals(says(phymem.pamtAdd(CONTROL, PAIRS, PAIRS + PAGE_BYTES)), "OPERAND_INVALID|RAX");
  assertEquals(says(phymem.pamtRemove(CONTROL)), "OPERAND_INVALID|RAX");
});

Deno.test("pamtAdd() checks the addresses, the region, then each page", () => {
  const module = dynamic({ tdmrs: [{ base: 0, size: GiB }] });
  const add = (...operands: [number, number, number]) => says(module.phymem.pamtAdd(...operands));
  const [a, b] = [PAIRS, PAIRS + PAGE_BYTES];
  assertEquals(add(PAGE_BYTES, 1, 1), "OPERAND_INVALID|RCX");
  assertEquals(add(2 * GiB, 1, 1), "OPERAND_INVALID|RDX");
  assertEquals(add(2 * GiB, 2 * GiB, 1), "OPERAND_ADDR_RANGE_ERROR|RDX");
  assertEquals(add(2 * GiB, a, 1), "OPERAND_INVALID|R8");
  assertEquals(add(2 * GiB, a, 2 * GiB), "OPERAND_ADDR_RANGE_ERROR|R8");
  assertEquals(add(2 * GiB, a, b), "OPERAND_ADDR_RANGE_ERROR|RCX");
  module.lock(GUEST + PAGE_BYTES);
  assertEquals(add(GUEST, a, a), "OPERAND_BUSY|RCX");
  module.unlock(GUEST + PAGE_BYTES);
  module.lock(b);
  assertEquals(add(GUEST, a, b), "OPERAND_BUSY|R8");
  module.unlock(b);
  assertEquals(add(GUEST, a, a), "PAGE_NOT_FREE|R8");
  assertEquals(add(GUEST, a, b), "SUCCESS");
  assertEquals(add(GUEST, a, b), "HPA_RANGE_NOT_FREE|RCX");
  assertEquals(add(CONTROL, b, a), "PAGE_NOT_FREE|RDX");
  assertEquals(module.pamtPairs(), [{ region: GUEST, pages: [a, b], used: 0 }]);
  assertEquals(checkInvariants(module), []);
});

Deno.test("pamtAdd() zeroes the pair under the global key; its pages may lie in the region itself", () => {
  const module = dynamic();
  assertEquals(module.phymem.pamtAdd(GUEST, GUEST, GUEST + PAGE_BYTES).status, 0n);
  const { owner, key, data } = module.memory.state(GUEST).memory;
  assertEquals([owner, key?.keyId, data], [1, module.globalKey.keyId, "zeros"]);
  const nobody = { owner: null, level: 0, mapping: null, epoch: null } as const;
  assertEquals(module.page(GUEST), { type: "PAMT", ...nobody });
  assertEquals(says(module.phymem.pageReclaim(GUEST)), "PAGE_METADATA_INCORRECT|RCX");
  assertEquals(says(module.phymem.pageWbinvd(GUEST, 32)), "PAGE_METADATA_INCORRECT|RCX");
  assertEquals(says(module.mng.create(GUEST, 33)), "PAGE_METADATA_INCORRECT|RCX");
});

Deno.test("Dynamic PAMT: MISSING_PAMT_PAGE_PAIR from every leaf that takes a 4 KiB page", () => {
  const module = initialised();
  const { mem, mng, vp } = module;
  const free = GiB;
  assertEquals(says(mng.create(free, 34)), "MISSING_PAMT_PAGE_PAIR|RCX");
  assertEquals(says(vp.create(free, TDR)), "MISSING_PAMT_PAGE_PAIR|RCX");
  assertEquals(says(mem.septAdd(TDR, GiB, 2, free)), "MISSING_PAMT_PAGE_PAIR|R8");
  assertEquals(says(mem.septAdd(TDR, 2 * MiB, 1, free)), "MISSING_PAMT_PAGE_PAIR|R8");
  assertEquals(says(mem.pageAdd(TDR, 0, free)), "MISSING_PAMT_PAGE_PAIR|R8");
  assertEquals(says(mem.pageAug(TDR, 0, 0, free)), "MISSING_PAMT_PAGE_PAIR|R8");
  // A reclaim looks for a page in use, and a page of a pair is none.
  assertEquals(says(module.phymem.pageReclaim(free)), "PAGE_METADATA_INCORRECT|RCX");
  assertEquals(mem.pageAug(TDR, 0, 0, GUEST).status, 0n);
  assertEquals(checkInvariants(module), []);
});

Deno.test("Dynamic PAMT: a chunk stops before the region without a pair", () => {
  const module = initialised();
  const chunk = runOf(PAIRS / PAGE_BYTES - 3, 5);
  const first = module.mem.pageAug(TDR, 0, 0, chunk);
  assertEquals([first.status, first.pages.count], [0n, 3]);
  const second = module.mem.pageAug(TDR, 3 * PAGE_BYTES, 0, first.rest!);
  assertEquals([says(second), second.pages.count], ["MISSING_PAMT_PAGE_PAIR|R8", 1]);
});

Deno.test("Dynamic PAMT: a larger page needs a region without a pair, free of pages of pairs", () => {
  const module = initialised();
  const { mem } = module;
  assertEquals(says(mem.pageAug(TDR, 2 * MiB, 1, GUEST)), "PAGE_METADATA_INCORRECT|R8");
  assertEquals(says(mem.pageAug(TDR, 2 * MiB, 1, PAIRS)), "PAGE_METADATA_INCORRECT|R8");
  assertEquals(mem.pageAug(TDR, 2 * MiB, 1, PAIRS + 2 * MiB).status, 0n);
  // There is no pair to be removed, and no hint of one.
  const { rcx, removable } = mem.pageRemove(TDR, 2 * MiB, 1);
  assertEquals([rcx, removable], [BigInt(PAIRS + 2 * MiB), []]);
  assertEquals(checkInvariants(module), []);
});

Deno.test("Dynamic PAMT: the last page of a region comes with the removal hint", () => {
  const module = initialised();
  const { mem, phymem } = module;
  mem.pageAdd(TDR, 0, runOf(GUEST / PAGE_BYTES, 3));
  assertEquals(mem.pageRemove(TDR, 0, 0).rcx, BigInt(GUEST));
  const { rcx, removable } = mem.pageRemove(TDR, PAGE_BYTES, 0, 2);
  assertEquals([rcx, removable], [1n << 62n | BigInt(GUEST + PAGE_BYTES), [GUEST]]);
  mem.septAdd(TDR, 2 * MiB, 1, GUEST);
  assertEquals(mem.septRemove(TDR, 2 * MiB, 1).rcx, 1n << 62n | BigInt(GUEST));
  mem.pageAdd(TDR, 0, GUEST);
  module.mng.vpflushdone(TDR);
  for (const pkg of [0, 1]) phymem.cacheWb(pkg, 0);
  module.mng.keyFreeid(TDR);
  const { r9, removable: emptied } = phymem.pageReclaim(GUEST);
  assertEquals([r9, emptied], [1n << 62n, [GUEST]]);
  assertEquals(checkInvariants(module), []);
});

Deno.test("pamtRemove() refuses in order, and gives the pair back uncleared (S7)", () => {
  const module = initialised();
  const { mem, phymem } = module;
  assertEquals(says(phymem.pamtRemove(PAGE_BYTES)), "OPERAND_INVALID|RCX");
  assertEquals(says(phymem.pamtRemove(8 * GiB)), "OPERAND_ADDR_RANGE_ERROR|RCX");
  module.lock(GUEST);
  assertEquals(says(phymem.pamtRemove(GUEST)), "OPERAND_BUSY|RCX");
  module.unlock(GUEST);
  assertEquals(says(phymem.pamtRemove(PAIRS)), "NO_PAMT_PAGE_PAIR|RCX");
  // The operand says which page of the pair describes a page in use.
  mem.pageAdd(TDR, 0, GUEST + 256 * PAGE_BYTES);
  assertEquals(says(phymem.pamtRemove(GUEST)), "PAMT_PAGE_NOT_EMPTY|RCX");
  mem.pageAdd(TDR, PAGE_BYTES, GUEST);
  assertEquals(says(phymem.pamtRemove(GUEST)), "PAMT_PAGE_NOT_EMPTY|RAX");
  for (const gpa of [0, PAGE_BYTES]) mem.pageRemove(TDR, gpa, 0);
  const pair = [PAIRS + 2 * PAGE_BYTES, PAIRS + 3 * PAGE_BYTES] as const;
  assertEquals(phymem.pamtRemove(GUEST), { status: 0n, pair });
  for (const pa of pair) {
    const { memory, copies } = module.memory.state(pa);
    assertEquals([module.page(pa)?.type, memory.owner], ["NDA", 1]);
    assertEquals(copies.map(({ keyId, dirty }) => [keyId, dirty]), [[32, true]]);
    assertEquals(phymem.pageWbinvd(pa, 32).status, 0n);
  }
  assertEquals(says(phymem.pamtRemove(GUEST)), "NO_PAMT_PAGE_PAIR|RCX");
  assertEquals(says(mem.pageAdd(TDR, 0, GUEST)), "MISSING_PAMT_PAGE_PAIR|R8");
  assertEquals(checkInvariants(module), []);
  assertThrows(() => phymem.pamtRemove(0.5), RangeError, "region");
});

Deno.test("pageDemote() with Dynamic PAMT takes a pair (R12, R13), pagePromote() gives it back", () => {
  const module = initialised();
  const { mem } = module;
  const huge = 6 * MiB;
  const pair: [number, number] = [PAIRS + 8 * PAGE_BYTES, PAIRS + 9 * PAGE_BYTES];
  mem.pageAug(TDR, 2 * MiB, 1, huge);
  module.accept(TDR, 2 * MiB, 1);
  const demote = (...pair: [number, number]) => says(mem.pageDemote(TDR, 2 * MiB, 1, GUEST, pair));
  assertEquals(demote(1, 1), "OPERAND_INVALID|R12");
  assertEquals(demote(pair[0], 8 * GiB), "OPERAND_ADDR_RANGE_ERROR|R13");
  assertEquals(demote(huge, pair[1]), "OPERAND_BUSY|R12");
  assertEquals(demote(TDR, pair[1]), "PAGE_NOT_FREE|R12");
  assertEquals(demote(pair[0], pair[0]), "PAGE_NOT_FREE|R13");
  assertEquals(says(mem.pageDemote(TDR, 2 * MiB, 1, GiB, pair)), "MISSING_PAMT_PAGE_PAIR|R8");
  assertEquals(demote(...pair), "SUCCESS");
  assertEquals(module.pamtPairs().find(({ region }) => region === huge)?.used, 512);
  assertEquals(checkInvariants(module), []);
  const promoted = mem.pagePromote(TDR, 2 * MiB, 1);
  assertEquals([promoted.status, promoted.pair], [0n, pair]);
  assertEquals(promoted.rcx, 1n << 62n | BigInt(GUEST));
  assertEquals(checkInvariants(module), []);
});
