import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { framesOf } from "../fixtures_test.ts";
import { type FrameChunk, runOf } from "./frame_chunk.ts";
import { FrameMap } from "./frame_map.ts";

// Every step is carried out on a FrameMap and on a plain array, one element per frame.

const BLOCK = 512;
const REGION = 512 * BLOCK;
const VALUES = 4;

type Step =
  | { do: "set"; range: [number, number]; value: number }
  | { do: "update"; range: [number, number]; to: number[] }
  | { do: "throw"; range: [number, number]; to: number[]; afterCalls: number }
  | { do: "bitmap"; block: number; places: number[]; to: number[] }
  | { do: "owner"; value: number; to: number[] };

/** Checks that a chunk is what it says it is, and returns its frames. */
function checkChunk(chunk: FrameChunk, values: Uint8Array): number[] {
  const frames = framesOf(chunk);
  assert(frames.length > 0, "Expected a chunk with frames");
  assertEquals(frames.length, chunk.count);
  assert(frames.every((frame) => values[frame] === chunk.value), "Expected frames of one value");
  if (chunk.words !== null) assertEquals(chunk.frame % BLOCK, 0);
  return frames;
}

/** Whether the frames are those of the range, each once. */
function checkCover(frames: number[], [start, end]: [number, number]): void {
  assertEquals(frames.length, end - start);
  const sorted = Float64Array.from(frames).sort();
  assert(sorted.every((frame, i) => frame === start + i), "Expected every frame once");
}

/** Updates both; the pieces that the map asks about must cover exactly the frames. */
function update(
  values: Uint8Array,
  to: number[],
  run: (change: (value: number, chunk: FrameChunk) => number) => void,
): number[] {
  const asked: number[] = [];
  const before = values.slice();
  run((value, chunk) => {
    assertEquals(value, chunk.value);
    for (const frame of checkChunk(chunk, before)) {
      asked.push(frame);
      values[frame] = to[value]!;
    }
    return to[value]!;
  });
  return asked;
}

/** As `update`, with a throw: of the block or run it comes in, nothing may change. */
function updateAndThrow(
  map: FrameMap,
  values: Uint8Array,
  [start, end]: [number, number],
  to: number[],
  afterCalls: number,
): void {
  const pieces: { frames: number[]; block: number; value: number }[] = [];
  const update = () =>
    map.update(start, end - start, (value, chunk) => {
      const block = chunk.words === null ? -1 : chunk.frame;
      pieces.push({ frames: checkChunk(chunk, values), block, value });
      if (pieces.length > afterCalls) throw new SyntaxError("Expected by the test");
      return to[value]!;
    });
  try {
    update();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const { block } = pieces.pop()!;
    while (block !== -1 && pieces.at(-1)?.block === block) pieces.pop();
  }
  for (const { frames, value } of pieces) for (const frame of frames) values[frame] = to[value]!;
}

function bitmapOf(frame: number, places: number[]): FrameChunk {
  const words = new Uint32Array(18);
  for (const place of places) words[1 + (place >> 5)]! |= 1 << (place & 31);
  return { ...runOf(frame, 1), count: places.length, words, at: 1, blocks: 1 };
}

function take(step: Step, map: FrameMap, values: Uint8Array, owner: FrameMap): void {
  switch (step.do) {
    case "set": {
      const [start, end] = step.range;
      map.set(start, end - start, step.value);
      values.fill(step.value, start, end);
      break;
    }
    case "update": {
      const [start, end] = step.range;
      const run = update(values, step.to, (change) => map.update(start, end - start, change));
      checkCover(run, step.range);
      break;
    }
    case "throw":
      updateAndThrow(map, values, step.range, step.to, step.afterCalls);
      break;
    case "bitmap": {
      const chunk = bitmapOf(step.block * BLOCK, step.places);
      const frames = framesOf(chunk);
      if (frames.some((frame) => frame >= map.frames)) {
        assertThrows(() => map.updateChunk(chunk, () => 0), RangeError);
        break;
      }
      const asked = update(values, step.to, (change) => map.updateChunk(chunk, change));
      assertEquals(asked.sort((a, b) => a - b), frames);
      break;
    }
    case "owner":
      owner.forEach(0, owner.frames, (chunk) => {
        if (chunk.value !== step.value) return;
        const asked = update(values, step.to, (change) => map.updateChunk(chunk, change));
        assertEquals(asked.sort((a, b) => a - b), framesOf(chunk));
      });
  }
}

/** Content, walk and shape of a map against the plain values. */
function check(map: FrameMap, values: Uint8Array): void {
  const walked: number[] = [];
  const counts = new Array<number>(VALUES).fill(0);
  let last = { frame: -1, value: 0 };
  map.forEach(0, map.frames, (chunk) => {
    for (const frame of checkChunk(chunk, values)) walked.push(frame);
    const ascends = chunk.frame > last.frame ||
      chunk.frame === last.frame && chunk.value > last.value;
    assert(ascends, "Expected chunks by block, then by value");
    last = { frame: chunk.frame, value: chunk.value };
  });
  checkCover(walked, [0, map.frames]);
  for (let frame = 0; frame < map.frames; frame++) {
    const value = values[frame]!;
    if (map.get(frame) !== value) assertEquals(map.get(frame), value, `frame ${frame}`);
    counts[value]!++;
  }
  counts.forEach((count, value) => assertEquals(map.count((other) => other === value), count));
  const { tables, records } = map.stats();
  assertEquals({ tables, records }, shapeOf(values));
}

/** The tables and records that the content needs: regions that differ, classes of such blocks but one. */
function shapeOf(values: Uint8Array): { tables: number; records: number } {
  const classes = (start: number, size: number) =>
    new Set(values.subarray(start, start + size)).size;
  let tables = 0;
  let records = 0;
  for (let start = 0; start < values.length; start += REGION) {
    if (classes(start, REGION) > 1) tables++;
  }
  for (let start = 0; start < values.length; start += BLOCK) {
    const count = classes(start, BLOCK);
    records += count - 1;
  }
  return { tables, records };
}

/** Frames near block and region boundaries, which random numbers would hardly ever hit. */
function frameOf(frames: number): fc.Arbitrary<number> {
  const near = (size: number) =>
    fc.tuple(fc.nat(Math.ceil(frames / size)), fc.integer({ min: -2, max: 2 }))
      .map(([n, by]) => Math.min(Math.max(n * size + by, 0), frames));
  return fc.oneof(fc.nat(frames), near(BLOCK), near(REGION));
}

function rangeOf(frames: number): fc.Arbitrary<[number, number]> {
  const short = fc.tuple(frameOf(frames), fc.nat(5))
    .map(([start, count]): [number, number] => [start, Math.min(start + count, frames)]);
  const long = fc.tuple(frameOf(frames), frameOf(frames))
    .map(([a, b]): [number, number] => [Math.min(a, b), Math.max(a, b)]);
  return fc.oneof(short, long, fc.constant<[number, number]>([0, frames]));
}

function stepOf(frames: number): fc.Arbitrary<Step> {
  const range = rangeOf(frames);
  const value = fc.nat(VALUES - 1);
  const to = fc.array(value, { minLength: VALUES, maxLength: VALUES });
  const places = fc.oneof(
    fc.uniqueArray(fc.nat(BLOCK - 1), { maxLength: 40 }),
    fc.nat(BLOCK - 1).map((odd) => Array.from({ length: BLOCK }, (_, i) => i).slice(0, odd + 1)),
  );
  const block = fc.nat(Math.ceil(frames / BLOCK) - 1);
  return fc.oneof(
    fc.record({ do: fc.constant("set" as const), range, value }),
    fc.record({ do: fc.constant("update" as const), range, to }),
    fc.record({ do: fc.constant("throw" as const), range, to, afterCalls: fc.nat(8) }),
    fc.record({ do: fc.constant("bitmap" as const), block, places, to }),
    fc.record({ do: fc.constant("owner" as const), value, to }),
  );
}

function checkMaps(frames: number, numRuns: number, maxLength: number): void {
  const owners = fc.array(fc.tuple(rangeOf(frames), fc.nat(VALUES - 1)), { maxLength: 12 });
  const property = fc.property(
    owners,
    fc.array(stepOf(frames), { minLength: 1, maxLength }),
    (owned, steps) => {
      const owner = new FrameMap(frames, 0);
      for (const [[start, end], value] of owned) owner.set(start, end - start, value);
      const map = new FrameMap(frames, 0);
      const values = new Uint8Array(frames);
      for (const step of steps) take(step, map, values, owner);
      check(map, values);
    },
  );
  fc.assert(property, { numRuns });
}

Deno.test("FrameMap agrees with a plain array across 2 MiB blocks", () => {
  checkMaps(3 * BLOCK + 77, 400, 30);
});

Deno.test("FrameMap agrees with a plain array within one block", () => {
  checkMaps(100, 400, 30);
});

Deno.test("FrameMap agrees with a plain array across 1 GiB regions", () => {
  checkMaps(2 * REGION + 3 * BLOCK + 77, 20, 5);
});
