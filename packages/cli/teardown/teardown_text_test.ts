import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { tdxJson } from "../fixtures_test.ts";
import { type PrintedTeardown, teardownText } from "./teardown_text.ts";

const { answer: { runs: [RUN] } } = await tdxJson(
  ...["teardown", "--platform", "gnr", "--memory", "4MiB", "--path", "terminate"],
);
const work = (from: number) => ({
  pagesReclaimed: from,
  linesCleared: from + 1,
  fences: from + 2,
});
const DONE: PrintedTeardown = {
  ...RUN,
  ...work(1001),
  control: work(2001),
  seamcalls: { "TDH.MEM.TRACK": 4001 },
  kernel: "7.3",
  retries: 1,
  leakedPages: 2,
  leakedHkid: false,
  machineChecks: 0,
  retiredPages: 0,
  unclearedPages: 0,
  mappedPages: 0,
  setUpMs: 12.4,
  computeMs: 34.5,
};
const shown = (
  changed: Partial<PrintedTeardown>,
  others: Parameters<typeof teardownText>[1] = [],
) => teardownText({ ...DONE, ...changed }, others);

Deno.test("teardownText() has each figure of a run under its own name", () => {
  const text = shown({ pamt: work(3001) });
  const cells = (from: number, to: number) =>
    text.split("\n").slice(from, to).map((row) => row.trim().split(/ {2,}/));
  assertEquals(text.split("\n")[0], "gnr, 4 MiB, 4 vCPUs, path terminate, Linux 7.3, policy quirk");
  assertEquals(cells(2, 6), [
    ["pages", "lines cleared", "fences"],
    ["guest", "1,001", "1,002", "1,003"],
    ["control", "2,001", "2,002", "2,003"],
    ["PAMT pairs", "3,001", "3,002", "3,003"],
  ]);
  assertStringIncludes(text, "\nTDH.MEM.TRACK  4,001\n\nretries 1, leaked pages 2\nthe host then");
  assertMatch(text, /\nsimulated in 3[45] ms, after 12 ms to set it up$/);
});

// What came of a run, and what is said of it.
const SAID: readonly (readonly [Partial<PrintedTeardown>, string])[] = [
  [{ leakedHkid: true }, "\nretries 1, leaked pages 2, HKID leaked\n"],
  [{}, "\nthe host then used every guest page that it got: no machine check\n"],
  [
    { machineChecks: 5, retiredPages: 6 },
    "\nthe host then used every guest page that it got: machine checks 5, retired pages 6\n(loads in",
  ],
  [
    { unclearedPages: 4, mappedPages: 3 },
    "\npages that Linux 7.3 gave back to the host uncleared after a refusal: 4, still mapped in the " +
    "Secure EPT: 3\nthe host then",
  ],
  [{ pagesReclaimed: 0 }, "\nno page came back to the host\nthe host then"],
  [
    { pagesReclaimed: 0, unclearedPages: 4 },
    "\nno page came back to the host but uncleared\nthe host then",
  ],
];

Deno.test("teardownText() says what a refusal left behind, and what met the host", () => {
  for (const [changed, said] of SAID) assertStringIncludes(shown(changed), said);
  assertEquals(/HKID leaked|uncleared|no page came back/.test(shown({})), false);
});

Deno.test("teardownText() says what another path would change", () => {
  const other = { ...DONE, path: "dynamic", unclearedPages: 3, machineChecks: 1 } as const;
  assertMatch(
    shown({}, [other]),
    /\nBy path dynamic \(.*\) instead: 1,001 guest pages back, 2 leaked, 3 uncleared after a refusal, 1 machine check; total .* s \(clear as published\), .* s \(clear as measured\)\. --path dynamic shows it\n/,
  );
});
