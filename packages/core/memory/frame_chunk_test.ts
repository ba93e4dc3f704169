import { assert, assertEquals, assertThrows } from "@std/assert";
import type { FrameChunk } from "./frame_chunk.ts";
import fc from "fast-check";
import {
  ascendingFrames,
  CHUNK_BLOCKS,
  chunkHolds,
  chunkOf,
  chunksOf,
  copyChunk,
  firstFrame,
  forEachFrame,
  nthFrame,
  rankOf,
  runOf,
  sameChunk,
  sliceChunk,
  splitChunk,
} from "./frame_chunk.ts";

/** Frames of one chunk, as a sorted list, in few blocks or many, near each other or far apart. */
const chunkFrames = fc.tuple(
  fc.constantFrom(0, 7 * 2 ** 16, 2 ** 31 - 512, 2 ** 32 - 2 ** 30),
  fc.constantFrom(511, 1500, 2 ** 16 - 1, 2 ** 30 - 1).chain((most) =>
    fc.uniqueArray(fc.nat(most), { minLength: 1, maxLength: 64 })
  ),
).map(([first, places]) => places.map((place) => first + place).sort((a, b) => a - b));

function listOf(chunk: FrameChunk | null): number[] {
  const frames: number[] = [];
  if (chunk !== null) forEachFrame(chunk, (frame) => frames.push(frame));
  return frames;
}

Deno.test("splitChunk() cuts a chunk after any number of its frames", () => {
  fc.assert(fc.property(chunkFrames, fc.nat(), (frames, at) => {
    const chunk = chunkOf(Uint32Array.from(frames), 0, frames.length);
    const count = 1 + at % frames.length;
    const [head, tail] = splitChunk(chunk, count);
    assertEquals(listOf(head), frames.slice(0, count));
    assertEquals(listOf(tail), frames.slice(count));
    assertEquals([head.count, tail?.count ?? 0], [count, frames.length - count]);
    // The chunk that was cut is as it was.
    assertEquals(listOf(chunk), frames);
  }));
});

Deno.test("runOf() is a chunk without a bitmap, and so is its copy", () => {
  for (const run of [runOf(7, 2), copyChunk({ ...runOf(7, 2), lasting: true })]) {
    const { frame, count, words, at, blocks, lasting } = run;
    assertEquals([frame, count, words, at, blocks, lasting], [7, 2, null, 0, 0, false]);
  }
});

Deno.test("sliceChunk() takes any frames of a chunk", () => {
  fc.assert(fc.property(chunkFrames, fc.nat(), fc.nat(), (frames, a, b) => {
    const chunk = chunkOf(Uint32Array.from(frames), 0, frames.length);
    const rank = a % frames.length;
    const count = 1 + b % (frames.length - rank);
    const slice = sliceChunk(chunk, rank, count);
    assertEquals(slice.value, 0);
    assertEquals(listOf(slice), frames.slice(rank, rank + count));
    assertEquals(slice.count, count);
    assertEquals(listOf(copyChunk(slice)), listOf(slice));
  }));
});

Deno.test("splitChunk() gives the chunk itself where nothing is cut off", () => {
  const chunk = runOf(5, 3);
  assertEquals(splitChunk(chunk, 3), [chunk, null]);
  assertEquals(splitChunk(chunk, 1), [runOf(5, 1), runOf(6, 2)]);
  assertEquals(sliceChunk(chunk, 1, 1), runOf(6, 1));
});

Deno.test("rankOf(), nthFrame(), ascendingFrames(), chunkHolds() and firstFrame() agree with the list of frames", () => {
  fc.assert(
    fc.property(
      chunkFrames,
      fc.integer({ min: -1, max: 2 ** 16 + 1 }),
      (frames, place) => {
        const chunk = chunkOf(Uint32Array.from(frames), 0, frames.length);
        const frame = Math.max(Math.floor(frames[0]! / 512) * 512 + place, 0);
        assertEquals(rankOf(chunk, frame), frames.filter((other) => other < frame).length);
        assertEquals(chunkHolds(chunk, frame), frames.includes(frame));
        assertEquals(firstFrame(chunk), frames[0]);
        assertEquals(frames.map((_, rank) => nthFrame(chunk, rank)), frames);
        const frameAt = ascendingFrames(chunk);
        assertEquals(frames.map((_, rank) => frameAt(rank)), frames);
      },
    ),
  );
});

Deno.test("chunksOf() gives every frame once, in order", () => {
  const sorted = fc.uniqueArray(fc.nat(70_000), { maxLength: 200 })
    .map((frames) => frames.sort((a, b) => a - b));
  fc.assert(fc.property(sorted, (frames) => {
    const chunks = [...chunksOf(Uint32Array.from(frames))];
    for (const { frame, count, words } of chunks) {
      assert(count > 0 && (words === null || frame % 512 === 0));
    }
    assertEquals(chunks.flatMap(listOf), frames);
  }));
});

Deno.test("chunksOf() refuses frames that do not ascend", () => {
  assertThrows(() => [...chunksOf(Uint32Array.of(4, 9, 9))], RangeError, "got 9 after 9");
  assertThrows(() => [...chunksOf(Uint32Array.of(600, 4))], RangeError, "got 4 after 600");
});

Deno.test("chunksOf() gives a run where the frames are contiguous", () => {
  const frames = Uint32Array.of(510, 511, 512, 65_535, 65_536);
  assertEquals([...chunksOf(frames.subarray(0, 3))], [runOf(510, 3)]);
  assertEquals([...chunksOf(frames.subarray(3))], [runOf(65_535, 2)]);
});

Deno.test("sameChunk() takes frames of so many blocks as a chunk has at most", () => {
  const frames = Uint32Array.from({ length: 2 * CHUNK_BLOCKS + 6 }, (_, i) => 256 * i);
  assertEquals(sameChunk(frames, 0, frames.length), 2 * CHUNK_BLOCKS);
  assertEquals(sameChunk(frames, 1, frames.length - 1), 2 * CHUNK_BLOCKS - 1);
});

Deno.test("sliceChunk() makes a run of a single frame, and leaves the bits around it out", () => {
  const words = new Uint32Array(16);
  words[1] = 1;
  assertEquals(sliceChunk({ ...runOf(512, 1), words, blocks: 1 }, 0, 1), runOf(544, 1));
});

Deno.test("sameChunk() works up to the highest frame that 32 bits hold", () => {
  assertEquals(sameChunk(Uint32Array.of(2 ** 32 - 2, 2 ** 32 - 1), 0, 2), 2);
});
