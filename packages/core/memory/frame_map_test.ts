import { assertEquals, assertLess, assertThrows } from "@std/assert";
import { type FrameChunk, runOf } from "./frame_chunk.ts";
import { FrameMap } from "./frame_map.ts";

const BLOCK = 512;
const REGION = 512 * BLOCK;
const TIB = 1024 * REGION;

/** The chunks of a range, as plain data: runs as [first, count, value], classes with their frames. */
function chunksOf(map: FrameMap, frame = 0, count = map.frames): unknown[] {
  const chunks: unknown[] = [];
  map.forEach(frame, count, (chunk) => chunks.push(plain(chunk)));
  return chunks;
}

function plain({ frame, count, value, words, at }: FrameChunk): unknown {
  if (words === null) return [frame, count, value];
  const frames: number[] = [];
  for (let place = 0; place < BLOCK; place++) {
    if (Math.floor(words[at + Math.floor(place / 32)]! / 2 ** (place % 32)) % 2) frames.push(place);
  }
  assertEquals(frames.length, count);
  return [frame, frames, value];
}

function bitmap(frame: number, ...places: number[]): FrameChunk {
  const words = new Uint32Array(16);
  for (const place of places) words[Math.floor(place / 32)]! += 2 ** (place % 32);
  return { ...runOf(frame, 1), count: places.length, words, blocks: 1 };
}

Deno.test("FrameMap begins as one value", () => {
  const map = new FrameMap(16 * TIB, 5);
  assertEquals(map.get(0), 5);
  assertEquals(map.get(16 * TIB - 1), 5);
  assertEquals(chunksOf(map), [[0, 2 ** 32, 5]]);
  assertEquals(map.stats(), { tables: 0, records: 0, bytes: 64 * 1024 });
});

Deno.test("FrameMap.set() changes the frames of the range only", () => {
  const map = new FrameMap(2 * REGION, 0);
  map.set(BLOCK - 1, 2, 7);
  assertEquals([510, 511, 512, 513].map((frame) => map.get(frame)), [0, 7, 7, 0]);
  assertEquals(map.stats().tables, 1);
  assertEquals(map.stats().records, 2);
});

Deno.test("FrameMap.set() of no frames changes nothing, even at the end", () => {
  const map = new FrameMap(BLOCK, 0);
  map.set(BLOCK, 0, 1);
  map.set(3, 0, 1);
  assertEquals(chunksOf(map), [[0, BLOCK, 0]]);
});

Deno.test("FrameMap collapses blocks and regions that become uniform", () => {
  const map = new FrameMap(3 * REGION, 0);
  map.set(REGION - 1, REGION + 2, 1);
  assertEquals(chunksOf(map).length, 5 + 2);
  map.set(0, REGION - 1, 1);
  map.set(2 * REGION + 1, REGION - 1, 1);
  assertEquals(chunksOf(map), [[0, 3 * REGION, 1]]);
  assertEquals([map.stats().tables, map.stats().records], [0, 0]);
});

Deno.test("FrameMap collapses a last region and block that are cut short", () => {
  const map = new FrameMap(REGION + BLOCK + 10, 0);
  map.set(REGION + BLOCK, 9, 1);
  assertEquals([map.stats().tables, map.stats().records], [1, 1]);
  map.set(REGION, BLOCK, 1);
  map.set(REGION + BLOCK + 9, 1, 1);
  assertEquals([map.stats().tables, map.stats().records], [0, 0]);
  assertEquals(chunksOf(map), [[0, REGION, 0], [REGION, BLOCK + 10, 1]]);
});

Deno.test("FrameMap reuses the storage that fell free", () => {
  const map = new FrameMap(REGION, 0);
  const mix = () => {
    for (let frame = 0; frame < REGION; frame += 100) map.set(frame, 1, 1 + frame % 7);
  };
  mix();
  const first = map.stats();
  map.set(0, REGION, 0);
  assertEquals(map.stats(), { tables: 0, records: 0, bytes: first.bytes });
  mix();
  assertEquals(map.stats(), first);
});

Deno.test("FrameMap holds 64 GiB scattered among three values in 6.5 MiB", () => {
  const map = new FrameMap(64 * REGION, 0);
  for (let frame = 0; frame < map.frames; frame += BLOCK) {
    map.updateChunk(bitmap(frame, 0, 100, 300, 511), () => 1);
    map.updateChunk(bitmap(frame, 7, 100, 400), () => 2);
  }
  assertEquals(map.count((value) => value === 2), 3 * 64 * 512);
  assertEquals(map.stats().records, 2 * 64 * 512);
  assertLess(map.stats().bytes, 6.5 * 2 ** 20);
  // 6 words and a pointer for each, and half of the bitmaps.
  assertLess(2 * 64 * 512 * (24 + 8 + 32), map.stats().bytes);
});

Deno.test("FrameMap.update() asks once per class of a block", () => {
  const map = new FrameMap(BLOCK, 0);
  for (let frame = 0; frame < BLOCK; frame += 2) map.set(frame, 1, 1);
  const asked: unknown[] = [];
  map.update(10, 4, (value, chunk) => {
    asked.push(plain(chunk));
    return value + 2;
  });
  assertEquals(asked, [[0, [11, 13], 0], [0, [10, 12], 1]]);
  assertEquals([9, 10, 11, 12, 13, 14].map((frame) => map.get(frame)), [0, 3, 2, 3, 2, 1]);
});

Deno.test("FrameMap.update() swaps two values", () => {
  const map = new FrameMap(BLOCK, 0);
  map.set(100, 50, 1);
  map.update(0, BLOCK, (value) => 1 - value);
  assertEquals([99, 100, 149, 150].map((frame) => map.get(frame)), [1, 0, 0, 1]);
  assertEquals(map.stats().records, 1);
});

Deno.test("FrameMap.update() holds 512 values in a block", () => {
  const map = new FrameMap(2 * BLOCK, 0);
  for (let frame = 0; frame < BLOCK; frame++) map.set(frame, 1, 2 ** 30 - 1 - frame);
  assertEquals(map.stats().records, 511);
  map.update(0, BLOCK, (value) => value % 512);
  for (let frame = 0; frame < BLOCK; frame++) assertEquals(map.get(frame), 511 - frame);
  map.update(0, BLOCK, () => 0);
  assertEquals(chunksOf(map), [[0, 2 * BLOCK, 0]]);
});

Deno.test("FrameMap.update() asks once for neighbouring uniform regions", () => {
  const map = new FrameMap(16 * TIB, 0);
  let calls = 0;
  map.update(12_345, 6 * TIB, (value, chunk) => {
    calls++;
    assertEquals([chunk.frame, chunk.count, chunk.words], [12_345, 6 * TIB, null]);
    return value + 1;
  });
  assertEquals(calls, 1);
  assertEquals(map.count((value) => value === 1), 6 * TIB);
  assertEquals([map.get(12_344), map.get(12_345)], [0, 1]);
  assertEquals([map.get(12_344 + 6 * TIB), map.get(12_345 + 6 * TIB)], [1, 0]);
});

Deno.test("FrameMap.update() leaves the block alone when its callback throws", () => {
  const map = new FrameMap(4 * BLOCK, 0);
  for (const frame of [0, BLOCK, 2 * BLOCK]) map.set(frame, 5, 1);
  let calls = 0;
  assertThrows(
    () =>
      map.update(0, 4 * BLOCK, (value) => {
        if (++calls === 4) throw new Error("Expected by the test");
        return value + 2;
      }),
    Error,
    "Expected by the test",
  );
  assertEquals([0, 5, BLOCK, BLOCK + 5, 3 * BLOCK].map((frame) => map.get(frame)), [3, 2, 1, 0, 0]);
});

Deno.test("FrameMap.update() keeps the shape canonical when its callback throws", () => {
  const map = new FrameMap(REGION, 1);
  map.set(0, 5 * BLOCK, 0);
  assertThrows(
    () =>
      map.update(0, REGION, (value) => {
        if (value === 1) throw new Error("Expected by the test");
        return 1;
      }),
    Error,
    "Expected by the test",
  );
  assertEquals(map.stats().tables, 0);
});

Deno.test("FrameMap.update() takes a new value out of range as a throw", () => {
  const map = new FrameMap(BLOCK, 0);
  map.set(3, 3, 1);
  for (const bad of [-1, 2 ** 30, 0.5, NaN, 2 ** 32]) {
    assertThrows(
      () => map.update(0, BLOCK, (value) => value === 0 ? 5 : bad),
      RangeError,
      `Expected value to be a whole number from 0 to 2^30 - 1, got ${bad}`,
    );
  }
  assertEquals([map.get(0), map.get(3)], [0, 1]);
});

Deno.test("FrameMap.updateChunk() changes the frames of a bitmap", () => {
  const map = new FrameMap(REGION + BLOCK, 0);
  map.updateChunk(bitmap(REGION, 0, 31, 32, 511), () => 1);
  assertEquals(map.count((value) => value === 1), 4);
  const asked: unknown[] = [];
  map.updateChunk(bitmap(REGION, 31, 33), (value, chunk) => {
    asked.push(plain(chunk));
    return value === 1 ? 0 : value;
  });
  assertEquals(asked, [[REGION, [33], 0], [REGION, [31], 1]]);
  assertEquals(map.count((value) => value === 1), 3);
  map.updateChunk(bitmap(REGION, 0, 32, 511), () => 0);
  assertEquals(map.stats().tables, 0);
});

Deno.test("FrameMap.updateChunk() with the bitmap of a class joins it to the others, or to the rest", () => {
  const map = new FrameMap(REGION, 0);
  const [low, high] = [bitmap(BLOCK, 3, 40), bitmap(BLOCK, 5, 500, 511)]
    .map((chunk) => ({ ...chunk, lasting: true }));
  const asked: unknown[] = [];
  const change = (chunk: FrameChunk, to: number) =>
    map.updateChunk(chunk, (value, { count, lasting }) => {
      asked.push([value, count, lasting]);
      return to;
    });
  const other = { ...bitmap(0, 1, 2, 3, 4), lasting: true };
  change(other, 6);
  change(low!, 1);
  change(other, 7);
  change(low!, 2);
  change(other, 0);
  change(high!, 3);
  change(low!, 4);
  change(low!, 3);
  assertEquals(asked, [
    [0, 4, true],
    [0, 2, true],
    [6, 4, true],
    [1, 2, true],
    [7, 4, true],
    [0, 3, false],
    [2, 2, true],
    [4, 2, true],
  ]);
  assertEquals(map.count((value) => value === 3), 5);
  assertEquals(map.stats().records, 1);
  change(bitmap(BLOCK, 3, 5, 40, 500, 511), 0);
  change(low!, 1);
  change(low!, 0);
  assertEquals(chunksOf(map), [[0, REGION, 0]]);
  assertEquals([map.stats().records, map.stats().tables], [0, 0]);
});

Deno.test("FrameMap.updateChunk() does not ask about an empty bitmap", () => {
  const map = new FrameMap(BLOCK, 0);
  map.updateChunk(bitmap(0), () => 1);
  assertEquals(chunksOf(map), [[0, BLOCK, 0]]);
});

Deno.test("FrameMap.updateChunk() takes every chunk of another map", () => {
  const owner = new FrameMap(3 * REGION + 700, 0);
  owner.set(5, 9, 1);
  owner.set(REGION - 3, REGION, 1);
  owner.set(3 * REGION + 600, 100, 1);
  const memory = new FrameMap(owner.frames, 4);
  owner.forEach(0, owner.frames, (chunk) => memory.updateChunk(chunk, () => chunk.value));
  assertEquals(chunksOf(memory), chunksOf(owner));
  assertEquals(memory.stats(), owner.stats());
});

Deno.test("FrameMap.updateChunk() rejects bitmaps outside the map", () => {
  const map = new FrameMap(BLOCK + 10, 0);
  for (
    const [chunk, message] of [
      [bitmap(1, 0), "Expected the first frame of a 2 MiB block, got 1"],
      [bitmap(2 * BLOCK, 0), "Expected frames from 0 to 521, got 1 at 1024"],
      [bitmap(BLOCK, 9, 10), "Expected frames from 0 to 521, got 1 at 522"],
      [bitmap(BLOCK, 511), "Expected frames from 0 to 521, got 1 at 1023"],
      [{ ...bitmap(0, 0), at: 1 }, "Expected 16 words in a bitmap of 16, got them at 1"],
    ] as const
  ) assertThrows(() => map.updateChunk(chunk, () => 1), RangeError, message);
  assertEquals(map.count((value) => value === 0), BLOCK + 10);
});

Deno.test("FrameMap refuses to be changed from its own callbacks", () => {
  const map = new FrameMap(BLOCK, 0);
  const message = "Expected no change to a map from its own callback";
  const change = () => map.set(0, 1, 1);
  assertThrows(() => map.forEach(0, 1, change), Error, message);
  assertThrows(() => map.update(0, 1, () => (change(), 1)), Error, message);
  assertThrows(() => map.updateChunk(bitmap(0, 1), () => (change(), 1)), Error, message);
  assertThrows(() => map.forEach(0, 1, (chunk) => map.updateChunk(chunk, () => 1)), Error, message);
  assertThrows(
    () => map.forEach(0, 1, () => map.updateChunk(bitmap(0, 1), () => 1)),
    Error,
    message,
  );
  assertEquals(chunksOf(map), [[0, BLOCK, 0]]);
  map.set(0, 1, 1);
  assertEquals(map.get(0), 1);
});

Deno.test("FrameMap may be read from its own callbacks", () => {
  const map = new FrameMap(2 * BLOCK, 0);
  map.set(3, 1, 1);
  map.update(0, 100, (value) => value + map.count((other) => other === 1, 0, 50) * 2 + map.get(3));
  assertEquals([map.get(0), map.get(3), map.get(100)], [3, 4, 0]);
  const seen: unknown[] = [];
  map.forEach(0, 5, (chunk) => {
    map.forEach(0, 7, () => {});
    seen.push(plain(chunk));
  });
  assertEquals(seen, [[0, [0, 1, 2, 4], 3], [0, [3], 4]]);
});

Deno.test("FrameMap.count() counts in a range or from a frame on", () => {
  const map = new FrameMap(4 * BLOCK, 0);
  map.set(100, 1000, 1);
  assertEquals(map.count((value) => value === 1), 1000);
  assertEquals(map.count((value) => value === 1, 600), 500);
  assertEquals(map.count((value) => value === 1, 600, 100), 100);
  assertEquals(map.count(() => false), 0);
});

Deno.test("FrameMap rejects frames, counts and values out of range", () => {
  for (const frames of [0, -1, 1.5, NaN, 2 ** 40 + 1]) {
    assertThrows(
      () => new FrameMap(frames, 0),
      RangeError,
      `Expected frames to be a whole number from 1 to 2^40, got ${frames}`,
    );
  }
  for (const value of [-1, 0.5, NaN, 2 ** 30]) {
    const message = `Expected value to be a whole number from 0 to 2^30 - 1, got ${value}`;
    assertThrows(() => new FrameMap(1, value), RangeError, message);
    assertThrows(() => new FrameMap(1, 0).set(0, 0, value), RangeError, message);
  }
  const map = new FrameMap(1000, 0);
  for (const frame of [-1, 1000, 0.5, NaN]) {
    const message = `Expected frame to be a whole number from 0 to 999, got ${frame}`;
    assertThrows(() => map.get(frame), RangeError, message);
  }
  for (const [frame, count] of [[-1, 1], [0, 1001], [999, 2], [1001, 0], [0.5, 1], [0, 0.5]]) {
    const message = `Expected frames from 0 to 999, got ${count} at ${frame}`;
    assertThrows(() => map.set(frame!, count!, 1), RangeError, message);
    assertThrows(() => map.update(frame!, count!, () => 1), RangeError, message);
    assertThrows(() => map.forEach(frame!, count!, () => {}), RangeError, message);
    assertThrows(() => map.count(() => true, frame!, count!), RangeError, message);
  }
  assertEquals(chunksOf(map), [[0, 1000, 0]]);
});
