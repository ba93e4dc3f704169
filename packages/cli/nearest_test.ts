import { assertEquals, assertThrows } from "@std/assert";
import { nearest, pick, pickName } from "./nearest.ts";
import { UsageError } from "./usage_error.ts";

Deno.test("pick() gives what a name stands for", () => {
  assertEquals(pick("a colour", "red", { red: 1, green: 2 }), 1);
  assertEquals(pickName("a colour", "green", ["red", "green"]), "green");
});

Deno.test("pick() refuses an unknown name, with the list and the nearest", () => {
  const { message } = assertThrows(
    () => pick("a colour", "gren", { red: 1, green: 2 }),
    UsageError,
  );
  assertEquals(message, "Expected a colour to be one of red, green, got gren; did you mean green?");
  assertThrows(() => pickName("a colour", "constructor", ["red"]), UsageError, "got constructor");
});

Deno.test("nearest() has no hint where there is no name", () => {
  assertEquals(nearest("x", []), "");
  assertEquals(nearest("sise", ["size"], "--"), "; did you mean --size?");
});
