import { assertEquals, assertThrows } from "@std/assert";
import { generic } from "@tdx/platform-generic";
import { fixture } from "./_fixtures_test.ts";
import { replayCalls } from "./replay_calls.ts";

const replay = (text: string) => replayCalls(text, { platform: generic, name: "trace" });
/** A TD's whole life: one vCPU, three pages; a busy block, and a write-back that is interrupted. */
const life = fixture("life.txt");

for (const text of [life, fixture("life-7.3.txt")]) {
  const kernel = /^kernel (.*)$/m.exec(text)![1];
  Deno.test(`replayCalls() agrees with a TD's life from its creation to the TDR's write-back, ${kernel}`, () => {
    const { difference, calls, agreed, busy, outside, incomplete, unknown } = replay(text);
    assertEquals(difference, null);
    assertEquals([calls, agreed, busy, outside, incomplete, unknown.size], [59, 58, 1, 0, 0, 0]);
  });
}

Deno.test("replayCalls() shows the call, both answers and the rule where they part", () => {
  // The page of the TDR is said to be none of a TD's.
  const lines = life.trimEnd().split("\n");
  const at = lines.findLastIndex((line) => line.includes(" tdh_phymem_page_reclaim: "));
  lines[at] = lines[at]!.replace("status=0x0", "status=0xc000030000000001");
  const { difference } = replay(lines.join("\n"));
  assertEquals(difference?.function, "tdh_phymem_page_reclaim");
  assertEquals([difference?.recorded.name, difference?.rule], ["PAGE_METADATA_INCORRECT", "T5"]);
  assertEquals((difference?.model as { name: string }).name, "SUCCESS");
});

Deno.test("replayCalls() sees that a step was left out", () => {
  const without = (name: string) =>
    replay(life.split("\n").filter((line) => !line.includes(`${name}:`)).join("\n")).difference;
  const said = (name: string) => {
    const found = without(name);
    return [found?.function, (found?.model as { name: string }).name];
  };
  assertEquals(said("tdh_mem_track"), ["tdh_mem_page_remove", "TLB_TRACKING_NOT_DONE"]);
  assertEquals(said("tdh_phymem_cache_wb"), ["tdh_mng_key_freeid", "WBCACHE_NOT_COMPLETE"]);
  assertEquals(said("tdh_vp_flush"), ["tdh_mng_vpflushdone", "FLUSHVP_NOT_DONE"]);
});

Deno.test("replayCalls() says what it could not compare", () => {
  const begun = life.split("\n").filter((line) => !/tdh_(mng|vp)_create:/.test(line)).join("\n");
  const { agreed, outside, difference } = replay(begun);
  assertEquals([difference, outside > 20, agreed < 20], [null, true, true]);
  assertThrows(() => replay(fixture("hist.txt")), SyntaxError, "Expected a trace of single calls");
});

/** Calls of a graph: the CPU, the call, what came back. */
const graph = (...calls: readonly (readonly [cpu: number, call: string, ret: string])[]) =>
  "# CPU  DURATION                  FUNCTION CALLS\n" +
  calls.map(([cpu, call, ret]) => ` ${cpu})   1.5 us    |  ${call}; (ret=${ret})\n`).join("");
const TD = "td=0xffff888100000000";
const INTERRUPTED = "0x8000000300000000";

Deno.test("replayCalls() interrupts the write-back of each package as often as its own CPU was", () => {
  const { difference, agreed } = replay(graph(
    [0, `tdh_mng_create(${TD}, hkid=33)`, "0x0"],
    [0, `tdh_mng_key_config(${TD})`, "0x0"],
    [1, `tdh_mng_key_config(${TD})`, "0x0"],
    [0, `tdh_mng_vpflushdone(${TD})`, "0x0"],
    [0, "tdh_phymem_cache_wb(resume=0)", INTERRUPTED],
    [1, "tdh_phymem_cache_wb(resume=0)", "0x0"],
    [0, "tdh_phymem_cache_wb(resume=1)", INTERRUPTED],
    [0, "tdh_phymem_cache_wb(resume=1)", "0x0"],
    [0, `tdh_mng_key_freeid(${TD})`, "0x0"],
  ));
  assertEquals([difference, agreed], [null, 9]);
});

Deno.test("replayCalls() takes a vCPU that is flushed for one that had been entered there (T1)", () => {
  // The same call once more on another CPU: in between the vCPU has moved.
  const moved = life.replace(
    /(.*in_tdh_vp_flush: .*\n.*\n)/,
    (both) => both + both.replaceAll("[000]", "[003]"),
  );
  const { difference, calls, agreed } = replay(moved);
  assertEquals([difference, calls, agreed], [null, 60, 59]);
});

Deno.test("replayCalls() counts what the model has not, what is incomplete, and the KeyID of another module", () => {
  const found = replay(graph(
    [0, `tdh_mng_create(${TD}, hkid=65)`, "0x0"],
    [0, `tdh_mng_key_config(${TD})`, "0x8000020200000000"],
    [0, "tdh_mng_rd(td=0x1, field=0x2)", "0x0"],
    [0, "tdh_mng_rd(td=0x1, field=0x3)", "0x0"],
    [0, "tdh_mem_track()", "0x0"],
    [0, `tdh_mem_track(${TD})`, "0xc000060600000000"],
  ));
  assertEquals([found.calls, found.agreed, found.busy, found.incomplete], [6, 1, 1, 1]);
  assertEquals([...found.unknown], [["tdh_mng_rd", 2]]);
  // No TDCS yet: the model has an answer too, and another.
  assertEquals(found.difference?.line, 7);
  assertEquals(found.difference?.recorded.name, "TDCS_NOT_ALLOCATED");
});
