import { assert, assertEquals, assertRejects } from "@std/assert";
import { consumedPoison } from "@tdx/core";
import fc from "fast-check";
import { assessMachineCheck } from "./assess/assess_machine_check.ts";
import { printKernelLog } from "./formats/print_kernel_log.ts";
import { readMachineChecks } from "./read_machine_checks.ts";

const KERNEL = "[  1.0] mce: [Hardware Error]: CPU 1: Machine Check: 0 Bank 4: 9000000000000001\n";
const MCELOG =
  "Hardware event. This is not a software error.\nCPU 1 BANK 4 \nSTATUS 9000000000000001 MCGSTATUS 0\n";
const INJECT = "# a comment\n\nCPU 1 BANK 4\nSTATUS 0x9000000000000001\n";

async function banks(text: string) {
  const found = await Array.fromAsync(readMachineChecks(text));
  return found.map(({ record: { cpu, bank, status } }) => [cpu, bank, status]);
}

Deno.test("readMachineChecks() tells the forms apart", async () => {
  for (const text of [KERNEL, MCELOG, INJECT, `[  0.0] Linux version 6.18\n${KERNEL}`]) {
    assertEquals(await banks(text), [[1, 4, 0x9000000000000001n]], text);
  }
});

Deno.test("readMachineChecks() finds nothing in a log without machine checks", async () => {
  assertEquals(await banks("[  0.0] Linux version 6.18\nCPU usage high\n"), []);
});

Deno.test("readMachineChecks() takes the form it is given", async () => {
  const format = "mcelog";
  const found = await Array.fromAsync(
    readMachineChecks("CPU 1 BANK 4 \nSTATUS 90 MCGSTATUS 0\n", { format }),
  );
  assertEquals(found[0]?.record.status, 0x90n);
  await assertRejects(
    () => Array.fromAsync(readMachineChecks(KERNEL, { format: "mce-inject", name: "k" })),
    SyntaxError,
    "k:1:1: Expected CPU or MCE",
  );
});

Deno.test("readMachineChecks() refuses an empty text", async () => {
  for (const text of ["", "\n \n"]) {
    await assertRejects(
      () => Array.fromAsync(readMachineChecks(text)),
      SyntaxError,
      "log:1:1: Expected machine-check records, got an empty text",
    );
  }
});

/** A text with pieces cut out, put in, and put elsewhere. */
function mutated(text: string): fc.Arbitrary<string> {
  const at = fc.nat(text.length);
  const edit = fc.tuple(
    at,
    fc.nat(40),
    fc.oneof(
      fc.constant(""),
      fc.string({ maxLength: 8 }),
      fc.tuple(at, fc.nat(60)).map(([from, length]) => text.slice(from, from + length)),
    ),
  );
  return fc.array(edit, { minLength: 1, maxLength: 12 }).map((edits) =>
    edits.reduce(
      (all, [from, cut, piece]) => all.slice(0, from) + piece + all.slice(from + cut),
      text,
    )
  );
}

Deno.test("readMachineChecks() survives mutated logs of every form", async () => {
  const poison = [true, false].map((seamNr) => consumedPoison({ address: 0x80a5669600, seamNr }));
  const kernel = poison.map((each) => printKernelLog(each, { cs: 0x10, ip: 1n })).join("");
  for (const text of [kernel.repeat(2), MCELOG.repeat(3), INJECT.repeat(3)]) {
    await fc.assert(
      fc.asyncProperty(mutated(text), async (log) => {
        try {
          for await (const found of readMachineChecks(log)) {
            assert(found.damage.every((each) => /^log:\d+:\d+: Expected /.test(each)));
            assert(assessMachineCheck(found, { maxPa: 52, keyIdBits: 6 }).grades.length > 0);
          }
        } catch (error) {
          if (!(error instanceof SyntaxError && /^log:\d+:\d+: Expected /.test(error.message))) {
            throw error;
          }
        }
      }),
      { numRuns: 300 },
    );
  }
});
