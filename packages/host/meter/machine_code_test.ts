import { assertEquals, assertThrows } from "@std/assert";
import { routine } from "./machine_code.ts";

Deno.test("routine() reads bytes and assembly, one instruction a line", () => {
  const { lines, code } = routine(`
    0f ae f0     | mfence

    c3           | ret
  `);
  assertEquals(lines, [
    { bytes: [0x0f, 0xae, 0xf0], assembly: "mfence" },
    { bytes: [0xc3], assembly: "ret" },
  ]);
  assertEquals([...code], [0x0f, 0xae, 0xf0, 0xc3]);
});

Deno.test("routine() refuses a line that is anything else", () => {
  for (const line of ["c3", "c3 |", "| ret", "c | ret", "c3 0 | ret", "C3 | ret", "c3| ret"]) {
    assertThrows(
      () => routine(line),
      SyntaxError,
      `listing:1:1: Expected bytes, a bar and an instruction, got "${line}"`,
    );
  }
});
