import { assertEquals, assertThrows } from "@std/assert";
import { readSize } from "./size.ts";
import { UsageError } from "./usage_error.ts";

Deno.test("readSize() reads binary units, fractions and plain bytes", () => {
  const table = [
    ["4096", 4096],
    ["4096B", 4096],
    ["4KiB", 4096],
    ["64MiB", 67_108_864],
    ["400GiB", 429_496_729_600],
    ["1.5TiB", 1_649_267_441_664],
    ["1 TiB", 1_099_511_627_776],
    ["-1KiB", -1024],
    ["0", 0],
  ] as const;
  for (const [text, bytes] of table) assertEquals(readSize("--memory", text), bytes, text);
});

Deno.test("readSize() refuses what is no size or no whole number of bytes", () => {
  for (const text of ["", "GiB", "1GB", "1gib", "1e3", "0x10", "1.00001KiB", "9007199254740993"]) {
    const { message } = assertThrows(() => readSize("--memory", text), UsageError);
    const expected = "Expected --memory as a size like 4096, 64MiB, 400GiB or 1.5TiB, got ";
    assertEquals(message, expected + text);
  }
});
