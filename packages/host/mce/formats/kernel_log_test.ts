import { assert, assertEquals } from "@std/assert";
import { kernelLog } from "./kernel_log.ts";
import { readLog } from "./log_format.ts";

const MARK = "mce: [Hardware Error]: ";

/** The lines that Linux prints over a load of poison by the kernel. */
const PANIC = [
  "CPU 147: Machine Check Exception: f Bank 1: bd80000000100134",
  "RIP 10:<ffffffffadb69870> {__tlb_remove_page_size+0x10/0xa0}",
  "TSC 411a93533ed ADDR 80a5669600 MISC 86 PPIN 11d98332458e4ea9 ",
  "PROCESSOR 0:806f8 TIME 1706000767 SOCKET 1 APIC 93 microcode 2b000590",
  "Run the above through 'mcelog --ascii'",
  "Machine check: Data load in unrecoverable area of kernel",
];
const REGISTERS = {
  cpu: 147,
  bank: 1,
  status: 0xbd80000000100134n,
  mcgStatus: 0xfn,
  address: 0x80a5669600n,
  misc: 0x86n,
};

/** The lines of a plain record of a CPU. */
function block(cpu: number, cs = "33"): string[] {
  return [
    `CPU ${cpu}: Machine Check Exception: f Bank 1: bd80000000100134`,
    `RIP ${cs}:<000000000000${(0x1000 + cpu).toString(16)}>`,
    `TSC 1 ADDR ${(cpu * 0x1000).toString(16)} MISC 86`,
    `PROCESSOR 0:806f8 TIME 1 SOCKET 0 APIC ${cpu.toString(16)} microcode 1`,
  ];
}

async function readText(text: string | string[]) {
  return await Array.fromAsync(readLog(text, kernelLog, "log"));
}

async function read(lines: readonly string[], prefix = MARK) {
  return await readText(lines.map((line) => `${prefix}${line}\n`));
}

Deno.test("kernelLog: reads Linux's block, its reason and its panic", async () => {
  const text = PANIC.map((line) => `[  896.156739] ${MARK}${line}\n`).join("") +
    "[  896.2] Kernel panic - not syncing: Fatal local machine check\n";
  const [found, ...others] = await readText(text);
  assertEquals(others, []);
  assertEquals(found, {
    record: REGISTERS,
    interrupted: {
      cs: 0x10,
      ip: 0xffffffffadb69870n,
      symbol: "__tlb_remove_page_size+0x10/0xa0",
    },
    processor: { vendor: "GenuineIntel", family: 6, model: 0x8f, stepping: 8 },
    time: 1706000767,
    where: { unit: "line", first: 1, last: 4 },
    damage: [],
    said: ["Data load in unrecoverable area of kernel"],
    panic: "Fatal local machine check",
  });
});

Deno.test("kernelLog: reads behind the prefixes of dmesg, journal and syslog", async () => {
  const prefixes = [
    "",
    "[166492.496342] ",
    "[166492.496342][   C19] ",
    "<2>[    1.000000] ",
    "[Wed Dec  6 21:24:46 2023] ",
    "Nov  9 19:14:59 yoda kernel: [  299.821999] ",
    "2025-11-22T14:00:00.123456+00:00 node-12 kernel: ",
    "Nov 22 14:00:00.123456 node-12 kernel[0]: ",
  ];
  for (const prefix of prefixes) {
    const [found] = await read(PANIC, `${prefix}${MARK}`);
    assertEquals(found?.record, REGISTERS, prefix);
    assertEquals(found?.damage, [], prefix);
    assertEquals(found?.said?.length, 1, prefix);
  }
});

Deno.test("kernelLog: reads what the EDAC drivers print", async () => {
  const edac = "[Sat Apr 15 19:49:46 2023] EDAC skx MC0: ";
  const found = await read([
    "HANDLING MCE MEMORY ERROR",
    "CPU 0: Machine Check Event: 0x0 Bank 13: 0x9c000000082a0090",
    "TSC 0x0",
    "ADDR 0x30aa905a80 EDAC skx MC0: MISC 0x86",
    "PROCESSOR 0:0x806f8 TIME 1681559382 SOCKET 0 APIC 0x0",
  ], edac);
  assertEquals(found.map(({ record, damage }) => [record, damage]), [[{
    cpu: 0,
    bank: 13,
    status: 0x9c000000082a0090n,
    mcgStatus: 0n,
    address: 0x30aa905a80n,
    misc: 0x86n,
  }, []]]);
});

Deno.test("kernelLog: reads ADDR and MISC that Linux leaves out as 0", async () => {
  const [found] = await read([
    "CPU 1: Machine Check: 0 Bank 1: 9c00000000100134",
    "TSC 5 ",
    PANIC[3]!,
  ]);
  assertEquals(found?.record.address, 0n);
  assertEquals(found?.record.misc, 0n);
  assertEquals(found?.damage, []);
});

Deno.test("kernelLog: keeps the records of several callers or hosts apart", async () => {
  for (
    const prefix of [(n: number) => `[  1.0][  C${n}] `, (n: number) => `Nov 1 h${n} kernel: `]
  ) {
    const lines = [0, 1, 2, 3].flatMap((i) => [1, 2].map((cpu) => [cpu, block(cpu)[i]!] as const));
    const found = await readText(lines.map(([cpu, line]) => `${prefix(cpu)}${MARK}${line}\n`));
    assertEquals(found.map(({ record }) => [record.cpu, record.address]), [[1, 0x1000n], [
      2,
      0x2000n,
    ]]);
    assertEquals(found.flatMap(({ damage }) => damage), []);
  }
});

Deno.test("kernelLog: deals mixed lines out in order and says that it did", async () => {
  const mixed = [0, 1, 2, 3].flatMap((i) => [1, 2, 3].map((cpu) => block(cpu)[i]!));
  const found = await read(mixed);
  assertEquals(found.map(({ record }) => record.address), [0x1000n, 0x2000n, 0x3000n]);
  assertEquals(found.map(({ interrupted }) => interrupted?.cs), [0x33, 0x33, 0x33]);
  assertEquals(found.map(({ damage }) => damage.length), [1, 1, 1]);
  assert(found[0]!.damage[0]!.startsWith("log:1:1: Expected the lines of one record"));
});

Deno.test("kernelLog: sorts no more than 16 records out at once", async () => {
  for (const [cpus, sorted] of [[16, 16], [17, 0]] as const) {
    const all = Array.from({ length: cpus }, (_, i) => block(i + 1));
    const found = await read([0, 1, 2, 3].flatMap((i) => all.map((lines) => lines[i]!)));
    const addresses = found.slice(0, 16).map(({ record }) => record.address);
    assertEquals(addresses.filter((address) => address !== undefined).length, sorted);
    // The first 16 go without, and what the next one gets is another's: each is told as doubtful.
    assertEquals(found.every(({ damage }) => damage.length > 0), true);
    assertEquals(found.slice(16).every(({ interrupted }) => interrupted === undefined), true);
  }
});

Deno.test("kernelLog: leaves the mode out where mixed lines leave it open", async () => {
  const user = block(1, "33");
  const kernel = block(2, "10");
  const found = await read([0, 1, 2, 3].flatMap((i) => [user[i]!, kernel[i]!]));
  assertEquals(found.map(({ interrupted }) => interrupted), [undefined, undefined]);
});

Deno.test("kernelLog: gives a whole record after a cut one its own lines", async () => {
  const found = await read([block(1)[0]!, ...block(2)]);
  assertEquals(found.map(({ record }) => record.address), [undefined, 0x2000n]);
  const cut = "got none: the record is cut";
  const mixed = found[1]!.damage;
  assertEquals(found[0]!.damage, [
    `log:1:1: Expected a line with ADDR, ${cut}`,
    `log:1:1: Expected a line with MISC, ${cut}`,
    `log:1:1: Expected the PROCESSOR line that ends a record, ${cut}`,
    ...mixed.map((doubt) => doubt.replace("log:2:", "log:1:")),
  ]);
  assertEquals(mixed.length, 1);
});

Deno.test("kernelLog: decodes a cut block as far as it goes and says so", async () => {
  const text = PANIC.slice(0, 4).map((line) => `${MARK}${line}\n`).join("");
  for (let length = MARK.length + 26; length < text.length; length++) {
    const found = await readText(text.slice(0, length));
    assertEquals(found.length, 1, text.slice(0, length));
    // Nothing that the whole block does not say.
    assertEquals({ ...REGISTERS, ...found[0]!.record }, REGISTERS, text.slice(0, length));
    if (length <= text.indexOf(" TIME")) assert(found[0]!.damage.length > 0);
    if (length > text.indexOf(" SOCKET")) assertEquals(found[0]!.damage, []);
  }
});

Deno.test("kernelLog: names the place of damaged numbers", async () => {
  const damage = async (...lines: string[]) => (await read(lines))[0]?.damage;
  assertEquals(
    await damage("CPU 1: Machine Check: 10000000000000000 Bank 1: 9000000000000001", PANIC[3]!),
    [
      'log:1:46: Expected MCG_STATUS, a 64-bit hexadecimal number, got "10000000000000000"',
    ],
  );
  assertEquals(await damage("CPU 1: Machine Check: 0 Bank 1: 90000000000", PANIC[3]!), [
    'log:1:56: Expected MCi_STATUS, 16 hexadecimal digits, got "90000000000"',
  ]);
  assertEquals(await damage(PANIC[0]!, "TSC 1 ADDR 12#4 MISC 86", PANIC[3]!), [
    'log:2:35: Expected MCi_ADDR, a 64-bit hexadecimal number, got "12#4"',
    "log:1:1: Expected a line with ADDR, got none: the record is cut",
  ]);
  assertEquals(
    await damage("CPU 99999999999999999: Machine Check: 0 Bank 1: 9000000000000001", PANIC[3]!),
    [
      'log:1:28: Expected a CPU number, a 32-bit decimal number, got "99999999999999999"',
    ],
  );
});

Deno.test("kernelLog: passes on the private KeyIDs that the host logged at boot", async () => {
  const boot = "[    1.8] virt/tdx: BIOS enabled: private KeyID range [64, 128)\n";
  const text = boot + PANIC.map((line) => `${MARK}${line}\n`).join("");
  const [found] = await readText(text);
  assertEquals(found?.privateKeyIds, [64, 128]);
  const [bare] = await readText(text.replace("[    1.8] ", ""));
  assertEquals(bare?.privateKeyIds, [64, 128]);
  // KeyID 0 is no TD's, none is left, the wrong way round, not all of the KeyID's bits, 16 bits.
  for (const range of ["[0, 128)", "[64, 64)", "[5, 2)", "[64, 100)", "[3, 128)", "[1, 65536)"]) {
    const [refused] = await readText(text.replace("[64, 128)", range));
    assertEquals([refused?.privateKeyIds, refused?.damage], [undefined, [
      `log:1:55: Expected a range of private KeyIDs that a machine can have, got "${range}"`,
    ]]);
  }
});

Deno.test("kernelLog: lets nothing of a log reach the terminal as a control character", async () => {
  const [found] = await read([
    ...PANIC.slice(0, 5),
    "Machine check: \x1b[2J\x1b]0;t\x07\x9b\u202e",
  ]);
  assertEquals(found?.said, ["\\u001b]0;t\\u0007\\u009b\\u202e"]);
});

Deno.test("kernelLog: is over with a record that is not continued", async () => {
  // Lines that belong to no record any more must not keep it, nor fill the memory.
  let read = 0;
  function* log() {
    yield `${MARK}${PANIC[0]}\n`;
    for (; read < 1000; read++) yield `${MARK}TSC 1 ADDR ${read.toString(16)} MISC 86\n`;
  }
  const found = readLog(log(), kernelLog, "log");
  const first = (await found.next()).value;
  assertEquals([first.record.cpu, first.record.address], [147, 0n]);
  assert(read < 600, `after ${read} lines`);
  // They are told all the same, as the rest of records whose beginnings are lost.
  for await (const { record, damage } of found) {
    assertEquals([record.cpu, record.status, damage.length > 0], [undefined, undefined, true]);
  }
});

Deno.test("kernelLog: puts shuffled lines together by their times, and tells", async () => {
  const stamped = PANIC.map((line, i) => `[  896.10000${i}] ${MARK}${line}\n`);
  const whole = await readText(stamped);
  const panic = "[  896.200000] Kernel panic - not syncing: Fatal local machine check\n";
  for (const order of [[5, 3, 0, 2, 1], [0, 5, 2, 1, 3], [1, 2, 3, 5, 0], [2, 1, 0, 5, 3]]) {
    const found = await readText([panic, ...order.map((i) => stamped[i]!)]);
    assertEquals(found.length, 1, `${order}`);
    assertEquals({ ...found[0]!.record, ...found[0]!.interrupted }, {
      ...whole[0]!.record,
      ...whole[0]!.interrupted,
    });
    assertEquals(found[0]!.said, whole[0]!.said);
    assertEquals(found[0]!.panic, "Fatal local machine check");
    assertEquals(found[0]!.damage.map((each) => each.includes("got them shuffled")), [true]);
  }
});

Deno.test("kernelLog: tells the rest of a record whose beginning is lost", async () => {
  const [rest, next, ...others] = await read([...PANIC.slice(2, 4), ...block(2)]);
  assertEquals(others, []);
  assertEquals([rest?.record.address, rest?.processor?.model], [0x80a5669600n, 0x8f]);
  assertEquals(rest?.damage, [
    "log:1:1: Expected a line with bank and MCi_STATUS, got none: the record is cut",
  ]);
  assertEquals([next?.record.address, next?.damage], [0x2000n, []]);
});

Deno.test("kernelLog: tells a panic over a machine check whose record is not there", async () => {
  const text = `[1.0] ${MARK}${PANIC[5]}\n[1.1] Kernel panic - not syncing: Fatal machine check\n`;
  assertEquals(await readText(text), [{
    record: {},
    said: ["Data load in unrecoverable area of kernel"],
    panic: "Fatal machine check",
    told: { by: "kernel", severity: "panic", memory: true },
    where: { unit: "line", first: 1, last: 1 },
    damage: ["log:1:1: Expected the record of this machine check, got none: the record is cut"],
  }]);
  // At the beginning of a line too, as on a console without times.
  assertEquals(
    (await readText("Kernel panic - not syncing: Fatal machine check\n"))[0]?.panic,
    "Fatal machine check",
  );
  assertEquals(await readText("[1.0] Kernel panic - not syncing: VFS: Unable to mount root\n"), []);
});

Deno.test("kernelLog: takes the code segment where the RIP was lost, as in HTML", async () => {
  const [found] = await read([PANIC[0]!, "RIP 10: {fault_fn+0x9f/0xd0}", ...PANIC.slice(2, 4)]);
  assertEquals(found?.interrupted, { cs: 0x10, symbol: "fault_fn+0x9f/0xd0" });
  assertEquals(found?.damage, []);
});

Deno.test("kernelLog: reads every bank that a kernel for 32 bits prints", async () => {
  const found = await readText([
    "kernel: CPU 3: Machine Check Exception: 0000000000000004\n",
    "kernel: Bank 0: b200000000000800\n",
    "kernel: Bank 4: f600200000000152[0000000000000086] at 0000000076002000\n",
    "kernel: MCE: The hardware reports a non fatal, correctable incident occurred on CPU 0.\n",
    "kernel: Bank 1: 9000000000000151\n",
  ]);
  assertEquals(
    found.map(({ record: { cpu, bank, status, address }, damage }) => [
      cpu,
      bank,
      status,
      address,
      damage,
    ]),
    [
      [3, 0, 0xb200000000000800n, undefined, []],
      [3, 4, 0xf600200000000152n, 0x76002000n, []],
      [0, 1, 0x9000000000000151n, undefined, []],
    ],
  );
});
