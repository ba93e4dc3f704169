import { assertThrows } from "@std/assert";
import { MiB, type Platform } from "@tdx/core";
import { gnr } from "@tdx/platform-gnr";
import { createTdHost, followPages } from "@tdx/reclaim";
import { ORIGIN } from "./fixtures_test.ts";
import { mapMemory, type MapOptions, scenariosHtml, verdictsHtml } from "./mod.ts";

const host = createTdHost({ platform: gnr, guestBytes: 4 * MiB, vcpus: 1 });
const map = (options: unknown) => () =>
  mapMemory(host, followPages(host).fates(), options as MapOptions);
const platforms = ["spr"] as unknown as Platform[];
const NO_PLATFORM =
  'Expected platforms[0] to be one from definePlatform() for contract 1, got "spr"';

const REFUSED: readonly [string, () => unknown, new () => Error, string][] = [
  ["a misspelt option", map({ cell: 1 }), TypeError, "cell"],
  ["no cells", map({ cells: 0 }), RangeError, "Expected cells to be a whole number from 1 to"],
  ["a part of a cell", map({ cells: 1.5 }), RangeError, "got 1.5"],
  [
    "a negative list",
    map({ list: -1 }),
    RangeError,
    "Expected list to be a whole number from 0 to",
  ],
  [
    "a platform by its name",
    () => verdictsHtml({ origin: ORIGIN, platforms, verdicts: [] }),
    TypeError,
    NO_PLATFORM,
  ],
  [
    "a platform by its name",
    () => scenariosHtml({ origin: ORIGIN, platforms, runs: [] }),
    TypeError,
    NO_PLATFORM,
  ],
];

for (const [what, call, error, message] of REFUSED) {
  Deno.test(`the report refuses ${what}: ${message}`, () => {
    assertThrows(call, error, message);
  });
}
