import { assertEquals, assertThrows } from "@std/assert";
import { requireOneOf, requireWhole, showValue } from "./arguments.ts";

const revoked = Proxy.revocable({}, {});
revoked.revoke();
const cyclic: { self?: unknown } = {};
cyclic.self = cyclic;

// A value, what a message shows of it.
const SHOWN: readonly [unknown, string][] = [
  ["5", '"5"'],
  [5, "5"],
  [5n, "5n"],
  [NaN, "NaN"],
  [undefined, "undefined"],
  [null, "null"],
  [() => 5, "a function"],
  [Symbol("s"), "Symbol(s)"],
  [[undefined, NaN, 5n, "5"], '["undefined","NaN","5n","5"]'],
  [{ a: Infinity }, '{"a":"Infinity"}'],
  [new Date(0), "one of class Date"],
  [Object.create(null), "{}"],
  [cyclic, "an object"],
  [revoked.proxy, "an object"],
  // 79 characters and the sign that more was there.
  [10n ** 100n, `1${"0".repeat(78)}…`],
  ["x".repeat(100), `"${"x".repeat(78)}…`],
  // A character of two units is kept whole.
  ["\u{1F600}".repeat(100), `"${"\u{1F600}".repeat(78)}…`],
  [Symbol("x".repeat(100)), `Symbol(${"x".repeat(72)}…`],
];

for (const [value, shown] of SHOWN) {
  Deno.test(`showValue() shows ${shown.slice(0, 30)}`, () => assertEquals(showValue(value), shown));
}

// Bounds, and how a message names them.
const BOUNDS: readonly [number, number, string][] = [
  [0, 2 ** 52, "from 0 to 2^52"],
  [0, Number.MAX_SAFE_INTEGER, "from 0 to 2^53 - 1"],
  [-(2 ** 31), 2 ** 31 - 1, "from -(2^31) to 2^31 - 1"],
  [1, 1000, "from 1 to 1000"],
];

for (const [low, high, words] of BOUNDS) {
  Deno.test(`requireWhole() names its bounds: ${words}`, () => {
    requireWhole("n", low, low, high);
    requireWhole("n", high, low, high);
    const message = `Expected n to be a whole number ${words}, got 0.5`;
    assertThrows(() => requireWhole("n", 0.5, low, high), RangeError, message);
    assertThrows(() => requireWhole("n", "1", low, high), TypeError, 'to be a number, got "1"');
  });
}

Deno.test("requireOneOf() tells a misspelt word from a wrong type", () => {
  requireOneOf("mode", "Li", ["Li", "Ci"]);
  const message = "Expected mode to be one of Li, Ci, got ";
  assertThrows(() => requireOneOf("mode", "Xi", ["Li", "Ci"]), RangeError, `${message}"Xi"`);
  assertThrows(() => requireOneOf("mode", 1, ["Li", "Ci"]), TypeError, `${message}1`);
});
