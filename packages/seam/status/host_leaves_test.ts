import { assertEquals } from "@std/assert";
import { leafOf } from "./host_leaves.ts";

Deno.test("leafOf() names a leaf by its number, as Intel writes it", () => {
  const samples = [
    [0, "TDH.VP.ENTER", false],
    [28, "TDH.PHYMEM.PAGE.RECLAIM", false],
    [0x21n, "TDH.SYS.INIT", false],
    [53, "TDH.SYS.UPDATE", false],
    [58, "TDH.PHYMEM.PAMT.ADD", true],
    [96, "TDH.MIG.STREAM.CREATE", false],
  ] as const;
  for (const [number, name, newer] of samples) {
    const leaf = leafOf(number);
    assertEquals([leaf?.name, leaf?.newer, leaf?.newerName], [name, newer, null]);
  }
});

Deno.test("leafOf() knows the leaves of module 1.5.01 and of newer ones, by number and by name", () => {
  const table = new URL("../testdata/leaves.tsv", import.meta.url);
  for (const line of Deno.readTextFileSync(table).trim().split("\n").slice(1)) {
    const [number, cName, source] = line.split("\t");
    const newer = source !== "module 1.5.01";
    const leaf = leafOf(cName!);
    const name = cName!.replaceAll("_", ".");
    assertEquals([leaf?.name, leaf?.number, leaf?.newer], [name, Number(number), newer] as unknown);
    const found = leafOf(Number(number));
    assertEquals(newer ? found?.newerName ?? found?.name : found?.name, name as unknown);
  }
});

Deno.test("leafOf() finds a leaf by its name, as Intel, C code and functions write it", () => {
  for (const name of ["TDH.SYS.DISABLE", "TDH_SYS_DISABLE", "tdh_sys_disable"]) {
    assertEquals(leafOf(name)?.number, 69);
  }
  assertEquals(leafOf("TDH.NO.SUCH"), undefined);
});

Deno.test("leafOf() tells the version apart from the leaf", () => {
  const leaf = leafOf(0x10016n);
  assertEquals([leaf?.name, leaf?.version], ["TDH.VP.INIT", 1]);
});

Deno.test("leafOf() says so where newer modules have another leaf of that number", () => {
  const leaf = leafOf(42);
  assertEquals([leaf?.name, leaf?.newerName], ["TDH.MEM.SEPT.WR", "TDH.SYS.RDM"]);
});

Deno.test("leafOf() knows 79 numbers, and none that is no leaf of a host", () => {
  const numbers = Array.from({ length: 0x10000 }, (_, number) => number)
    .filter((number) => leafOf(number) !== undefined);
  assertEquals(numbers.length, 79);
  for (const number of [5, 0xffff, -1, 1n << 24n, 1n << 63n]) {
    assertEquals(leafOf(number), undefined);
  }
});
