import { assertEquals } from "@std/assert";
import { MiB } from "@tdx/core";
import { CELL, markPath, markWidth } from "./cell_shapes.ts";

Deno.test("a mark grows with the logarithm of its pages, and shows one page among many", () => {
  const width = (pages: number) => markWidth(pages, { cellBytes: MiB }) / CELL;
  // 1, 16 and 256 of the 256 pages of a cell: a third of its width, half way, nine tenths.
  assertEquals([1, 16, 256].map((pages) => Number(width(pages).toFixed(3))), [0.36, 0.63, 0.9]);
  assertEquals(Number((markWidth(1, { cellBytes: 4096 }) / CELL).toFixed(3)), 0.36);
});

Deno.test("a mark is a square around its point, a diamond where poison waits", () => {
  assertEquals(markPath("retired", 8, 24, 6), "M5 21h6v6h-6z");
  assertEquals(markPath("poisoned", 8, 24, 6), "M8 21l3 3l-3 3l-3 -3z");
});
