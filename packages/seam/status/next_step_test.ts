import { assertEquals } from "@std/assert";
import { nextStep } from "./next_step.ts";
import { decodeStatus } from "./seamcall_status.ts";

Deno.test("nextStep() tells who can cure a status", () => {
  const table = [
    [0x0000000000000000n, "none"],
    [0x0000030100000001n, "none"],
    [0x8000000300000000n, "retry"],
    [0x8000020000000080n, "retry"],
    [0x8000020300000000n, "retry"],
    [0xc000090000000000n, "bios"],
    [0xc000092100000122n, "bios"],
    [0x8000ff000000000dn, "bios"],
    [0xc000010000000000n, "module"],
    [0xc000050500000000n, "module"],
    [0xc0000c0000000000n, "module"],
    [0xc000050900000000n, "module"],
    [0xc000050a00000000n, "module"],
    [0xc000050d00000000n, "bios"],
    [0xc0000a2200000000n, "bios"],
    [0xc000050600000000n, "load-module"],
    [0x8000ff00ffff0000n, "load-module"],
    [0x4000000200000000n, "teardown"],
    [0xe000060400000000n, "teardown"],
    [0xc000010000000001n, "kernel"],
    [0xc000030000000001n, "kernel"],
    [0x8000081700000000n, "kernel"],
    [0xc0ffee0000000000n, "look-up"],
  ] as const;
  for (const [status, step] of table) {
    assertEquals(nextStep(decodeStatus(status)), step, status.toString(16));
  }
});
