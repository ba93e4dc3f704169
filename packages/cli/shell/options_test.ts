import { assertEquals, assertThrows } from "@std/assert";
import { readOptions } from "./options.ts";
import { UnknownNameError, UsageError } from "./values.ts";

const TABLE = {
  size: { value: "SIZE", help: "how large" },
  name: { value: "NAME", help: "what name" },
  fast: { help: "be quick" },
};

Deno.test("readOptions() reads flags, values and operands in any order", () => {
  const options = readOptions(["one", "--size", "3", "--fast", "--name=x=y", "two"], TABLE);
  assertEquals([options.text("size"), options.text("name")], ["3", "x=y"]);
  assertEquals([options.has("fast"), options.operands], [true, ["one", "two"]]);
});

Deno.test("readOptions() says what was not typed", () => {
  const options = readOptions([], TABLE);
  assertEquals([options.text("size"), options.has("fast"), options.operands], [
    undefined,
    false,
    [],
  ]);
});

Deno.test("readOptions() keeps words as they are typed, and all behind --", () => {
  const words = ["0x10", "007", "-"];
  assertEquals(readOptions([...words, "--", "--size", "3"], TABLE).operands, [
    ...words,
    "--size",
    "3",
  ]);
  assertEquals(readOptions(["--size", "-"], TABLE).text("size"), "-");
  assertEquals(readOptions(["--size", "-3"], TABLE).text("size"), "-3");
});

Deno.test("readOptions() refuses unknown options, with the list and what a near one is sought by", () => {
  const refuses = (arg: string, option: string) => {
    const error = assertThrows(() => readOptions([arg], TABLE), UnknownNameError);
    assertEquals(error.message, `Expected one of --size --name --fast, got --${option}`);
    assertEquals([error.typed, error.names, error.prefix], [
      option,
      ["size", "name", "fast"],
      "--",
    ]);
  };
  refuses("--safe", "safe");
  refuses("--sise=3", "sise");
  refuses("--Name", "Name");
});

Deno.test("readOptions() refuses a value that is missing or given twice", () => {
  assertThrows(() => readOptions(["--size"], TABLE), UsageError, "--size SIZE, got no value");
  assertThrows(() => readOptions(["--size", "--fast"], TABLE), UsageError, "got no value");
  assertThrows(
    () => readOptions(["--size", "1", "--size=2"], TABLE),
    UsageError,
    "Expected --size once, got 1, 2",
  );
});
