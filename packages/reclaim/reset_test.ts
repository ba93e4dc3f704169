import { assertEquals, assertThrows } from "@std/assert";
import { chunksOf, GiB, type Key, MiB, type Operation, type PhysicalMemory } from "@tdx/core";
import { gnr } from "@tdx/platform-gnr";
import { spr } from "@tdx/platform-spr";
import { keyIds, ownedMemory } from "./_fixtures_test.ts";
import { reset, resetPages } from "./reset.ts";

const KEY0 = keyIds.key(0);
const INTEGRITY = keyIds.key(1, { integrity: true });
const TD = keyIds.key(33);

function load(memory: PhysicalMemory, pa: number, key: Key = KEY0) {
  const { data, rules, machineCheck } = memory.step({ kind: "load", by: "host", key }, pa);
  return [data, rules.at(-1), machineCheck];
}

Deno.test("reset() returns at once where it is not to clear", () => {
  const memory = ownedMemory(spr);
  const counts = memory.counts;
  assertEquals(reset(memory, 0, 4096, { key: KEY0, clear: false }), { lines: 0, fences: 0 });
  assertEquals(memory.counts, counts);
  assertEquals(memory.countLines(({ memory }) => memory.owner === 1), GiB / 64);
});

Deno.test("reset() writes each line of the range and no other, and fences once", () => {
  // Bytes of the range, lines of 64 bytes.
  for (const [bytes, lines] of [[64, 1], [4096, 64], [2 * MiB, 32_768]] as const) {
    const memory = ownedMemory(spr);
    const how = { key: KEY0, clear: true };
    assertEquals(reset(memory, 8192, bytes, how), { lines, fences: 1 });
    assertEquals(memory.countLines(({ memory }) => memory.owner === 0), lines);
    assertEquals(load(memory, 8192), ["zeros", "C7", false]);
    assertEquals(load(memory, 8192 - 64), ["zeros", "C8", false]);
    assertEquals(load(memory, 8192 + bytes), ["zeros", "C8", false]);
  }
});

Deno.test("reset() clears poison of a partial write and transient poison, not a stuck cell", () => {
  // What poisoned the line, and what a load meets after the reset.
  const table: readonly [Operation, unknown[]][] = [
    [{ kind: "partial-write", by: "host", key: KEY0, data: "host" }, ["zeros", "C7", false]],
    [{ kind: "poison", by: "cache", key: TD }, ["zeros", "C7", false]],
    [{ kind: "poison-stuck", by: "cache", key: TD }, ["poison", "R0", true]],
  ];
  for (const [operation, expected] of table) {
    const memory = ownedMemory(spr);
    memory.step(operation, 0);
    reset(memory, 0, 4096, { key: KEY0, clear: true });
    assertEquals(load(memory, 0), expected, operation.kind);
  }
});

Deno.test("reset() through an integrity KeyID leaves a MAC that fits", () => {
  const memory = ownedMemory(gnr);
  reset(memory, 0, 4096, { key: INTEGRITY, clear: true });
  assertEquals(load(memory, 0, INTEGRITY), ["zeros", "C4", false]);
});

Deno.test("reset() does not flush: a dirty private line evicted later takes the line back", () => {
  const memory = ownedMemory(spr);
  memory.step({ kind: "store", by: "td", key: TD, data: "secret" }, 0);
  reset(memory, 0, 4096, { key: KEY0, clear: true });
  assertEquals(memory.state(0).memory.owner, 0);

  memory.step({ kind: "evict", by: "cache", key: TD }, 0);
  assertEquals(memory.state(0).memory.owner, 1);
  memory.step({ kind: "partial-write", by: "host", key: KEY0, data: "host" }, 0);
  assertEquals(load(memory, 0), ["poison", "R0", true]);
});

Deno.test("reset() refuses what is not whole lines inside the memory, and changes nothing", () => {
  const memory = ownedMemory(spr);
  const how = { key: KEY0, clear: true };
  assertThrows(() => reset(memory, 32, 64, how), RangeError, "whole 64-byte lines");
  assertThrows(() => reset(memory, 0, 100, how), RangeError, "whole 64-byte lines");
  assertThrows(() => reset(memory, GiB - 4096, 8192, how), RangeError, "inside the memory");
  assertEquals(memory.countLines(({ memory }) => memory.owner === 0), 0);
});

Deno.test("resetPages() fences once per page, and leaves the pages between alone", () => {
  const memory = ownedMemory(spr);
  const [chunk] = [...chunksOf(Uint32Array.of(3, 5, 500))];
  assertEquals(resetPages(memory, chunk!, { key: KEY0, clear: true }), { lines: 192, fences: 3 });
  assertEquals([2, 3, 4, 5, 499, 500, 501].map((page) => memory.state(page * 4096).memory.owner), [
    1,
    0,
    1,
    0,
    1,
    0,
    1,
  ]);
});

Deno.test("resetPages() does nothing where it is not to clear", () => {
  const memory = ownedMemory(spr);
  const [chunk] = [...chunksOf(Uint32Array.of(3))];
  assertEquals(resetPages(memory, chunk!, { key: KEY0, clear: false }), { lines: 0, fences: 0 });
  assertEquals(memory.state(3 * 4096).memory.owner, 1);
});
