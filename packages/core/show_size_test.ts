import { assertEquals } from "@std/assert";
import { showSize } from "./show_size.ts";

Deno.test("showSize() takes the largest unit", () => {
  const table = [
    [0, "0 B"],
    [512, "512 B"],
    [4096, "4 KiB"],
    [1.5 * 2 ** 30, "1.5 GiB"],
    [400 * 2 ** 30, "400 GiB"],
    [2 ** 46, "64 TiB"],
  ] as const;
  for (const [bytes, text] of table) assertEquals(showSize(bytes), text);
});
