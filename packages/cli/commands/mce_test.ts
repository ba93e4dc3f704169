import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { UNCLEANED_MEMORY } from "@tdx/host";
import { NEWEST_LINUX } from "@tdx/linux";
import { outputOf } from "../../../tasks/run.ts";
import { CaughtStdio, refused, tdx, tdxJson, tdxOn } from "../fixtures_test.ts";

const data = (name: string) => `${import.meta.dirname}/../mce/testdata/${name}`;
const LAYOUT = ["--maxpa", "52", "--keyid-bits", "7", "--shared-keyids", "63"];

Deno.test("tdx mce decodes, grades and judges the published panic", async () => {
  const { status, text } = await tdx("mce", data("panic.txt"));
  assertEquals(status, 2);
  const [heading, ...lines] = text.split("\n");
  assertMatch(
    heading!,
    /panic\.txt:1-4: CPU 147, bank 1, Sapphire Rapids, 2024-01-23T09:06:07\.000Z$/,
  );
  assertEquals(lines.filter((line) => /^ {2}(status|mcg|linux|cause)/.test(line)), [
    "  status   0xbd80000000100134 VAL UC EN MISCV ADDRV S AR",
    "  mcg      0xf RIPV EIPV MCIP LMCES",
    "  linux    panic: Data load in unrecoverable area of kernel",
    "  cause    consistent with the partial-write erratum on spr, not distinguishable from a " +
    "hardware error by the record alone",
  ]);
  assertStringIncludes(text, "MCACOD 0x0134 DCACHEL0_DRD_ERR");
  assertStringIncludes(
    text,
    "code     RIP 0x10:0xffffffffadb69870 __tlb_remove_page_size+0x10/0xa0, the kernel\n",
  );
  assertStringIncludes(text, "(as the rules say)");
  assertMatch(text, /\n0x80a5669000 .* retire /);
});

Deno.test("tdx mce says that the same record with SEAM_NR is recovered, and the page is not retired", async () => {
  const { status, text } = await tdx("mce", data("recovered.txt"), ...LAYOUT);
  assertEquals(status, 2);
  assertStringIncludes(text, "\n  mcg      0x100f RIPV EIPV MCIP LMCES SEAM_NR\n");
  assertStringIncludes(text, "\n  linux    recovered, page not retired\n");
  assertStringIncludes(
    text,
    "\n  address  0x82080a5669600 = KeyID 0x41 (private) over PA 0x80a5669600\n",
  );
});

Deno.test("tdx mce reads every form, told by its content", async () => {
  const forms = [
    ["panic.txt", "panic", "partial-write-erratum"],
    ["seam_nr.mce", "recovered", "indistinct"],
    ["process.mcelog", "sigbus", "indistinct"],
    ["corrected.txt", "corrected", "memory-error"],
    ["integrity.txt", "memory-failure", "td-integrity"],
  ];
  for (const [file, severity, cause] of forms) {
    const { answer } = await tdxJson("mce", data(file!), ...LAYOUT);
    const [record] = answer.records;
    assertEquals([record.grades[0].severity, record.cause.name], [severity, cause], file);
  }
});

Deno.test("tdx mce reads a database of rasdaemon, told by its content", async () => {
  const make = `
    import { DatabaseSync } from "node:sqlite";
    const path = Deno.makeTempFileSync();
    const database = new DatabaseSync(path);
    database.exec("CREATE TABLE mce_record (id, cpu, bank, status, mcgstatus, addr, misc, cs, ip)");
    database.exec("INSERT INTO mce_record VALUES (5, 1, 1, -4791830003521158860, 15, 4096, 134, 16, 1)");
    console.log(path);`;
  const path = (await evaluate(make)).trim();
  try {
    const { status, answer } = await tdxJson("mce", path);
    assertEquals(status, 2);
    const [{ where, record, grades }] = answer.records;
    assertEquals(where, { unit: "row", first: 5, last: 5 });
    assertEquals([record.status, grades[0].severity], ["0xbd80000000100134", "panic"]);
  } finally {
    await evaluate(`Deno.removeSync(${JSON.stringify(path)})`);
  }
});

/** The tests may run but not write; this process may. */
const evaluate = (code: string) => outputOf(Deno.execPath(), ["eval", code]);

Deno.test("tdx mce takes KeyID layout and log from an audit snapshot", async () => {
  const { status, answer } = await tdxJson("mce", "--root", data("snapshot"));
  assertEquals(status, 2);
  const addresses = answer.records.map((
    { address }: { address?: { keyId: number; keyIdKind: string; pa: number } },
  ) => address && [address.keyId, address.keyIdKind, address.pa]);
  assertEquals(addresses, [
    [0, "tme", 0x80a5669600],
    [0x41, "private", 0x80a5669600],
    [0x41, "private", 0x80a5669600],
    undefined,
  ]);
  assertEquals(answer.pages.length, 1);
  const one = await tdxJson("mce", data("recovered.txt"), "--root", data("snapshot"));
  assertEquals(one.answer.records[0].address.keyId, 0x41);
});

Deno.test("tdx mce grades for the kernel that is named, or that of the snapshot (N1)", async () => {
  const reason = async (...args: string[]) =>
    (await tdxJson("mce", data("recovered.txt"), ...LAYOUT, ...args)).answer.records[0].grades[0]
      .reason;
  assertStringIncludes(await reason(), `Linux ${NEWEST_LINUX} looks its page up`);
  assertStringIncludes(await reason("--kernel", "6.18"), "Linux 6.18 looks its page up");
  const snapshot = `${import.meta.dirname}/../../host/testdata/gnr-6.19`;
  assertStringIncludes(await reason("--root", snapshot), "Linux 6.19.4 looks its page up");
  assertStringIncludes(await reason("--kernel", "6.8.0-1014-intel"), "is not known");
});

const piped = (input: string | Uint8Array<ArrayBuffer>, ...args: string[]) =>
  tdxOn(new CaughtStdio(input), "mce", "-", ...args);

Deno.test("tdx mce says that it read nothing, or nothing that would hold a record", async () => {
  const empty = await piped("\n");
  assertEquals([empty.status, empty.text], [3, "Nothing read: stdin is empty"]);
  const unknown = await tdx("mce", data("snapshot/proc/cpuinfo"));
  assertEquals(unknown.status, 3);
  assertMatch(unknown.text, /^Cannot tell: .*cpuinfo holds no kernel log .*, in 6 lines$/);
  assertEquals((await tdxJson("mce", data("snapshot/proc/cpuinfo"))).answer.read, {
    lines: 6,
    log: false,
    damage: [],
  });
});

/** Inputs, the exit status, and what the answer must hold. */
const INPUTS: readonly (readonly [name: string, input: string, status: number, RegExp])[] = [
  ["a CPU that is no host of TDX", "PROCESSOR 0:606a6", 2, /cause +a hardware error; this CPU has/],
  [
    "a CPU of AMD",
    "PROCESSOR 2:a00f11",
    3,
    /linux +not-graded[^]*cause +no memory error of an Intel/,
  ],
  ["a cut record", "", 2, /damage .*Expected the PROCESSOR line/],
].map(([name, processor, status, answer]) => [
  name as string,
  [
    "CPU 120: Machine Check Exception: f Bank 1: bd80000000100134",
    "TSC 63d3fa6181b69 ADDR f921f31400 MISC 86",
    ...(processor === "" ? [] : [`${processor} TIME 1647365323 SOCKET 1 APIC 8d microcode 1`]),
  ].map((line) => `mce: [Hardware Error]: ${line}\n`).join(""),
  status as number,
  answer as RegExp,
]);
const TRACES: typeof INPUTS = [
  [
    "the end of a panic",
    "[69608.047771] mce: [Hardware Error]: Machine check: Data load in unrecoverable area of " +
    "kernel\n[69608.047773] Kernel panic - not syncing: Fatal local machine check\n",
    3,
    /linux +panic\n[^]*the record itself is missing[^]*kernel +Data load .*; panic: Fatal local/,
  ],
  [
    "a process that consumed poison",
    "[  512.100001] mce: Uncorrected hardware memory error in user-access at af34214200\n" +
    "[  512.100009] mce: [Hardware Error]: Machine check events logged\n" +
    "[  512.100130] Memory failure: 0xaf34214: recovery action for dirty LRU page: Recovered\n",
    3,
    /linux +recovered, page retired[^]*\n0xaf34214000 .* retired /,
  ],
  [
    "a process that consumed poison, whose page could not be retired",
    "[  512.100001] mce: Uncorrected hardware memory error in user-access at af34214200\n" +
    "[  512.100130] mce: Memory error not recovered\n",
    3,
    /linux +sigbus\n/,
  ],
  [
    "corrected errors that a driver counted",
    "[    9.1] EDAC MC0: 2 CE memory read error on CPU_SrcID#0 (channel:0 page:0x2a821)\n",
    0,
    /linux +corrected\n[^]*cause +ordinary memory error/,
  ],
  ["events without records", "mce: [Hardware Error]: Machine check events logged\n", 3, /1 logged/],
  [
    "a fatal record of the firmware",
    "{1}[Hardware Error]: event severity: fatal\n{1}[Hardware Error]:  Error 0, type: fatal\n" +
    "{1}[Hardware Error]:   section_type: memory error\n" +
    "{1}[Hardware Error]:   physical_address: 0x00000080a5669600\n",
    2,
    /linux +panic[^]*\n0x80a5669000 .* retire /,
  ],
  [
    "a corrected record of the firmware",
    "{1}[Hardware Error]: event severity: corrected\n" +
    "{1}[Hardware Error]:  Error 0, type: corrected\n" +
    "{1}[Hardware Error]:   section_type: memory error\n",
    0,
    /cause +ordinary memory error/,
  ],
];

Deno.test("tdx mce answers for what people have", async () => {
  for (const [name, input, status, answer] of [...INPUTS, ...TRACES]) {
    const found = await piped(input);
    assertMatch(found.text, answer, name);
    assertEquals(found.status, status, name);
  }
});

Deno.test("tdx mce exits 3 for what is packed and ends early, and refuses what is no text", async () => {
  const log = new TextEncoder().encode("[    0.000000] Linux version 6.18\n".repeat(9999));
  const stream = new Blob([log]).stream().pipeThrough(new CompressionStream("gzip"));
  const gzip = new Uint8Array(await new Response(stream).arrayBuffer());
  assertEquals((await piped(gzip)).status, 0);
  const cut = await piped(gzip.slice(0, -20));
  assertEquals(cut.status, 3);
  assertMatch(cut.text, /damage +stdin: Expected all of the packed text, got gzip that breaks off/);
  const binary = await piped(Uint8Array.from({ length: 600 }, (_, i) => i % 32));
  assertEquals([binary.status, binary.text], [1, ""]);
  assertMatch(binary.notes.join(), /stdin: Expected a text, got binary data/);
});

Deno.test("tdx mce exits 0 for corrected errors and for none, 3 where it cannot tell", async () => {
  assertEquals((await tdx("mce", data("corrected.txt"))).status, 0);
  const none = await piped("[    0.000000] Linux version 6.18\n\n[    0.100000] x86/cpu: VMX\n");
  assertEquals([none.status, none.text], [0, "No machine-check record in stdin, in 2 lines"]);
  assertEquals((await tdx("mce", data("integrity.txt"), "--platform", "gnr")).status, 2);
  const cut = data("cut.txt");
  assertEquals((await tdx("mce", cut)).status, 3);
});

/** A record of a kernel log: MCi_STATUS, MCG_STATUS, the segment of the code, and when. */
const recordOf = (status: string, mcg = "0", cs = "10", time = "1") =>
  [
    `CPU 1: Machine Check Exception: ${mcg} Bank 1: ${status}`,
    `RIP ${cs}:<0000000000401000>`,
    "TSC 1 ADDR 80a5669600 MISC 86",
    `PROCESSOR 0:806f8 TIME ${time} SOCKET 0 APIC 2 microcode 1`,
  ].map((line) => `mce: [Hardware Error]: ${line}\n`).join("");
const LOAD = "bd80000000100134";

// A record, what Linux makes of it (section 4), and the exit status: a hazard, fine, or not known.
const GRADES = [
  [recordOf(LOAD, "f"), "panic", 2],
  [recordOf(LOAD, "100f"), "recovered", 2],
  [recordOf(LOAD, "f", "33"), "sigbus", 2],
  // UCNA that was polled: memory_failure takes the page (N5); without MISCV it is logged alone (N4).
  [recordOf("bc00000000100090"), "memory-failure", 2],
  [recordOf("b400000000100090"), "logged", 3],
  [recordOf("8c00004000010090"), "corrected", 0],
  // EN is 0 (N3): no action. VAL is 0: no error at all.
  [recordOf("ad80000000100134", "f"), "none", 3],
  [recordOf("3d80000000100134", "f"), "", 0],
] as const;

Deno.test("tdx mce exits by what Linux makes of a record, and by the worst of several", async () => {
  for (const [record, severity, exit] of GRADES) {
    const { status, text } = await piped(record);
    assertEquals(status, exit, text);
    if (severity !== "") assertStringIncludes(text, `\n1 record: 1 ${severity}\n`);
    for (const [other, , beside] of GRADES) {
      const both = await piped(record + other);
      const worst = [exit, beside].includes(2) ? 2 : Math.max(exit, beside);
      assertEquals(both.status, worst, both.text);
    }
  }
  const counted = await piped(GRADES.map(([record]) => record).join(""));
  assertMatch(
    counted.text,
    /^8 records: 1 panic, 1 recovered, 1 sigbus, 1 memory-failure, 1 logged, /m,
  );
});

Deno.test("tdx mce says whose code was interrupted: the two low bits of CS", async () => {
  for (
    const [cs, whose] of [["10", "the kernel"], ["33", "a process"], ["23", "a process"]] as const
  ) {
    const { text } = await piped(recordOf(LOAD, "f", cs));
    assertStringIncludes(text, `\n  code     RIP 0x${cs}:0x401000, ${whose}\n`);
  }
});

Deno.test("tdx mce says when, where the record does and a calendar has it", async () => {
  for (
    const [time, said] of [["0", ""], ["1", ", 1970-01-01T00:00:01.000Z"], ["9999999999999999", ""]]
  ) {
    const { text } = await piped(recordOf(LOAD, "f", "10", time));
    assertEquals(text.split("\n")[0], `stdin:1-4: CPU 1, bank 1, Sapphire Rapids${said}`);
  }
  const { text } = await piped("mce: [Hardware Error]: Machine check events logged\n");
  assertMatch(text, /^stdin:1: CPU unknown, bank unknown, platform unknown\n/);
});

Deno.test("tdx mce says of a page what its records add up to", async () => {
  const page = async (...args: string[]) =>
    (await piped(recordOf(LOAD, "f") + recordOf("8c00004000010090"), ...args)).text
      .split("\n").filter((line) => /^ *(page |0x)/.test(line)).map((line) =>
        line.trim().split(/ {2,}/)
      );
  const head = ["page", "KeyIDs", "records", "advice", "causes"];
  const causes = "partial-write-erratum, memory-error";
  assertEquals(await page(), [head, ["0x80a5669000", "not split off", "2", "retire", causes]]);
  assertEquals(await page(...LAYOUT), [head, ["0x80a5669000", "0x0", "2", "retire", causes]]);
});

Deno.test("tdx mce answers for both modes where the record tells none", async () => {
  const record = data("unknown_mode.txt");
  const open = await tdx("mce", record);
  assertStringIncludes(open.text, "linux    panic, if it was the kernel: Data load");
  assertStringIncludes(open.text, "linux    sigbus, page retired, if it was a process");
  assertStringIncludes(open.text, "1 record: 1 undecided");
  assertStringIncludes((await tdx("mce", record, "--mode", "user")).text, "1 record: 1 sigbus");
});

Deno.test("tdx mce --explain shows the rule and the source behind each line", async () => {
  const { text } = await tdx("mce", data("integrity.txt"), "--explain", ...LAYOUT);
  const lines = text.split("\n");
  for (const name of ["status", "error", "encrypt", "mcg", "address", "linux", "cause"]) {
    const at = lines.findIndex((line) => line.startsWith(`  ${name.padEnd(8)} `));
    assertMatch(lines[at + 1]!, /^ {11}source: /, name);
  }
  assertMatch(text, /rule no-action: S and AR are 0/);
  assertMatch(text, /rule private-check: .*; left open: integrity\n/);
});

Deno.test("tdx mce --json is one object, with and without records", async () => {
  const some = await tdxJson("mce", data("snapshot/dmesg"));
  assertEquals(some.answer.records.length, 4);
  assertEquals(some.answer.records[0].record.status, "0xbd80000000100134");
  assertMatch(some.answer.records[3].damage[0], /dmesg:19:66: Expected MCi_STATUS/);
  assertEquals((await tdxJson("mce", data("snapshot/msr"))).answer, {
    formatVersion: 1,
    records: [],
    pages: [],
    recordsOnFurtherPages: 0,
    uncleaned: null,
    read: { lines: 2, log: false, damage: [] },
  });
  // What a form does not give is null.
  const { answer: { records: [cut] } } = await tdxJson("mce", data("cut.txt"));
  assertEquals([cut.time, cut.processor, cut.mcgCap, cut.told], [null, null, null, null]);
});

Deno.test("tdx mce tells of memory that was left uncleaned, as the audit does (X4)", async () => {
  const log = "[ 1.0] virt/tdx: TDH.SYS.DISABLE failed: 0xc000010000000000\n";
  const snapshot = `${import.meta.dirname}/../../host/testdata/emr-7.2`;
  const records = await Deno.readTextFile(data("corrected.txt"));
  for (const before of ["", records]) {
    const line = before.split("\n").length;
    const piped = () => new CaughtStdio(before + log);
    const { status, text } = await tdxOn(piped(), "mce", "-");
    assertEquals(status, 2);
    assertStringIncludes(
      text,
      `\nstdin:${line}: "TDH.SYS.DISABLE failed: 0xc000010000000000"\n` +
        `  ${UNCLEANED_MEMORY.meaning}\n  ${UNCLEANED_MEMORY.fix}`,
    );
    const json = await tdxOn(piped(), "mce", "-", "--json");
    assertEquals(json.status, 2);
    assertEquals(JSON.parse(json.text).uncleaned, {
      line,
      words: "TDH.SYS.DISABLE failed: 0xc000010000000000",
      ...UNCLEANED_MEMORY,
    });
  }
  assertEquals((await tdxJson("mce", "--root", snapshot)).answer.uncleaned, null);
});

Deno.test("tdx mce refuses options that make no sense", async () => {
  const refusals: [string[], RegExp][] = [
    [["a", "b"], /Expected one file, got b too/],
    [["x", "--format", "kernle"], /did you mean kernel\?$/],
    [
      ["x", "--mode", "seam"],
      /Expected --mode to be one of kernel, kernel-recoverable, user, got seam/,
    ],
    [["x", "--maxpa", "64"], /Expected --maxpa as a whole number from 32 to 52, got 64/],
    [["x", "--keyid-bits", "7"], /Expected --maxpa beside --keyid-bits/],
    [["x", "--shared-keyids", "7"], /Expected --maxpa and --keyid-bits beside --shared-keyids/],
    [
      ["x", "--maxpa", "52", "--keyid-bits", "2", "--shared-keyids", "4"],
      /Expected at most 4 KeyIDs for 2 KeyID bits, got 5/,
    ],
    [["x", "--platform", "icx"], /Expected --platform to be one of/],
    [
      ["x", "--kernel", "6.x"],
      /Expected --kernel to be a version of Linux such as 6.18, got "6.x"/,
    ],
    [["x", "--kernel", "6.15"], /Expected --kernel to be Linux 6.16 or later, which can host TDs/],
    [["--root", data("snapshot"), "--format", "kernel"], /Expected --format with a file/],
    [["--root", "/nowhere"], /\/nowhere/],
    [[data("panic.txt"), "--explain", "--json"], /Expected --explain or --json, got both/],
  ];
  for (const [args, message] of refusals) assertMatch(await refused("mce", ...args), message);
});

Deno.test("tdx mce refuses files that it cannot read, with the place", async () => {
  assertMatch(await refused("mce", "/nowhere.log"), /no such file/);
  // Windows refuses to open a folder.
  if (Deno.build.os !== "windows") assertMatch(await refused("mce", data("snapshot")), /folder/);
  assertMatch(
    await refused("mce", data("panic.txt"), "--format", "rasdaemon"),
    /no SQLite database/,
  );
  assertMatch(
    await refused("mce", "-", "--format", "rasdaemon"),
    /Expected the file of the database/,
  );
  assertMatch(
    await refused("mce", data("panic.txt"), "--format", "mce-inject"),
    /panic\.txt:1:1: Expected CPU or MCE, which begin a record, got "\["/,
  );
});
