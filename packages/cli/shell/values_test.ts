import { assertEquals, assertThrows } from "@std/assert";
import { nearest } from "./nearest.ts";
import { pick, pickName, readNumber, readSize, UnknownNameError, UsageError } from "./values.ts";

Deno.test("readSize() reads sizes as people, QEMU and Kubernetes write them, and plain bytes", () => {
  const table = [
    ["4096", 4096],
    ["4096B", 4096],
    ["4KiB", 4096],
    ["64MiB", 67_108_864],
    ["400GiB", 429_496_729_600],
    ["1.5TiB", 1_649_267_441_664],
    ["1 TiB", 1_099_511_627_776],
    ["-1KiB", -1024],
    ["256G", 274_877_906_944],
    ["800Gi", 858_993_459_200],
    ["18GB", 19_327_352_832],
    ["400g", 429_496_729_600],
    ["1.5T", 1_649_267_441_664],
    ["512M", 536_870_912],
    ["512Mi", 536_870_912],
    ["64k", 65_536],
    ["1 tb", 1_099_511_627_776],
    ["0", 0],
  ] as const;
  for (const [text, bytes] of table) assertEquals(readSize("--memory", text), bytes, text);
});

Deno.test("readSize() refuses what is no size or no whole number of bytes", () => {
  for (
    const text of [
      "",
      "GiB",
      "1GiBs",
      "1i",
      "1e3",
      "0x10",
      "1,024",
      "1.00001KiB",
      "0.3",
    ]
  ) {
    const { message } = assertThrows(() => readSize("--memory", text), UsageError);
    const expected =
      "Expected --memory as a size like 400GiB, 256G, 1.5T or 4096 (bytes), of powers of 1024, got ";
    assertEquals(message, expected + text);
  }
});

Deno.test("pick() gives what a name stands for", () => {
  assertEquals(pick("a colour", "red", { red: 1, green: 2 }), 1);
  assertEquals(pickName("a colour", "green", ["red", "green"]), "green");
});

Deno.test("pick() refuses an unknown name, with the list", () => {
  const { message, typed, names } = assertThrows(
    () => pick("a colour", "gren", { red: 1, green: 2 }),
    UnknownNameError,
  );
  assertEquals(message, "Expected a colour to be one of red, green, got gren");
  assertEquals([typed, names], ["gren", ["red", "green"]]);
  assertThrows(() => pickName("a colour", "constructor", ["red"]), UsageError, "got constructor");
});

Deno.test("nearest() has a hint where a name is near", () => {
  assertEquals(nearest("x", []), "");
  assertEquals(nearest("gren", ["red", "green"]), "; did you mean green?");
  assertEquals(nearest("blue", ["red", "green"]), "");
  assertEquals(nearest("sise", ["size"], "--"), "; did you mean --size?");
});

Deno.test("readNumber() reads decimal numbers in a range", () => {
  assertEquals(readNumber("--seed", "-7"), -7);
  assertEquals(readNumber("--vcpus", "1", { from: 1 }), 1);
  const share = { from: 0, to: 1, fractions: true };
  assertEquals(["0", "0.25", ".5", "1", "1e-5"].map((text) => readNumber("--busy", text, share)), [
    0,
    0.25,
    0.5,
    1,
    0.00001,
  ]);
});

Deno.test("readNumber() refuses what is not meant, and says what is", () => {
  const table = [
    ["1.5", {}, "a whole number"],
    ["1e3", {}, "a whole number"],
    ["1.0", {}, "a whole number"],
    ["9007199254740993", {}, "a whole number below 2^53"],
    ["0", { from: 1 }, "a whole number from 1"],
    ["53", { from: 32, to: 52 }, "a whole number from 32 to 52"],
    ["1.1", { from: 0, to: 1, fractions: true }, "a number from 0 to 1"],
    ...["", "x", "0x10", "NaN", "Infinity", " 1", "1.", "+1"].map((text) =>
      [text, { fractions: true }, "a number"] as const
    ),
  ] as const;
  for (const [text, range, expected] of table) {
    const { message } = assertThrows(() => readNumber("--n", text, range), UsageError);
    assertEquals(message, `Expected --n as ${expected}, got ${text}`);
  }
});
