import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { chunksOf, firstFrame, forEachFrame, runOf } from "@tdx/core";
import { framesOf } from "../_fixtures_test.ts";
import { GpaExtents } from "./_gpa_extents.ts";

const PAGES = 60;

/** What is done to the extents: map pages to frames, or take pages out. */
type Step =
  | { readonly kind: "insert"; readonly page: number; readonly frames: readonly number[] }
  | { readonly kind: "remove"; readonly page: number; readonly count: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant("insert" as const),
      page: fc.nat(PAGES),
      frames: fc.oneof(
        fc.uniqueArray(fc.nat(2000), { minLength: 1, maxLength: 12 })
          .map((frames) => frames.sort((a, b) => a - b)),
        fc.tuple(fc.nat(2000), fc.integer({ min: 1, max: 12 }))
          .map(([first, count]) => Array.from({ length: count }, (_, i) => first + i)),
      ),
    }),
    fc.record({
      kind: fc.constant("remove" as const),
      page: fc.nat(PAGES),
      count: fc.integer({ min: 1, max: 12 }),
    }),
  ),
  { maxLength: 40 },
);

function run(extents: GpaExtents, model: Map<number, number>, step: Step): void {
  if (step.kind === "remove") {
    const count = extents.present(step.page, step.count);
    if (count > 0) extents.remove(step.page, count);
    for (let i = 0; i < count; i++) model.delete(step.page + i);
    return;
  }
  let { page } = step;
  for (const chunk of chunksOf(Uint32Array.from(step.frames))) {
    if (extents.absent(page, chunk.count) < chunk.count) return;
    extents.insert(page, chunk);
    forEachFrame(chunk, (frame) => model.set(page++, frame));
  }
}

function countFrom(page: number, limit: number, wanted: (page: number) => boolean): number {
  let count = 0;
  while (count < limit && wanted(page + count)) count++;
  return count;
}

Deno.test("GpaExtents maps as a table of single pages does", () => {
  fc.assert(fc.property(steps, (steps) => {
    const extents = new GpaExtents(1);
    const model = new Map<number, number>();
    for (const step of steps) {
      run(extents, model, step);
      for (let page = 0; page <= PAGES + 14; page++) {
        const there = (page: number) => model.has(page);
        assertEquals(extents.present(page, 9), countFrom(page, 9, there));
        assertEquals(extents.absent(page, 9), countFrom(page, 9, (page) => !there(page)));
        if (!there(page)) continue;
        const { count, frames } = extents.translate(page, 9);
        assertEquals(
          framesOf(frames),
          Array.from({ length: count }, (_, i) => model.get(page + i)!),
        );
      }
    }
  }));
});

Deno.test("GpaExtents takes pages out of several extents at once", () => {
  const extents = new GpaExtents(1);
  let page = 10;
  for (const frames of [[1, 5, 9], [700, 800], [100, 102, 104, 106]]) {
    const chunk = chunksOf(Uint32Array.from(frames)).next().value!;
    extents.insert(page, chunk);
    page += chunk.count;
  }
  extents.remove(11, 6);
  assertEquals([extents.present(10, 9), extents.absent(11, 9), extents.present(17, 9)], [1, 6, 2]);
  const { frames } = extents.translate(17, 9);
  assertEquals([framesOf(extents.translate(10, 9).frames), framesOf(frames)], [[1], [104, 106]]);
});

Deno.test("GpaExtents.runs() joins what is consecutive", () => {
  const extents = new GpaExtents(1);
  extents.insert(10, runOf(100, 600));
  extents.insert(610, runOf(5000, 600));
  extents.insert(2000, runOf(1, 1));
  assertEquals(extents.runs(), [{ page: 10, count: 1200 }, { page: 2000, count: 1 }]);
});

Deno.test("GpaExtents counts larger pages in whole pages", () => {
  const extents = new GpaExtents(512);
  extents.insert(0, runOf(0, 512 * 3));
  extents.insert(3, runOf(512 * 10, 512));
  extents.insert(4, runOf(512 * 4, 512));
  extents.remove(1, 1);
  assertEquals(extents.present(0, 9), 1);
  assertEquals(extents.translate(2, 9), { count: 1, frames: runOf(1024, 512) });
  assertEquals(extents.translate(3, 9), { count: 1, frames: runOf(5120, 512) });
  assertEquals(extents.translate(4, 9), { count: 1, frames: runOf(2048, 512) });
  // Further ones here and there, of which some follow each other.
  [20, 21, 22, 30].forEach((block, i) => extents.insert(5 + i, runOf(512 * block, 512)));
  assertEquals(extents.translate(5, 9), { count: 3, frames: runOf(10_240, 1536) });
  assertEquals(extents.translate(6, 9), { count: 2, frames: runOf(10_752, 1024) });
  assertEquals(extents.translate(7, 1), { count: 1, frames: runOf(11_264, 512) });
  assertEquals(extents.translate(8, 9), { count: 1, frames: runOf(15_360, 512) });
});

Deno.test("GpaExtents keeps frames beyond 16 TiB exact", () => {
  const extents = new GpaExtents(1);
  const far = 2 ** 33;
  const words = new Uint32Array(16);
  words[0] = 0b101;
  extents.insert(0, runOf(far + 9, 2));
  extents.insert(2, { ...runOf(far, 2), words, blocks: 1 });
  extents.insert(4, runOf(3, 1));
  extents.insert(5, runOf(far + 20, 1));
  const frames = [0, 1, 2, 3, 4, 5].map((page) => firstFrame(extents.translate(page, 1).frames));
  assertEquals(frames, [far + 9, far + 10, far, far + 2, 3, far + 20]);
});
