import { assert, assertEquals, assertRejects } from "@std/assert";
import { consumedPoison } from "@tdx/core";
import fc from "fast-check";
import { assessMachineCheck } from "./assess/assess_machine_check.ts";
import { printKernelLog } from "./formats/print_kernel_log.ts";
import {
  MACHINE_CHECK_FORMATS,
  type MachineCheckFormat,
  readMachineChecks,
} from "./read_machine_checks.ts";

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

/** What texts of each form are made of. */
const poison = [true, false].map((seamNr) => consumedPoison({ address: 0x80a5669600, seamNr }));
const PIECES: Readonly<Record<MachineCheckFormat, readonly string[]>> = {
  kernel: [
    ...poison.flatMap((record) => printKernelLog(record, { cs: 0x10, ip: 1n }).split(/(?<=\n)/)),
    "mce: [Hardware Error]: Machine check: Data load in unrecoverable area of kernel\n",
    "mce: [Hardware Error]: ",
    "EDAC skx MC0: ADDR 1\n",
    "Kernel panic - not syncing: Fatal local machine check\n",
  ],
  mcelog: MCELOG.repeat(2).split(/(?<=[ \n])/),
  "mce-inject": [
    ...INJECT.split(/(?<=\n)/),
    ..."CPU MCE STATUS RIP UC 0x1 09 : < > { }".split(" "),
  ],
};

/** A text with pieces cut out, put in, and put elsewhere. */
function mutated(text: string): fc.Arbitrary<string> {
  const at = fc.nat(text.length);
  const moved = fc.tuple(at, fc.nat(60)).map(([from, length]) => text.slice(from, from + length));
  const piece = fc.oneof(fc.constant(""), fc.string({ maxLength: 8 }), moved);
  const edits = fc.array(fc.tuple(at, fc.nat(40), piece), { minLength: 1, maxLength: 12 });
  return edits.map((all) =>
    all.reduce(
      (mutant, [from, cut, piece]) => mutant.slice(0, from) + piece + mutant.slice(from + cut),
      text,
    )
  );
}

for (const format of MACHINE_CHECK_FORMATS) {
  Deno.test(`readMachineChecks() reads any text as ${format}, and refuses it with a place`, async () => {
    const pieces = PIECES[format];
    const units = fc.uint16Array({ maxLength: 20 }).map((all) => String.fromCharCode(...all));
    const noise = fc.oneof(fc.constant("\n"), units);
    const text = fc.oneof(
      mutated(pieces.join("").repeat(2)),
      fc.array(fc.oneof(fc.constantFrom(...pieces), noise), { maxLength: 60 }).map((all) =>
        all.join(format === "mce-inject" ? " " : "")
      ),
    );
    const placed = /^log:\d+:\d+: Expected /;
    await fc.assert(
      fc.asyncProperty(text, fc.boolean(), async (log, told) => {
        try {
          for await (const found of readMachineChecks(log, told ? { format } : {})) {
            assert(found.where.first <= found.where.last);
            assert(found.damage.every((each) => placed.test(each)));
            assert(assessMachineCheck(found, { maxPa: 52, keyIdBits: 6 }).grades.length > 0);
          }
        } catch (error) {
          if (!(error instanceof SyntaxError && placed.test(error.message))) throw error;
        }
      }),
      { numRuns: 500 },
    );
  });
}
