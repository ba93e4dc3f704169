import { assertEquals } from "@std/assert";
import {
  commonBits,
  countBits,
  exceptBits,
  relateBits,
  Relation,
  setBitRange,
} from "./frame_bits.ts";

/** Bitmaps begin at 3, as in a record, between words that must stay out of it. */
function bitmap(...frames: number[]): Uint32Array {
  const words = new Uint32Array(20).fill(0xffffffff);
  words.fill(0, 3, 19);
  for (const frame of frames) words[3 + Math.floor(frame / 32)]! += 2 ** (frame % 32);
  return words;
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => from + i);

Deno.test("countBits() counts up to all 512 frames", () => {
  assertEquals(countBits(bitmap(), 3), 0);
  assertEquals(countBits(bitmap(0, 31, 32, 511), 3), 4);
  assertEquals(countBits(bitmap(...range(0, 511)), 3), 511);
  assertEquals(countBits(bitmap(...range(0, 512)), 3), 512);
});

Deno.test("setBitRange() sets exactly the range", () => {
  for (
    const [from, to] of [[0, 512], [0, 1], [31, 33], [32, 64], [511, 512], [7, 7], [
      5,
      500,
    ]] as const
  ) {
    const words = bitmap(1, 40, 300);
    setBitRange(words, 3, from, to);
    assertEquals(words, bitmap(...range(from, to)), `${from} to ${to}`);
  }
});

Deno.test("commonBits() writes and counts the shared frames", () => {
  const common = new Uint32Array(16).fill(9);
  assertEquals(commonBits(bitmap(1, 2, 31, 511), 3, bitmap(2, 31, 100, 511), 3, common), 3);
  assertEquals(common, bitmap(2, 31, 511).slice(3, 19));
});

Deno.test("exceptBits() writes the frames of the first alone", () => {
  const left = new Uint32Array(16).fill(9);
  assertEquals(exceptBits(bitmap(1, 2, 31, 511), 3, bitmap(2, 31, 100), 3, left), true);
  assertEquals(left, bitmap(1, 511).slice(3, 19));
  assertEquals(exceptBits(bitmap(1, 2), 3, bitmap(1, 2, 3), 3, left), false);
  assertEquals(left, bitmap().slice(3, 19));
});

Deno.test("relateBits() tells each relation by itself", () => {
  const relate = (a: number[], b: number[]): number => relateBits(bitmap(...a), 3, bitmap(...b), 3);
  assertEquals(relate([], []), 0);
  assertEquals(relate([31], [31]), Relation.shared);
  assertEquals(relate([31], []), Relation.onlyFirst);
  assertEquals(relate([], [511]), Relation.onlySecond);
  assertEquals(relate([1], [511]), Relation.onlyFirst | Relation.onlySecond);
  assertEquals(relate([1, 511], [511]), Relation.shared | Relation.onlyFirst);
});
