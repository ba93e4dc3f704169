import { assertThrows } from "@std/assert";
import { MeterError } from "./meter_error.ts";
import { requireMachine } from "./require_machine.ts";

Deno.test("requireMachine() takes Linux on x86-64 and nothing else", () => {
  requireMachine({ os: "linux", arch: "x86_64" });
  for (const [os, arch] of [["darwin", "x86_64"], ["linux", "aarch64"], ["windows", "x86_64"]]) {
    assertThrows(
      () => requireMachine({ os: os!, arch: arch! }),
      MeterError,
      `Expected Linux on x86-64, whose machine code this is, got ${os} on ${arch}`,
    );
  }
});
