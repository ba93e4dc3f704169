import { assertEquals } from "@std/assert";
import { dirtyBytes } from "./dirty_bytes.ts";

const MIB = 2 ** 20;

Deno.test("dirtyBytes() is a quarter of the cache, shared by the threads, in whole steps", () => {
  assertEquals(dirtyBytes(260 * MIB, 1, 1024 * MIB, 4096), 65 * MIB);
  assertEquals(dirtyBytes(260 * MIB, 1, 1024 * MIB, 2 * MIB), 64 * MIB);
  assertEquals(dirtyBytes(260 * MIB, 16, 1024 * MIB, 2 * MIB), 4 * MIB);
});

Deno.test("dirtyBytes() is no more than the buffer", () => {
  assertEquals(dirtyBytes(260 * MIB, 1, 2 * MIB, 2 * MIB), 2 * MIB);
});

Deno.test("dirtyBytes() is 0 where no step fits, or the cache is not known", () => {
  assertEquals(dirtyBytes(260 * MIB, 64, 1024 * MIB, 2 * MIB), 0);
  assertEquals(dirtyBytes(32 * MIB, 1, 1024 * MIB, 1024 * MIB), 0);
  assertEquals(dirtyBytes(null, 1, 1024 * MIB, 4096), 0);
});
