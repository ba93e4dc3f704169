// A guest whose frames lie here and there, in pages of 4 KiB and 2 MiB, and in blocks of two TDs.
import { assertEquals } from "@std/assert";
import { chunksOf, type FrameChunk, runOf } from "@tdx/core";
import { framesOf, newModule } from "./_fixtures_test.ts";
import { buildTd } from "./build_td.ts";

const ODD = Uint32Array.from({ length: 700 }, (_, i) => 40_001 + 2 * i);
// The chunks of guest memory, and their level.
const MEMORIES: readonly (readonly [readonly FrameChunk[], 0 | 1])[] = [
  [[...chunksOf(ODD)], 0],
  [[runOf(50_000, 3), ...chunksOf(ODD.map((frame) => frame - 1)), runOf(60_000, 600)], 0],
  [[runOf(512 * 90, 512), runOf(512 * 80, 512), runOf(512 * 81, 1024)], 1],
];

Deno.test("a guest's load goes to the frame behind its GPA, and to no other", () => {
  for (const [memory, level] of MEMORIES) {
    const module = newModule();
    const { tdr } = buildTd(module, { hkid: 33, vcpus: 1, control: 0, memory, level });
    const frames = memory.flatMap(framesOf);
    for (const page of [0, 1, 2, 511, 512, 513, frames.length - 1]) {
      const pa = frames[page]! * 4096 + 128;
      const load = (gpa: number) => module.load(tdr, gpa).data;
      const before = load(page * 4096 + 128);
      const { key } = module.td(tdr)!;
      module.memory.step({ kind: "store", by: "td", key: key!, data: "guest" }, pa);
      assertEquals([before, load(page * 4096 + 128)], ["zeros", "guest"], `page ${page}`);
      assertEquals([load(page * 4096 + 64), load(page * 4096 + 192)], ["zeros", "zeros"]);
    }
  }
});
