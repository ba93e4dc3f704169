import { assertEquals } from "@std/assert";
import type { PrivateKeyIds } from "../logged_machine_check.ts";
import { isPrivateRange, keyIdLayout } from "./key_id_layout.ts";

Deno.test("isPrivateRange() takes what the firmware can give, up to 2^15 KeyIDs", () => {
  const ranges: readonly (readonly [PrivateKeyIds, boolean])[] = [
    [[64, 128], true],
    [[1, 2], true],
    [[2 ** 14, 2 ** 15], true],
    [[2 ** 14, 2 ** 16], false],
    [[0, 128], false],
    [[64, 64], false],
    [[128, 64], false],
    [[63, 128], false],
    [[64, 127], false],
    [[5, 2], false],
  ];
  for (const [range, expected] of ranges) {
    assertEquals(isPrivateRange(range), expected, `[${range[0]}, ${range[1]})`);
  }
});

Deno.test("keyIdLayout() completes what is given from the log, unless they contradict each other", () => {
  const range: PrivateKeyIds = [64, 128];
  assertEquals(keyIdLayout({}, range), { maxPa: undefined, keyIdBits: 7, sharedKeyIds: 63 });
  assertEquals(keyIdLayout({ maxPa: 46, sharedKeyIds: 31 }, range), {
    maxPa: 46,
    keyIdBits: 7,
    sharedKeyIds: 31,
  });
  for (const given of [{ keyIdBits: 6 }, { sharedKeyIds: 128 }, { maxPa: 52 }]) {
    const expected = "maxPa" in given ? { maxPa: 52, keyIdBits: 7, sharedKeyIds: 63 } : given;
    assertEquals(keyIdLayout(given, range), expected);
    assertEquals(keyIdLayout(given, undefined), given);
    assertEquals(keyIdLayout(given, [5, 2]), given);
  }
});
