import { assert, assertEquals, assertLess } from "@std/assert";
import { FIXTURES, OTHERS } from "./fixtures_test.ts";
import { readMachineChecks } from "./read_machine_checks.ts";

const GiB = 2 ** 30;
const MiB = 2 ** 20;

/** Reads a text that many copies of a piece make, and says how long it took, and the most memory. */
async function reading(piece: string, size: number): Promise<{ ms: number; most: number }> {
  const bytes = new TextEncoder().encode(piece.repeat(Math.ceil(65_536 / piece.length)));
  const before = Deno.memoryUsage().rss;
  let most = 0;
  async function* log() {
    for (let made = 0; made < size; made += bytes.length) {
      most = Math.max(most, Deno.memoryUsage().rss - before);
      yield bytes;
    }
  }
  const start = performance.now();
  for await (const _ of readMachineChecks(log())) { /* Each is let go. */ }
  return { ms: performance.now() - start, most };
}

/** Texts that each reader is slowest with: all of it is for it, or nearly is. */
const PIECES: readonly string[] = [
  ...FIXTURES.map(({ text }) => text),
  ...Object.values(OTHERS),
  "CPU 1: Machine Check Exception: f Bank 1: ",
  "mce: [Hardware Error]: TSC 1 ADDR ",
  "mce_record: CPU: 1, MC1: ADDR: MISC: RIP: ",
  "1 2024-01-23 09:06:08 +0000 error: status=0x, mcgstatus=",
  "MCA: 200: SRAR Excp G7 B1 S",
  "Bank IA32_MCi_STATUS STATUS | ADDR ",
  "{1}[Hardware Error]: Error 0, type: ",
  "EDAC MC0: 1 CE page:0x page:0x ",
  '{"msg":"\\u00e9',
  '{"a":[1,2,3,',
  " [,",
  "\n{\n",
];

Deno.test("readMachineChecks() takes time linear in the length of any text", async () => {
  for (const piece of PIECES) {
    for (const text of [piece, piece.replaceAll("\n", " ")]) {
      await reading(text, MiB);
      const [once, fourTimes] = [await reading(text, MiB), await reading(text, 4 * MiB)];
      // What grows with the square would take 16 times as long.
      assertLess(fourTimes.ms, 9 * once.ms + 200, text.slice(0, 200));
    }
  }
});

Deno.test("readMachineChecks() reads 1 GiB in one line without holding it", async () => {
  for (const piece of ["x", '{"MESSAGE":"' + "x".repeat(65_000)]) {
    const { most } = await reading(piece, GiB);
    assertLess(most, 256 * MiB);
  }
});

Deno.test("readMachineChecks() reads endless records without holding them", async () => {
  const [dmesg] = FIXTURES;
  for (const piece of [dmesg!.text, OTHERS.traces, OTHERS.apei]) {
    assertLess((await reading(piece, 64 * MiB)).most, 192 * MiB);
  }
  let count = 0;
  for await (const { record } of readMachineChecks(dmesg!.text.repeat(1000))) {
    assertEquals(record.cpu, 147);
    count++;
  }
  assert(count === 1000);
});
