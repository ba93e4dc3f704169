import { assert, assertEquals, assertThrows } from "@std/assert";
import { forEachFrame, type FrameChunk } from "@tdx/core";
import { scatterFrames } from "./scatter.ts";

/** The frames of chunks, which must ascend. */
function framesOf(chunks: readonly FrameChunk[]): number[] {
  const frames: number[] = [];
  for (const chunk of chunks) {
    const before = frames.length;
    forEachFrame(chunk, (frame) => {
      assert(frame > (frames.at(-1) ?? -1));
      frames.push(frame);
    });
    assertEquals(frames.length - before, chunk.count);
  }
  return frames;
}

Deno.test("scatterFrames() picks that many frames, the same for the same seed", () => {
  // Few, half, most and all of 4 blocks; frames without any have no chunk.
  for (const count of [0, 1, 7, 8, 1000, 1024, 1025, 2047, 2048]) {
    const frames = framesOf(scatterFrames(2048, count, 7));
    assertEquals(frames.length, count);
    assert(frames.every((frame) => frame >= 0 && frame < 2048));
    assertEquals(framesOf(scatterFrames(2048, count, 7)), frames);
  }
});

Deno.test("scatterFrames() picks none of few frames twice", () => {
  // Of 7 among 2,048 one is drawn twice about once in a hundred times.
  for (let seed = 0; seed < 3000; seed++) {
    assertEquals(framesOf(scatterFrames(2048, 7, seed)).length, 7);
  }
});

Deno.test("scatterFrames() spreads evenly", () => {
  for (const count of [200, 2 ** 14, 2 ** 16 - 2 ** 14]) {
    const perQuarter = [0, 0, 0, 0];
    for (const frame of framesOf(scatterFrames(2 ** 16, count, 3))) {
      perQuarter[Math.floor(frame / 2 ** 14)]!++;
    }
    // The standard deviation of a quarter is about 48 frames, and of one of 200 about 6.
    const most = count === 200 ? 36 : 300;
    for (const found of perQuarter) assert(Math.abs(found - count / 4) < most, `${perQuarter}`);
  }
});

Deno.test("scatterFrames() makes every set of frames equally likely", () => {
  // Pairs among 512 frames: by tossed coins and by what is drawn to make the number right.
  const [draws, count] = [4000, 100];
  const both = { neighbours: 0, apart: 0 };
  for (let seed = 0; seed < draws; seed++) {
    const frames = new Set(framesOf(scatterFrames(512, count, seed)));
    if (frames.has(6) && frames.has(7)) both.neighbours++;
    if (frames.has(6) && frames.has(300)) both.apart++;
  }
  // 100/512 * 99/511 of 4,000 are 151, give or take 12.
  for (const found of Object.values(both)) assert(Math.abs(found - 151) < 50, `${found}`);
});

Deno.test("scatterFrames() refuses more frames than there are, and odd numbers of them", () => {
  assertThrows(() => scatterFrames(512, 513, 1), RangeError, "at most 512 frames to pick, got 513");
  assertThrows(() => scatterFrames(512, -1, 1), RangeError, "count");
  assertThrows(() => scatterFrames(512, 1.5, 1), RangeError, "count");
  for (const frames of [-512, 100, 2 ** 33, Number.NaN]) {
    const { message } = assertThrows(() => scatterFrames(frames, 1, 1), RangeError);
    assertEquals(
      message,
      `Expected a multiple of 512 frames up to 2^32 to pick from, got ${frames}`,
    );
  }
});
