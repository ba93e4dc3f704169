import { assertEquals } from "@std/assert";
import { hex, newModule } from "../_fixtures_test.ts";

Deno.test("mr.finalize() needs keys, then a TDCS, then an initialised TD, once", () => {
  const module = newModule();
  const { mng, mr } = module;
  assertEquals(hex(mr.finalize(0).status), "C000030000000001");
  mng.create(0, 33);
  assertEquals(hex(mr.finalize(0).status), "8000081000000000");
  [0, 1].forEach((pkg) => mng.keyConfig(0, pkg));
  assertEquals(hex(mr.finalize(0).status), "C000060600000000");
  for (let i = 1; i <= 6; i++) mng.addcx(i * 4096, 0);
  assertEquals(hex(mr.finalize(0).status), "C000060800000000");
  mng.init(0);
  assertEquals(mr.finalize(0).status, 0n);
  assertEquals(module.td(0)!.opState, "RUNNABLE");
  assertEquals(hex(mr.finalize(0).status), "C000060800000000");
});
