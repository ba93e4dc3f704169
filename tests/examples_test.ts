// Every example runs by `deno run examples/x.ts`, without any permission.
import { assert, assertEquals } from "@std/assert";
import { runDeno } from "../tasks/run.ts";
import { ROOT } from "../tasks/workspace.ts";

const examples = [...Deno.readDirSync(`${ROOT}examples`)]
  .filter(({ isFile, name }) => isFile && name.endsWith(".ts"))
  .map(({ name }) => name)
  .sort();

Deno.test("examples/README.md lists every example", () => {
  const text = Deno.readTextFileSync(`${ROOT}examples/README.md`);
  const listed = [...text.matchAll(/\]\((\w+\.ts)\)/g)].map(([, name]) => name).sort();
  assertEquals(listed, examples);
});

// What each is there to show.
const SAYS: Readonly<Record<string, readonly string[]>> = {
  "decide.ts": ["Sapphire Rapids: clear", "Emerald Rapids: clear", "Granite Rapids: skip"],
  // 100 GiB are 26,214,400 pages of 64 lines.
  "compose_reclaimer.ts": [
    "Emerald Rapids: 26214400 pages back, 1677721600 lines cleared",
    "Granite Rapids: 26214400 pages back, 0 lines cleared",
  ],
  "watch_line.ts": ["host partial-write, W5:", "** machine check **", "host partial-write, W4:"],
  "own_platform.ts": [
    "Future Rapids is assumed, not confirmed, to be without the erratum",
    "Refused: ",
  ],
  // Up to 40% of 467 s; 105,063,192 pages of 410 ns; 28,104,499 of them off 517 s.
  "estimate.ts": [
    "400 GiB on gnr, dynamic, clear as measured: always 5539 s, quirk 5496 s, saved 43.1 s",
    "400 GiB on gnr, terminate, clear as published: always 467 s, quirk 280–467 s",
    "400 GiB on gnr, terminate, clear as measured: always 467 s, quirk 424 s, saved 43.1 s",
    "400 GiB on emr, terminate, clear as measured: always 467 s, quirk 467 s, saved 0 s",
    "Simulated: 505 s",
  ],
  "scenario.ts": [
    "Sapphire Rapids: Always, as expected",
    "2. device: DMA partial write host, line X, KeyID 0  [W5]",
    "Granite Rapids: Never, as expected",
    "cleared as by Linux 6.17: Never",
  ],
  "audit_source.ts": ["pays-rightly: It is the erratum", "unknown   records.leaks: the kernel log"],
  // KeyID 0x41 over the page.
  "machine_checks.ts": ["page 0x80a5669000, KeyID 65", "panic: ", "partial-write, integrity"],
  // The patch skips the clear there, so the one cell is met.
  "report.ts": ["<!doctype html>", "The host met 1 machine check"],
  // 1 GiB are 262,144 pages, one of which is locked.
  "teardown_fault.ts": [
    "Linux 6.18: 262143 guest pages back, 0 more as it was after a refusal, 2 leaked",
    "Linux 7.3: 262143 guest pages back, 1 more as it was after a refusal, 1 leaked",
    "Why: OPERAND_BUSY, operand RCX",
  ],
};

for (const name of examples) {
  Deno.test(`examples/${name} runs without any permission and shows what it is for`, async () => {
    const { code, stdout, stderr } = await runDeno([], `examples/${name}`);
    assertEquals([code, stderr], [0, ""]);
    assert(stdout.trim() !== "");
    for (const part of SAYS[name] ?? []) assert(stdout.includes(part), `${part} in:\n${stdout}`);
  });
}
