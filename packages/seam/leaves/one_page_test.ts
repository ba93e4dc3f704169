// A SEAMCALL is about one page, as the module's is, where it is not told of more that follow.
import { assertEquals } from "@std/assert";
import { GiB, PAGE_BYTES } from "@tdx/core";
import { liveTd, newModule } from "../_fixtures_test.ts";

Deno.test("a SEAMCALL is about one page where no number is given", () => {
  const module = newModule();
  const { tdr } = liveTd(module);
  const { mem } = module;
  const mappings = () => [0, 1, 2].map((page) => module.page(GiB + page * PAGE_BYTES)!.mapping);
  assertEquals(mem.rangeBlock(tdr, 0, 0).count, 1);
  assertEquals(mappings(), ["blocked", "mapped", "mapped"]);
  assertEquals(mem.rangeBlock(tdr, PAGE_BYTES, 0, 2).count, 2);
  const { epoch } = module.td(tdr)!;
  assertEquals([mem.track(tdr).count, module.td(tdr)!.epoch], [1, epoch + 1]);
  assertEquals(mem.rangeUnblock(tdr, PAGE_BYTES, 0).count, 1);
  assertEquals(mappings(), ["blocked", "mapped", "blocked"]);
  assertEquals(mem.pageRemove(tdr, 0, 0).count, 1);
  assertEquals(mem.pageAug(tdr, 0, 0, GiB).pages.count, 1);
  assertEquals(mappings(), ["pending", "mapped", "blocked"]);
  assertEquals(module.accept(tdr, 0, 0), true);
  assertEquals(mappings(), ["mapped", "mapped", "blocked"]);
  assertEquals(module.calls["TDH.MEM.RANGE.UNBLOCK"], 1);
});
