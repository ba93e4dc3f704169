import { assert, assertEquals, assertRejects } from "@std/assert";
import { gzipSync } from "node:zlib";
import { type Fixture, FIXTURES, OTHERS, RECORD } from "./fixtures_test.ts";
import type { LogSummary } from "./formats/log_format.ts";
import {
  MACHINE_CHECK_FORMATS,
  type MachineCheckFormat,
  readMachineChecks,
} from "./read_machine_checks.ts";

async function read(text: string, format?: MachineCheckFormat) {
  const ends: LogSummary[] = [];
  const onEnd = (end: LogSummary) => void ends.push(end);
  const options = { onEnd, ...(format !== undefined && { format }) };
  const found = await Array.fromAsync(readMachineChecks(text, options));
  assertEquals(ends.length, 1);
  return { found, ...ends[0]! };
}

/** The record less what a form lacks. */
function expected({ lacks }: Fixture) {
  const { record, interrupted, ...rest } = RECORD;
  const all = { ...record, ...rest, ...interrupted, symbol: interrupted!.symbol };
  const missing: readonly string[] = lacks.includes("interrupted")
    ? [...lacks, "cs", "ip", "symbol"]
    : lacks;
  return Object.fromEntries(Object.entries(all).filter(([name]) => !missing.includes(name)));
}

Deno.test("readMachineChecks() reads the same record from every form, and tells the form", async () => {
  for (const fixture of FIXTURES) {
    for (const format of [undefined, fixture.format]) {
      const { found: [first, ...others], log, damage } = await read(fixture.text, format);
      assertEquals([others, log, damage], [[], true, []], fixture.from);
      const { record, interrupted, where, said: _said, panic: _panic, damage: own, ...rest } =
        first!;
      assertEquals({ ...record, ...rest, ...interrupted }, expected(fixture), fixture.from);
      assertEquals(own.length, fixture.damage ?? 0, fixture.from);
      assert(where.first >= 1 && where.last >= where.first, fixture.from);
    }
  }
  const forms = new Set([...FIXTURES.map(({ format }) => format), "apei", "amd"]);
  assertEquals(forms, new Set(MACHINE_CHECK_FORMATS));
});

Deno.test("readMachineChecks() reads several forms in one text", async () => {
  const forms = FIXTURES.filter(({ format, damage }) => format !== "mce-inject" && !damage);
  const { found, damage } = await read(forms.map(({ text }) => text).join("\n\n[1.0] next\n"));
  assertEquals(damage, []);
  assertEquals(found.map(({ record }) => record.status), forms.map(() => RECORD.record.status));
});

Deno.test("readMachineChecks() reads what the firmware says", async () => {
  const { found: [memory, ...others] } = await read(OTHERS.apei);
  assertEquals(others, []);
  assertEquals(memory, {
    record: { address: 0x80a5669600n },
    said: ["memory error", "multi-bit ECC"],
    told: { by: "firmware", severity: "panic", memory: true },
    where: { unit: "line", first: 3, last: 10 },
    damage: [],
  });
  const { found: [processor] } = await read(OTHERS.bert);
  assertEquals(processor?.record, {
    bank: 1,
    status: 0xbd80000000100134n,
    address: 0x80a5669600n,
    misc: 0x86n,
  });
  assertEquals(processor?.processor, RECORD.processor);
  // MCi_CTL of bank 1 begins the registers of a bank, and those of bank 0 and of 64 are others.
  for (
    const [msr, bank] of [["0x400", 0], ["0x402", undefined], ["0x4fc", 63], ["0x500", undefined]]
  ) {
    const bert = OTHERS.bert.replace(/MSR Address: 0x\w+/, `MSR Address: ${msr}`);
    assertEquals((await read(bert)).found[0]?.record.bank, bank);
  }
  // Families 6, 19 (Intel's newest) and 0x15 (AMD's first that has such records).
  for (
    const [words, vendor] of [["000806f8", "GenuineIntel"], ["00400f10", "GenuineIntel"], [
      "00600f20",
      "AuthenticAMD",
    ]]
  ) {
    const bert = OTHERS.bert.replace("000806f8", words!);
    assertEquals((await read(bert)).found[0]?.processor?.vendor, vendor);
  }
  const severities = {
    corrected: "corrected",
    recoverable: "memory-failure",
    info: "logged",
  } as const;
  for (const [severity, told] of Object.entries(severities)) {
    const { found } = await read(OTHERS.apei.replaceAll("fatal", severity));
    assertEquals(found.map((each) => each.told?.severity), [told]);
  }
  // Each section of an event has a severity of its own.
  const { found: [milder] } = await read(OTHERS.apei.replace("type: fatal", "type: corrected"));
  assertEquals(milder?.told?.severity, "corrected");
  const { found: [arm] } = await read(OTHERS.apei.replace("memory error", "ARM processor error"));
  assertEquals(arm?.processor, { vendor: "ARM" });
  const cut = await read(OTHERS.apei.split("\n").slice(0, 2).join("\n"));
  assertEquals(cut.found[0]?.damage, [
    "log:1:1: Expected the sections of the firmware's record, got none: the record is cut",
  ]);
  const { found: pcie, log } = await read(OTHERS.apei.replace("memory error", "PCIe error"));
  assertEquals([pcie, log], [[], true]);
});

Deno.test("readMachineChecks() reads what Linux decodes for AMD, and says whose it is", async () => {
  const { found } = await read(OTHERS.amd);
  assertEquals(found.map(({ record, processor, damage }) => [record, processor, damage]), [[
    { cpu: 12, bank: 1, status: 0xdc20000000030151n, address: 0x76da32ae0n },
    { vendor: "AuthenticAMD", family: 0x17, model: 0x71, stepping: 0 },
    [],
  ]]);
});

Deno.test("readMachineChecks() tells of machine checks whose records are missing", async () => {
  const told = async (...lines: string[]) => {
    const { found } = await read(lines.map((line) => `[1.0] ${line}\n`).join(""));
    return found.map(({ record: { address }, told, damage }) => {
      assertEquals(damage.length, 1);
      return [told?.by, told?.severity, told?.pageRetired, address];
    });
  };
  const user = "mce: Uncorrected hardware memory error in user-access at af34214200";
  const action = "Memory failure: 0xaf34214: recovery action for dirty LRU page: ";
  const logged = "mce: [Hardware Error]: Machine check events logged";
  const rows: [string[], unknown[]][] = [
    [[user, logged, `${action}Recovered`], ["kernel", "recovered", true, 0xaf34214200n]],
    [[user, `${action}Failed`], ["kernel", "sigbus", false, 0xaf34214200n]],
    [[user], ["kernel", "recovered", undefined, 0xaf34214200n]],
    [[user, "mce: Memory error not recovered"], ["kernel", "sigbus", false, 0xaf34214200n]],
    [[`${action}Delayed`], ["kernel", "memory-failure", true, 0xaf34214000n]],
    [["Memory failure: 0x12: already hardware poisoned"], [
      "kernel",
      "memory-failure",
      undefined,
      0x12000n,
    ]],
    [[logged, logged], ["kernel", "logged", undefined, undefined]],
    [["CPU: 3 PID: 1 Comm: x Tainted: G   M         E      6.8.0 #1"], [
      "kernel",
      "logged",
      undefined,
      undefined,
    ]],
    [["EDAC MC0: 1 UE memory read error on CPU_SrcID#0 (channel:0 page:0x2a821 offset:0x800)"], [
      "kernel",
      "memory-failure",
      undefined,
      0x2a821000n,
    ]],
    [["EDAC MC0: 2 CE memory read error on CPU_SrcID#0"], [
      "kernel",
      "corrected",
      undefined,
      undefined,
    ]],
    [["Kernel panic - not syncing: Fatal hardware error!"], [
      "kernel",
      "panic",
      undefined,
      undefined,
    ]],
  ];
  for (const [lines, answer] of rows) assertEquals(await told(...lines), [answer], lines[0]);
  // Traces of one page are one record, of which no more is kept than eight lines.
  const same = await read(`[1.0] ${action}Recovered\n`.repeat(10));
  assertEquals(same.found.map(({ said, where }) => [said?.length, where.first, where.last]), [[
    8,
    1,
    10,
  ]]);
  // A trace of what is on record is no second machine check, but another page is.
  const [dmesg] = FIXTURES;
  const failure =
    "[896.2] Memory failure: 0x80a5669: recovery action for dirty LRU page: Recovered\n";
  const near = await read(`[896.1] ${logged}\n${dmesg!.text}${failure}[896.3] ${logged}\n`);
  assertEquals(near.found.length, 1);
  // MCi_ADDR may hold KeyID bits, which the kernel takes off before it names a page.
  const keyed = await read(dmesg!.text.replace("80a5669600", "82080a5669600") + failure);
  assertEquals(keyed.found.length, 1);
  // That the page could not be retired the record does not say.
  const failed = await read(dmesg!.text + failure.replace("Recovered", "Failed"));
  assertEquals(failed.found.map(({ told }) => told?.pageRetired), [undefined, false]);
  // One try that failed is not mended by another that did not.
  for (const results of [["Failed", "Recovered"], ["Recovered", "Failed"]]) {
    const tries = results.map((result) => `[1.0] ${action}${result}\n`).join("");
    assertEquals((await read(tries)).found.map(({ told }) => told?.pageRetired), [false]);
  }
  // Corrected errors are not those of memory_failure, however near.
  const mixed = await read(
    `[1.0] EDAC MC0: 1 CE memory error on DIMM\n[1.1] mce: Memory error not recovered\n`,
  );
  assertEquals(mixed.found.map(({ told }) => told?.severity), ["corrected", "sigbus"]);
  const other = await read(dmesg!.text + failure.replace("80a5669", "80a5670"));
  assertEquals(other.found.map(({ record }) => record.address), [0x80a5669600n, 0x80a5670000n]);
});

Deno.test("readMachineChecks() takes what ras-mc-ctl leaves out for 0, but not what was cut off", async () => {
  const { text } = FIXTURES.find(({ from }) => from === "ras-mc-ctl --errors")!;
  const short = text.replace(", cpu=0x00000093", "").replace(/, bank=.*/, "");
  const numbers = async (row: string) => {
    const { found: [first] } = await read(row);
    return [first?.record.cpu, first?.record.bank];
  };
  assertEquals(await numbers(text), [147, 1]);
  assertEquals(await numbers(short), [0, 0]);
  assertEquals(await numbers(short.trimEnd()), [undefined, undefined]);
});

Deno.test("readMachineChecks() tells of a summary without records", async () => {
  const { found } = await read("No Memory errors.\nMCE records summary:\n\t2 No Error errors\n");
  assertEquals(found.map(({ record, damage }) => [record, damage]), [[{}, [
    "log:3:1: Expected the records, got a summary of 2: ras-mc-ctl --errors lists them",
  ]]]);
  assertEquals((await read("No Memory errors.\n\nNo MCE errors.\n")).found, []);
});

Deno.test("readMachineChecks() says whether a text is a log in which a record would be", async () => {
  const logs = [
    "[    0.000000] Linux version 6.18\n",
    "6,1023,5205693,-;usb 1-1: new device\n",
    "Nov 22 14:00:00 node-12 kernel: usb 1-1: new device\n",
    '{"MESSAGE":"usb 1-1: new device","_HOSTNAME":"node-12"}\n',
    "2024-01-23T09:06:07.114Z cpu58:40848027)ScsiDeviceIO: 1513\n",
    "No MCE errors.\n",
  ];
  for (const text of logs) {
    const { found, log, lines } = await read(text);
    assertEquals([found, log, lines], [[], true, 1], text);
  }
  for (const text of ["", "\n \n", "CPU usage high\n", "{}\n", "processor : 0\nvendor_id : x\n"]) {
    const { found, log, lines } = await read(text);
    assertEquals([found, log, lines], [[], false, text.trim() && lines || 0], text);
  }
});

Deno.test("readMachineChecks() tells of JSON that breaks off, and reads what is there", async () => {
  const json = FIXTURES.find(({ from }) => from === "dmesg --json")!.text;
  const cut = await read(json.slice(0, json.indexOf("PPIN")));
  assertEquals(cut.damage, [
    "log:16:1: Expected the rest of an object in JSON, got the end of the text",
  ]);
  assertEquals(cut.found.map(({ record: { status, address } }) => [status, address]), [
    [0xbd80000000100134n, 0x80a5669600n],
  ]);
  assert(cut.found[0]!.damage.length > 0);
  // The digits before a cut are not taken for all of a number.
  const short = await read(json.slice(0, json.indexOf("69600 MISC")));
  assertEquals(short.found[0]?.record.address, undefined);
});

Deno.test("readMachineChecks() tells of gzip that ends early, and reads what is there", async () => {
  const log = "[1.0] usb 1-1: new device\n".repeat(10_000) + FIXTURES[0]!.text;
  async function* bytes(packed: Uint8Array) {
    yield packed;
  }
  const whole = gzipSync(log);
  const damage: string[] = [];
  for (const [packed, count] of [[whole, 1], [whole.subarray(0, -40), 0]] as const) {
    const onEnd = (end: LogSummary) => void damage.push(...end.damage);
    const found = await Array.fromAsync(readMachineChecks(bytes(packed), { onEnd }));
    assertEquals(found.length, count);
  }
  assertEquals(damage, [
    "log: Expected all of the packed text, got gzip that breaks off: unexpected end of file",
  ]);
});

Deno.test("readMachineChecks() takes the form it is given", async () => {
  const found = await read("CPU 1 BANK 4 \nSTATUS 90 MCGSTATUS 0\n", "mcelog");
  assertEquals(found.found[0]?.record.status, 0x90n);
  await assertRejects(
    () =>
      Array.fromAsync(readMachineChecks(FIXTURES[0]!.text, { format: "mce-inject", name: "k" })),
    SyntaxError,
    "k:1:1: Expected CPU or MCE",
  );
});

Deno.test("readMachineChecks() finds a kernel's record behind a text of mce-inject", async () => {
  const [kernel] = FIXTURES;
  const { found } = await read(`CPU 0 BANK 1\nSTATUS CORRECTED\n${kernel!.text}`);
  assertEquals(
    found.filter(({ record }) => record.status !== undefined).map(({ record }) => record),
    [
      RECORD.record,
    ],
  );
});
