import { assertEquals } from "@std/assert";
import { GiB, MiB, runOf } from "@tdx/core";
import { liveTd, newModule, says } from "../_fixtures_test.ts";

Deno.test("pagePromote() joins pages that the guest has accepted, and no others", () => {
  const module = newModule();
  const { tdr } = liveTd(module);
  const { mem } = module;
  const gpa = 2 * MiB;
  mem.septAdd(tdr, gpa, 1, 3 * GiB);
  mem.pageAug(tdr, gpa, 0, runOf(2 * GiB / 4096, 512));
  const promote = () => {
    mem.rangeBlock(tdr, gpa, 1);
    mem.track(tdr);
    return says(mem.pagePromote(tdr, gpa, 1));
  };
  assertEquals(promote(), "EPT_INVALID_PROMOTE_CONDITIONS|RCX");
  assertEquals(module.page(2 * GiB)?.level, 0);
  mem.rangeUnblock(tdr, gpa, 1);
  module.accept(tdr, gpa, 0, 512);
  assertEquals(says(mem.pagePromote(tdr + 8, gpa, 1)), "OPERAND_INVALID|RDX");
  assertEquals(promote(), "SUCCESS");
  assertEquals(module.page(2 * GiB)?.level, 1);
  // An address within a page is that page's.
  assertEquals(module.page(3 * GiB - 1)?.type, "NDA");
  assertEquals(module.page(tdr + 4095)?.type, "TDR");
});
