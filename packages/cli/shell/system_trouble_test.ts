import { assertEquals } from "@std/assert";
import { messageOf, systemTrouble } from "./system_trouble.ts";
import { UsageError } from "./values.ts";

const coded = (code: string) => Object.assign(new Error("x"), { code });

// An error, and what is said of it; nothing of what is none of the system's.
const TROUBLES = [
  [coded("ENOSPC"), "no space is left on the device"],
  [coded("EPIPE"), "nobody reads it any more"],
  [coded("ENOTSUP"), "ENOTSUP"],
  [coded("ERR_SQLITE_ERROR"), undefined],
  [new Deno.errors.NotFound("x"), "no such file"],
  [new Error("Text file busy (os error 26)"), "text file busy"],
  [new Error("a bug"), undefined],
  ["ENOENT", undefined],
] as const;

Deno.test("systemTrouble() has words for what the system says, and its code where it has none", () => {
  for (const [error, said] of TROUBLES) assertEquals(systemTrouble(error), said, String(error));
});

Deno.test("messageOf() tells a mistake of the user from a bug", () => {
  for (const error of [new UsageError("u"), new RangeError("u"), new SyntaxError("u")]) {
    assertEquals(messageOf(error), "u");
  }
  assertEquals(messageOf(new TypeError("a bug")), undefined);
  assertEquals(
    messageOf(coded("EIO")),
    "Expected to read the input and write the answer to its end, got: the device failed to read or " +
      "write",
  );
});
