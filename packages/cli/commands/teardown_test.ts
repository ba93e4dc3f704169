import { NEWEST_LINUX } from "@tdx/linux";
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import {
  CaughtStdio,
  PLATFORM_NAMES,
  refused,
  tdx,
  tdxJson,
  tdxOn,
  testData,
} from "../fixtures_test.ts";

/** The run of `tdx teardown --json` by the path that is asked for, or by that of Linux. */
async function run(...args: string[]) {
  const { status, answer } = await tdxJson("teardown", ...args);
  assertEquals([answer.runs.length, answer.otherPaths.length], [
    1,
    args.includes("--path") ? 0 : 1,
  ]);
  return { status, run: answer.runs[0] };
}

Deno.test("tdx teardown of 1 TiB is exact", async () => {
  const started = performance.now();
  const args = ["--platform", "emr", "--memory", "1TiB", "--vcpus", "64", "--path", "dynamic"];
  const { status, run: { control, seamcalls, simulatedTimes, setUpMs, computeMs, ...rest } } =
    await run(...args);
  const { pagesByType, ...counts } = rest;
  assertEquals(status, 0);
  // 1 TiB is 2^40 / 4096 = 268,435,456 pages of 64 lines.
  assertEquals(counts, {
    platform: "emr",
    kernel: NEWEST_LINUX,
    policy: "quirk",
    path: "dynamic",
    pagesReclaimed: 268_435_456,
    linesCleared: 17_179_869_184,
    fences: 268_435_456,
    retries: 0,
    leakedPages: 0,
    unclearedPages: 0,
    mappedPages: 0,
    leakedHkid: false,
    machineChecks: 0,
    retiredPages: 0,
    memoryBytes: 2 ** 40,
    vcpus: 64,
  });
  // Secure EPT 524,288 + 1,024 + 2, vCPUs 64 * 6, TDCS 6, TDR 1.
  assertEquals(control.pagesReclaimed, 525_314 + 384 + 6 + 1);
  assertEquals([pagesByType.REG, pagesByType.TDR], [268_435_456, 1]);
  assertEquals(seamcalls["TDH.PHYMEM.PAGE.RECLAIM"], 525_705);
  assertEquals(simulatedTimes.length, 2);
  assert(setUpMs > 0 && computeMs > 0 && setUpMs + computeMs <= performance.now() - started);
});

Deno.test("tdx teardown tears 16 GiB with 4 vCPUs down by default, by the path of Linux", async () => {
  const { run: { memoryBytes, vcpus, path, policy } } = await run("--platform", "gnr");
  assertEquals([memoryBytes, vcpus, path, policy], [16 * 2 ** 30, 4, "dynamic", "quirk"]);
});

Deno.test("tdx teardown shows what the proposed path would change", async () => {
  // A fatal TD gives no page back on the dynamic path, and all of them on the other (M9).
  const args = ["--platform", "gnr", "--memory", "4MiB", "--fatal"];
  const { status, answer: { runs, otherPaths } } = await tdxJson("teardown", ...args);
  assertEquals(status, 2);
  assertEquals(
    // deno-lint-ignore no-explicit-any
    [...runs, ...otherPaths].map(({ path, pagesReclaimed }: any) => [path, pagesReclaimed]),
    [["dynamic", 0], ["terminate", 1024]],
  );
  const { text } = await tdx("teardown", ...args);
  assertStringIncludes(
    text,
    "\nBy path terminate (key first, a proposed patch) instead: 1,024 guest pages back, 0 leaked, ",
  );
});

Deno.test("tdx teardown tells what another path would change without going it, where nothing is refused", async () => {
  for (
    const args of [
      "--platform gnr --kernel 6.16 --scatter --host-memory 2GiB",
      "--platform spr --policy never --poison-rate 0.01 --mode Li",
      "--platform emr --host-keys shared-integrity --policy never --stuck 0x200000",
    ]
  ) {
    const words = ["teardown", "--memory", "64MiB", ...args.split(" ")];
    const { answer: { otherPaths: [told] } } = await tdxJson(...words);
    const { answer: { runs: [gone] } } = await tdxJson(...words, "--path", "terminate");
    assertEquals(told, Object.fromEntries(Object.keys(told).map((key) => [key, gone[key]])), args);
  }
});

Deno.test("tdx teardown goes the other path where something is refused there", async () => {
  const words = ["teardown", "--platform", "gnr", "--memory", "4MiB", "--busy", "0.5"];
  const { answer: { otherPaths: [told] } } = await tdxJson(...words);
  const { answer: { runs: [gone] } } = await tdxJson(...words, "--path", "terminate");
  assertEquals(told, Object.fromEntries(Object.keys(told).map((key) => [key, gone[key]])));
  assertNotEquals(
    told.leakedPages,
    (await run(...words.slice(1), "--path", "dynamic")).run.leakedPages,
  );
});

Deno.test("tdx teardown with policy never on the erratum ends in machine checks, status 2", async () => {
  const args = ["--platform", "spr", "--memory", "4MiB", "--policy", "never"];
  const { status, run: { machineChecks, retiredPages, linesCleared } } = await run(...args);
  assertEquals([status, machineChecks, retiredPages, linesCleared], [2, 1024, 1024, 0]);
});

Deno.test("tdx teardown takes host keys and mode", async () => {
  // An integrity KeyID in Ci meets the owned lines; in Li there is no integrity.
  for (const [mode, checks] of [["Ci", 1024], ["Li", 0]] as const) {
    const args = ["--platform", "gnr", "--memory", "4MiB", "--host-keys", "shared-integrity"];
    const { status, run: { machineChecks } } = await run(...args, "--mode", mode);
    assertEquals([status, machineChecks], [checks > 0 ? 2 : 0, checks]);
  }
});

Deno.test("tdx teardown reads the platform from a file", async () => {
  const { run: { platform } } = await run("--cpuid", testData("spr.cpuid"), "--memory", "4MiB");
  assertEquals(platform, "spr");
});

// Platform, policy, machine checks with two pages poisoned, and with one stuck line.
for (
  const [platform, policy, poisoned, stuck] of [
    ["gnr", "always", 0, 1],
    ["gnr", "quirk", 2, 1],
    ["gnr", "never", 2, 1],
    ["emr", "quirk", 0, 1],
  ] as const
) {
  Deno.test(`tdx teardown --poison and --stuck on ${platform}, policy ${policy}`, async () => {
    const args = ["--platform", platform, "--memory", "4MiB", "--policy", policy];
    // Two addresses in one page, one in another; 0x3007 is in the line at 0x3000.
    const transient = await run(...args, "--poison", "0x1000,0x1fff,0x3007");
    assertEquals(
      [transient.status, transient.run.machineChecks],
      [poisoned > 0 ? 2 : 0, poisoned],
    );
    const cell = await run(...args, "--stuck", "4194303");
    assertEquals([cell.status, cell.run.machineChecks, cell.run.retiredPages], [2, stuck, stuck]);
  });
}

for (const path of ["terminate", "dynamic"]) {
  Deno.test(`tdx teardown --busy draws the same faults for the same seed, ${path} path`, async () => {
    const busy = async (seed: string) => {
      const args = ["--platform", "gnr", "--memory", "16MiB", "--path", path, "--busy", "0.1"];
      const { setUpMs: _, computeMs: __, ...rest } = (await run(...args, "--seed", seed)).run;
      return rest;
    };
    const first = await busy("7");
    assertEquals(await busy("7"), first);
    assertNotEquals(await busy("8"), first);
    assertNotEquals(await busy("-7"), first);
    // 4096 guest pages; Secure EPT 8 + 1 + 1, 4 vCPUs of 6, TDCS 6, TDR 1.
    const { pagesReclaimed, control, leakedPages, unclearedPages, retries } = first;
    const lost = leakedPages + unclearedPages;
    assertEquals(pagesReclaimed + control.pagesReclaimed + lost, 4096 + 10 + 24 + 6 + 1);
    // T5 and D4 lose one in ten; of D1 to D3 3 * 0.01 besides. Retries: about 3 * 410.
    assert(lost > 300 && lost < 700, `${lost}`);
    assertEquals(unclearedPages > 0, path === "dynamic");
    if (path === "terminate") assertEquals(retries, 0);
    else assert(retries > 1000 && retries < 1500, `${retries}`);
  });
}

Deno.test("tdx teardown --busy takes its whole range", async () => {
  const args = ["--platform", "gnr", "--memory", "4MiB", "--path", "terminate", "--busy"];
  assertEquals((await run(...args, "0")).run.leakedPages, 0);
  assertEquals((await run(...args, "1e-300")).run.leakedPages, 0);
  // Everything but the TDR is refused, and the TDR has children: 1024 + 4 + 4 * 6 + 6 + 1.
  assertEquals((await run(...args, "1")).run.leakedPages, 1059);
});

Deno.test("tdx teardown calls nothing fine of which no page came back", async () => {
  const all = ["--platform", "gnr", "--memory", "4MiB", "--busy", "1"];
  const leaked = await tdx("teardown", ...all, "--path", "terminate");
  assertEquals(leaked.status, 2);
  assertStringIncludes(leaked.text, "\nno page came back to the host\n");
  // X2: from 6.19 on the host gets them back as they are.
  for (const [kernel, words] of [["6.18", "leaked pages 1,059"], ["6.19", "uncleared"]]) {
    const { status, text } = await tdx(
      "teardown",
      ...all,
      "--path",
      "dynamic",
      "--kernel",
      kernel!,
    );
    assertEquals(status, 2);
    assertStringIncludes(text, words!);
  }
  const some = ["--platform", "gnr", "--memory", "4MiB", "--path", "dynamic", "--busy", "0.2"];
  assertEquals((await tdx("teardown", ...some, "--kernel", "6.18")).status, 0);
  assertEquals((await tdx("teardown", ...some, "--kernel", "7.2")).status, 2);
});

// 1 TiB is 268,435,456 pages, each refused by its own SEAMCALL; the TDR stays too.
Deno.test("tdx teardown --kernel 7.4 takes the pairs of Dynamic PAMT back (X6)", async () => {
  for (const [kernel, pairs] of [["7.3", undefined], ["7.4", 514]] as const) {
    const args = ["--platform", "gnr", "--memory", "1GiB", "--kernel", kernel];
    const { answer, status } = await tdxJson("teardown", ...args);
    const [{ seamcalls, pamt }] = answer.runs;
    assertEquals([status, seamcalls["TDH.PHYMEM.PAMT.REMOVE"]], [0, pairs]);
    assertEquals(pamt?.pagesReclaimed, pairs && 2 * pairs);
  }
});

for (
  const [kernel, leaked, uncleared, words] of [
    ["6.18", 268_435_457, 0, "leaked pages 1,025\nno page came back to the host\n"],
    [
      "6.19",
      1,
      268_435_456,
      "still mapped in the Secure EPT: 1,024\nno page came back to the host but",
    ],
  ] as const
) {
  Deno.test(`tdx teardown --fatal of 1 TiB on the dynamic path, Linux ${kernel}`, async () => {
    const args = ["--platform", "gnr", "--fatal", "--path", "dynamic", "--kernel", kernel];
    const { status, run: report } = await run(...args, "--memory", "1TiB");
    assertEquals([status, report.pagesReclaimed], [2, 0]);
    assertEquals([report.leakedPages, report.unclearedPages], [leaked, uncleared]);
    assertEquals(report.mappedPages, uncleared);
    assertEquals(report.seamcalls["TDH.MEM.RANGE.BLOCK"], 268_435_456);
    const { text } = await tdx("teardown", ...args, "--memory", "4MiB");
    assertStringIncludes(text, words);
  });
}

Deno.test("tdx teardown --fatal is fine on the terminate path", async () => {
  const args = ["--platform", "gnr", "--memory", "4MiB", "--fatal", "--path", "terminate"];
  const { status, run: { pagesReclaimed, leakedPages } } = await run(...args);
  assertEquals([status, pagesReclaimed, leakedPages], [0, 1024, 0]);
});

Deno.test("tdx teardown scatters the guest over a larger host, with the same outcome", async () => {
  const args = ["--platform", "emr", "--memory", "64MiB", "--path", "dynamic"];
  const whole = (await run(...args)).run;
  const scattered = (await run(...args, "--host-memory", "2GiB", "--scatter")).run;
  for (const figure of ["pagesReclaimed", "linesCleared", "fences", "seamcalls", "leakedPages"]) {
    assertEquals(scattered[figure], whole[figure], figure);
  }
});

Deno.test("tdx teardown --poison-rate strikes that share of the guest's lines", async () => {
  const args = ["--platform", "gnr", "--memory", "4MiB", "--poison-rate"];
  assertEquals((await run(...args, "0")).run.machineChecks, 0);
  assertEquals((await run(...args, "1")).run.machineChecks, 1024);
  // A page is hit with 1 - 0.99^64 = 47.4%: 486 of 1024, give or take 16.
  const { status, run: { machineChecks } } = await run(...args, "0.01", "--seed", "3");
  assert(Math.abs(machineChecks - 486) < 80, `${machineChecks}`);
  assertEquals(status, 2);
  const cleared = await run(...args, "0.01", "--policy", "always");
  assertEquals([cleared.status, cleared.run.machineChecks], [0, 0]);
});

Deno.test("tdx teardown prints pages, SEAMCALLs and what came of it", async () => {
  const { status, text } = await tdx("teardown", "--platform", "emr", "--memory", "1.5GiB");
  assertEquals(status, 0);
  const lines = text.split("\n");
  assertEquals(lines.slice(0, 5), [
    "emr, 1.5 GiB, 4 vCPUs, path dynamic, Linux 7.3, policy quirk",
    "",
    // 393,216 pages of 64 lines; control: Secure EPT 768 + 2 + 1, vCPUs 24, TDCS 6, TDR 1.
    "           pages  lines cleared   fences",
    "guest    393,216     25,165,824  393,216",
    "control      802         51,328      802",
  ]);
  assertStringIncludes(text, "\nTDH.PHYMEM.PAGE.RECLAIM      802\n");
  assertStringIncludes(text, "\nretries 0, leaked pages 0\n");
  assertStringIncludes(
    text,
    "\nthe host then used every guest page that it got: no machine check\n",
  );
  assert(/\nsimulated in [0-9]+ ms, after [0-9]+ ms to set it up$/.test(text));

  const never = await tdx("teardown", "--platform", "emr", "--memory", "4MiB", "--policy", "never");
  assertEquals(never.status, 2);
  assertStringIncludes(
    never.text,
    ": machine checks 1,024, retired pages 1,024\n" +
      "(loads in user mode; a load in the kernel panics at the first)\n",
  );
});

Deno.test("tdx teardown says how long it would take, with both costs of a clear", async () => {
  // Path, the published seconds; on emr every page is cleared, and what a clear costs is inside.
  for (const [path, seconds] of [["terminate", 134], ["dynamic", 517]] as const) {
    const args = ["--memory", "107GiB", "--vcpus", "32", "--path", path];
    const { run: { simulatedTimes } } = await run("--platform", "emr", ...args);
    // deno-lint-ignore no-explicit-any
    const totals = simulatedTimes.map(({ clearAs, total }: any) => [clearAs, total.seconds]);
    assertEquals(totals, [
      ["published", { low: seconds, high: seconds }],
      ["measured", { low: seconds, high: seconds }],
    ]);
  }
  const terminate = ["--platform", "gnr", "--path", "terminate"];
  const gnr = await tdx("teardown", ...terminate, "--memory", "107GiB", "--vcpus", "32");
  // 134 s less 40%; less 28,104,499 pages of 410 ns, 11.5 s.
  assertMatch(gnr.text, /\ntotal +80\.4–134 +derived +122 +derived\n/);
  const small = await tdx("teardown", ...terminate, "--memory", "4MiB");
  assertMatch(small.text, /\ntotal +0\.00312–1\.76 +extrapolated +0\.00477–1\.76 +extrapolated\n/);
  assertMatch(small.text, /\nextrapolated: .*; extrapolated from 18 and 107 GiB \(E8\)/);
});

Deno.test("tdx teardown shows how far it is", async () => {
  const output = new CaughtStdio();
  await tdxOn(output, "teardown", "--platform", "gnr", "--memory", "4MiB", "--json");
  assertEquals(output.shown.slice(0, 2), [
    "setting up the host and its TD",
    `[${".".repeat(30)}] 0% remove guest pages`,
  ]);
  assertEquals(output.shown.at(-1), `[${"#".repeat(30)}] 100% reclaim TDR`);
  assertEquals(output.printed.length, 1);
});

// What is typed, and the message.
const ADDRESSES = "as physical addresses like 0x12340, got";
const GUEST = "in guest memory and without KeyID bits";
const SIZE = "as a size like 400GiB, 256G, 1.5T or 4096 (bytes), of powers of 1024, got";
const MULTIPLE = "tdx: Expected guest memory as a positive multiple of 4096 bytes, got";
const BAD: readonly (readonly [readonly string[], string])[] = [
  [["--memory", "0"], `${MULTIPLE} 0`],
  [["--memory=-4096"], `${MULTIPLE} -4096`],
  [["--memory", "1.5KiB"], `${MULTIPLE} 1536`],
  [["--memory", "much"], `tdx: Expected --memory ${SIZE} much`],
  // MAXPA 52 less 6 KeyID bits: 2^46 bytes are 64 TiB; the control pages need room too.
  [["--memory", "64TiB"], "tdx: Expected guest and control pages below 70368744177664 bytes, "],
  [["--vcpus", "1.5"], "tdx: Expected --vcpus as a whole number from 1, got 1.5"],
  [["--vcpus", "1000000000"], "tdx: Expected vcpus to be a whole number from 1 to 65535, got "],
  [["--path", "dinamic"], "one of dynamic, terminate, got dinamic; did you mean dynamic?"],
  [["--policy", "nevr"], "one of always, quirk, never, got nevr; did you mean never?"],
  [["--host-keys", "share"], "keyid0, shared, shared-integrity, got share; did you mean shared?"],
  [["--mode", "ci"], "tdx: Expected --mode to be one of Li, Ci, got ci"],
  // KeyID 1 over 0x1000; the KeyID begins at bit 46.
  [["--poison", "0x400000001000"], `tdx: Expected --poison ${GUEST}, got 0x400000001000`],
  // Guest memory is 16 GiB; behind it are control pages.
  [["--poison", "0x1000,0x400000000"], `tdx: Expected --poison ${GUEST}, got 0x400000000`],
  [["--stuck", "0x10000000000"], `tdx: Expected --stuck ${GUEST}, got 0x10000000000`],
  [["--poison", "0x1000,"], `tdx: Expected --poison ${ADDRESSES} `],
  [["--poison", "1.5"], `tdx: Expected --poison ${ADDRESSES} 1.5`],
  [["--poison", "0xfffffffffffff000"], `tdx: Expected --poison ${ADDRESSES} 0xfffffffffffff000`],
  [["--stuck", "0x"], `tdx: Expected --stuck ${ADDRESSES} 0x`],
  [["--host-memory", "1.5GiB"], "tdx: Expected host memory as a multiple of 1 GiB that holds "],
  [["--host-memory", "16GiB"], "tdx: Expected host memory as a multiple of 1 GiB that holds "],
  [["--host-memory", "much"], `tdx: Expected --host-memory ${SIZE} much`],
  [
    ["--host-memory", "32TiB", "--scatter"],
    "Expected --host-memory of at most 16 TiB with --scatter, got 32TiB",
  ],
  [["--seed", "3"], "tdx: Expected --seed with --scatter, --poison-rate or --busy, got it alone"],
  [
    ["--memory", "4096TiB"],
    "tdx: Expected --memory below 4 PiB, got 4096TiB: addresses have 52 bits",
  ],
  [["--poison-rate", "2"], "tdx: Expected --poison-rate as a number from 0 to 1, got 2"],
  [["--busy=-0.1"], "tdx: Expected --busy as a number from 0 to 1, got -0.1"],
  [["--seed", "1.5"], "tdx: Expected --seed as a whole number, got 1.5"],
];

Deno.test("tdx teardown refuses what makes no sense, in words", async () => {
  for (const [typed, message] of BAD) {
    assertStringIncludes(await refused("teardown", "--platform", "gnr", ...typed), message);
  }
  assertEquals(
    await refused("teardown", "--platform", "emrr"),
    `tdx: Expected --platform to be one of ${PLATFORM_NAMES}, got emrr; did you mean emr?`,
  );
});
