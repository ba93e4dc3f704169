import { assertEquals, assertLess, assertThrows } from "@std/assert";
import type { Transition } from "../line/line_automaton.ts";
import { EVERY_LINE, MixedBlock, Settled } from "./_mixed_block.ts";
import { Tally } from "./tally.ts";

const ALL = 512;

/** A made-up operation: what follows a state, and which states end in a machine check. */
function tallyOf(next: (state: number) => number, machineCheck: number[] = []): Tally {
  return new Tally((state): Transition => ({
    next: next(state),
    data: null,
    rules: [],
    machineCheck: machineCheck.includes(state),
    logged: false,
    cleared: false,
    refused: false,
  }));
}

function pagesOf(...places: number[]): Uint32Array {
  const words = new Uint32Array(16);
  for (const place of places) words[Math.floor(place / 32)]! |= 1 << place % 32;
  return words;
}

/** Pages of state 1 at the given places, with state 2 in lines 10 to 19. */
function blockOf(...places: number[]): MixedBlock {
  const block = new MixedBlock();
  for (const place of places) block.add(place, 1, EVERY_LINE, 10, 20, 2);
  return block;
}

/** Changes lines `from` to `to` of a page. */
function applyLines(
  block: MixedBlock,
  place: number,
  from: number,
  to: number,
  tally: Tally,
): Map<number, Uint32Array> {
  block.applyLines(place, EVERY_LINE, from, to, tally, settled);
  return taken();
}

/** Changes all lines of some pages. */
function applyPages(
  block: MixedBlock,
  pages: Uint32Array,
  tally: Tally,
): Map<number, Uint32Array> {
  block.applyPages(Uint32Array.of(9, ...pages), 1, tally, settled);
  return taken();
}

const settled = new Settled();

/** Bitmaps of the pages that became uniform since last asked, by state. */
function taken(): Map<number, Uint32Array> {
  const all = new Map<number, Uint32Array>();
  settled.take((state, words, at) => all.set(state, words.slice(at, at + 16)));
  assertEquals(settled.isEmpty, true);
  return all;
}

function linesOf(block: MixedBlock, pages: Uint32Array): Record<number, number> {
  const lines: Record<number, number> = {};
  block.forEachState(pages, 0, (state, count) => lines[state] = (lines[state] ?? 0) + count);
  return lines;
}

Deno.test("MixedBlock.add() holds a page of two states", () => {
  const block = blockOf(3, 511);
  assertEquals(block.pages, 2);
  for (const place of [3, 511]) {
    assertEquals([0, 9, 10, 19, 20, 63].map((line) => block.get(place, line)), [1, 1, 2, 2, 1, 1]);
  }
  assertEquals(linesOf(block, pagesOf(3, 511)), { 1: 108, 2: 20 });
  assertEquals(linesOf(block, pagesOf(511)), { 1: 54, 2: 10 });
});

Deno.test("MixedBlock.applyLines() changes those lines and lets go of a page become uniform", () => {
  const block = blockOf(3, 4);
  const tally = tallyOf(() => 1, [1]);
  assertEquals(applyLines(block, 3, 9, 15, tally), new Map());
  assertEquals([9, 10, 14, 15].map((line) => block.get(3, line)), [1, 1, 1, 2]);
  assertEquals([tally.counts().lines, tally.machineCheckPages], [6, 1]);
  assertEquals(applyLines(block, 3, 15, 20, tallyOf(() => 1)), new Map([[1, pagesOf(3)]]));
  assertEquals([block.pages, linesOf(block, pagesOf(4))], [1, { 1: 54, 2: 10 }]);
});

Deno.test("MixedBlock.applyLines() takes lines that do not follow each other", () => {
  const block = blockOf(3);
  const tally = tallyOf((state) => state + 5, [1]);
  block.applyLines(3, Uint8Array.of(99, 0, 15, 63), 1, 4, tally, settled);
  assertEquals([0, 1, 15, 16, 63].map((line) => block.get(3, line)), [6, 1, 7, 2, 6]);
  assertEquals([tally.counts().lines, tally.machineCheckPages, taken()], [3, 1, new Map()]);
});

Deno.test("MixedBlock counts what it did before an operation that nothing covers", () => {
  const block = blockOf(0, 1);
  const uncovered = tallyOf((state) => {
    if (state === 2) throw new RangeError("uncovered");
    return 3;
  });
  assertThrows(() => applyPages(block, pagesOf(0), uncovered), RangeError, "uncovered");
  assertEquals(linesOf(block, pagesOf(0, 1)), { 3: 10, 1: 44 + 54, 2: 20 });
  assertEquals(applyPages(block, pagesOf(0), tallyOf(() => 1)), new Map([[1, pagesOf(0)]]));
});

Deno.test("MixedBlock.applyPages() changes some pages and leaves the others", () => {
  const block = blockOf(0, 31, 32, 511);
  const tally = tallyOf((state) => state + 10, [2]);
  assertEquals(applyPages(block, pagesOf(31, 511), tally), new Map());
  assertEquals([tally.counts().lines, tally.machineCheckPages], [128, 2]);
  assertEquals(linesOf(block, pagesOf(31, 511)), { 11: 108, 12: 20 });
  assertEquals(linesOf(block, pagesOf(0, 32)), { 1: 108, 2: 20 });
  assertEquals(
    applyPages(block, pagesOf(0, 511), tallyOf(() => 7)),
    new Map([[7, pagesOf(0, 511)]]),
  );
  assertEquals(block.pages, 2);
});

Deno.test("MixedBlock begins anew once all its pages were let go of", () => {
  const block = blockOf(3);
  // State 2 is no more, so that its place in the palette is free when all lines become 7.
  applyLines(block, 3, 10, 20, tallyOf(() => 3));
  assertEquals(applyPages(block, pagesOf(3), tallyOf(() => 7)), new Map([[7, pagesOf(3)]]));
  block.add(5, 1, EVERY_LINE, 0, 4, 2);
  block.add(6, 3, EVERY_LINE, 0, 4, 2);
  assertEquals(linesOf(block, pagesOf(5, 6)), { 1: 60, 2: 8, 3: 60 });
  const tally = tallyOf((state) => state + 10);
  assertEquals(applyPages(block, pagesOf(5, 6), tally), new Map());
  assertEquals(tally.counts().lines, 128);
  assertEquals(linesOf(block, pagesOf(5, 6)), { 11: 60, 12: 8, 13: 60 });
});

Deno.test("MixedBlock.applyPages() lets go of all pages when one state is left", () => {
  const block = blockOf(0, 31, 32, 511);
  const all = pagesOf(0, 31, 32, 511);
  assertEquals(applyPages(block, all, tallyOf(() => 7)), new Map([[7, all]]));
  assertEquals(block.pages, 0);
  block.add(5, 1, EVERY_LINE, 0, 1, 2);
  assertEquals([block.pages, linesOf(block, pagesOf(5))], [1, { 1: 63, 2: 1 }]);
});

Deno.test("MixedBlock lets a page whose states fell together go when it is touched by itself", () => {
  const block = blockOf(0, 31);
  block.add(64, 3, EVERY_LINE, 0, 1, 4);
  block.add(65, 1, EVERY_LINE, 0, 1, 3);
  const tally = tallyOf((state) => state < 3 ? 5 : state, [2]);
  assertEquals(applyPages(block, pagesOf(0, 31, 64, 65), tally), new Map());
  assertEquals([tally.counts().lines, tally.machineCheckPages], [256, 2]);
  assertEquals(linesOf(block, pagesOf(0, 31)), { 5: 128 });
  assertEquals(linesOf(block, pagesOf(64)), { 3: 63, 4: 1 });
  assertEquals(linesOf(block, pagesOf(65)), { 5: 63, 3: 1 });
  const touched = applyPages(block, pagesOf(0, 31), tallyOf((state) => state));
  assertEquals([touched, block.pages], [new Map([[5, pagesOf(0, 31)]]), 2]);
});

Deno.test("MixedBlock.applyPages() lets two states swap", () => {
  const block = blockOf(0, 1);
  assertEquals(applyPages(block, pagesOf(0, 1), tallyOf((state) => 3 - state)), new Map());
  assertEquals(linesOf(block, pagesOf(0, 1)), { 2: 108, 1: 20 });
});

Deno.test("MixedBlock takes states, pages and lines that fell free for new ones", () => {
  const block = blockOf(0);
  block.add(1, 1, EVERY_LINE, 0, 1, 2);
  const bytes = block.bytes;
  for (let round = 0; round < 100; round++) {
    applyLines(block, 0, 10, 20, tallyOf(() => 1000 + round));
    applyPages(block, pagesOf(1), tallyOf(() => 1));
    block.add(1, 1, EVERY_LINE, 0, 1, 2);
  }
  assertLess(block.bytes, bytes + 64);
  assertEquals(linesOf(block, pagesOf(0, 1)), { 1: 54 + 63, 1099: 10, 2: 1 });
});

Deno.test("MixedBlock holds 32768 lines of as many states", () => {
  const block = new MixedBlock();
  for (let place = 0; place < ALL; place++) {
    block.add(place, place * 64, EVERY_LINE, 1, 2, place * 64 + 1);
    for (let line = 2; line < 64; line++) {
      applyLines(block, place, line, line + 1, tallyOf(() => place * 64 + line));
    }
  }
  const every = new Uint32Array(16).fill(0xffffffff);
  applyPages(block, every, tallyOf((state) => state + 1));
  let wrong = 0;
  for (let i = 0; i < 32768; i++) if (block.get(Math.floor(i / 64), i % 64) !== i + 1) wrong++;
  assertEquals([block.pages, wrong], [ALL, 0]);
  assertEquals(applyPages(block, every, tallyOf(() => 0)), new Map([[0, every]]));
});

Deno.test("MixedBlock.pagesWith() finds the pages, among those asked for, with a wanted line", () => {
  const block = blockOf(3, 4, 511);
  applyLines(block, 4, 63, 64, tallyOf(() => 7));
  const all = pagesOf(3, 4, 511);
  assertEquals(block.pagesWith(all, 0, (state) => state === 7), pagesOf(4));
  assertEquals(block.pagesWith(all, 0, (state) => state === 2), all);
  assertEquals(block.pagesWith(pagesOf(511), 0, (state) => state === 2), pagesOf(511));
  assertEquals(block.pagesWith(all, 0, (state) => state === 9), pagesOf());
});
