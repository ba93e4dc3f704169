import { assertEquals, assertThrows } from "@std/assert";
import { GiB, runOf } from "@tdx/core";
import { buildTd } from "./build_td.ts";
import { checkInvariants } from "./check_invariants.ts";
import { newModule } from "./_fixtures_test.ts";

Deno.test("buildTd() builds a TD that runs", () => {
  const module = newModule();
  const { tdr, vcpus, guestPages } = buildTd(module, {
    hkid: 40,
    vcpus: 3,
    control: 100,
    memory: [runOf(2 ** 18, 3), runOf(2 ** 19, 600)],
  });
  assertEquals([tdr, guestPages], [100 * 4096, 603]);
  assertEquals(module.vp.enter(vcpus[2]!, 2).status, 0n);
  assertEquals(module.td(tdr)!.mappings, [{ gpa: 0, level: 0, pages: 603 }]);
  assertEquals(module.page(GiB)?.mapping, "mapped");
  assertEquals(checkInvariants(module), []);
});

Deno.test("buildTd() maps 2 MiB pages without page tables below them", () => {
  const module = newModule();
  const memory = [runOf(2 ** 18, 512 * 3)];
  const { tdr, controlPages, guestPages } = buildTd(module, {
    hkid: 33,
    vcpus: 1,
    control: 0,
    memory,
    level: 1,
  });
  // TDR, TDCS, vCPU, and Secure EPT pages for 512 GiB and 1 GiB.
  assertEquals([controlPages, guestPages], [1 + 6 + 6 + 2, 3]);
  assertEquals(module.calls["TDH.MEM.PAGE.AUG"], 3);
  assertEquals(module.td(tdr)!.children, 6 + 6 + 2 + 3 * 512);
});

Deno.test("buildTd() builds a TD without memory", () => {
  const module = newModule();
  const { controlPages } = buildTd(module, { hkid: 33, vcpus: 1, control: 0, memory: [] });
  assertEquals(controlPages, 1 + 6 + 6);
});

Deno.test("buildTd() names the SEAMCALL that is refused", () => {
  const module = newModule();
  const plan = { hkid: 33, vcpus: 1, control: 0, memory: [runOf(2 ** 18, 1)] };
  buildTd(module, plan);
  assertThrows(
    () => buildTd(module, { ...plan, control: 1000 }),
    RangeError,
    "Expected TDH.MNG.CREATE to succeed, got 0xc000082000000000 HKID_NOT_FREE",
  );
  assertThrows(
    () => buildTd(module, { ...plan, hkid: 34, control: 1000 }),
    RangeError,
    "TDH.MEM.PAGE.AUG to succeed, got 0xc000030000000008 PAGE_METADATA_INCORRECT",
  );
});
