import { assertEquals } from "@std/assert";
import { chunksOf, type FrameChunk, runOf } from "@tdx/core";
import { buildTd } from "../build_td.ts";
import { framesOf, newModule } from "../_fixtures_test.ts";

/** Every `step`-th frame of some blocks of 2 MiB, from the first on, as a bitmap that lasts or not. */
function spread(block: number, blocks: number, step: number, lasting: boolean): FrameChunk[] {
  const [frame, count] = [512 * block, Math.floor(512 * blocks / step)];
  const frames = Uint32Array.from({ length: count }, (_, i) => frame + i * step);
  if (!lasting) return [...chunksOf(frames)];
  const words = new Uint32Array(16 * blocks);
  for (const one of frames) words[(one - frame) >>> 5]! |= 1 << (one & 31);
  const places = Uint32Array.from({ length: blocks }, (_, i) => i);
  return [{ frame, count, value: 0, words, at: 0, blocks, places, lasting }];
}

// The guest memory of a TD: bitmaps that last, others and runs beside one another; a single one; blocks
// that are far apart; more than a chunk has room for at first.
const MEMORIES: readonly (readonly FrameChunk[])[] = [
  [
    ...spread(10, 2, 2, true),
    ...spread(12, 2, 4, false),
    ...spread(14, 2, 8, true),
    runOf(8192, 600),
  ],
  [...spread(10, 3, 2, false), ...spread(13, 1, 2, true), ...spread(14, 1, 2, true)],
  spread(20, 1, 8, true),
  [...spread(10, 1, 2, false), ...spread(400, 1, 2, false), ...spread(401, 1, 4, true)],
  spread(10, 70, 4, false),
];

Deno.test("pagesOf() gives every page of a TD once, ascending, whatever else lies between", () => {
  for (const memory of MEMORIES) {
    const module = newModule();
    const { tdr } = buildTd(module, { hkid: 33, vcpus: 1, control: 0, memory });
    const pages = (tdr: number) => [...module.pagesOf(tdr, "REG")].flatMap(framesOf);
    assertEquals(pages(tdr), memory.flatMap(framesOf));
    // A second TD has the frames behind some of the first one's.
    const others = memory.flatMap(framesOf).map((frame) => frame + 1);
    const free = others.filter((frame) => module.page(frame * 4096)!.type === "NDA");
    const second = {
      hkid: 34,
      vcpus: 1,
      control: 2000,
      memory: [...chunksOf(Uint32Array.from(free))],
    };
    const other = buildTd(module, second).tdr;
    assertEquals(pages(tdr), memory.flatMap(framesOf));
    assertEquals(pages(other), free);
    for (const chunk of module.pagesOf(tdr, "REG")) {
      assertEquals(framesOf(chunk).length, chunk.count);
    }
    // Pages that were handed out may change meanwhile.
    const taken: number[] = [];
    for (const chunk of module.pagesOf(other, "REG")) {
      taken.push(...framesOf(chunk));
      module.mem.rangeBlock(other, 0, 0, 1);
    }
    assertEquals(taken, free);
  }
});
