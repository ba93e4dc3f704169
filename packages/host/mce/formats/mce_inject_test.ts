import { assertEquals, assertRejects } from "@std/assert";
import { readLog } from "./log_format.ts";
import { mceInject } from "./mce_inject.ts";

async function read(text: string) {
  return await Array.fromAsync(readLog(text, mceInject, "x.mce"));
}

async function refuses(text: string, message: string) {
  const error = await assertRejects(() => read(text), SyntaxError);
  assertEquals(error.message, message);
}

Deno.test("mceInject: reads mce-inject's own test for SEAM_NR", async () => {
  const found = await read(`# this is used for testing MCE during TDX SEAM non-root mode
CPU 0 BANK 1
MCGSTATUS RIPV EIPV MCIP LMCES SEAM_NR
NOBROADCAST
STATUS UNCORRECTED AR S 0x134
ADDR 0x1234
MISC 0x8
RIP 0xdeadbabe
`);
  assertEquals(found, [{
    record: {
      cpu: 0,
      bank: 1,
      // VAL UC EN MISCV ADDRV S AR, data load.
      status: 0xbd80000000000134n,
      mcgStatus: 0x100fn,
      address: 0x1234n,
      misc: 8n,
    },
    interrupted: { cs: 0, ip: 0xdeadbaben },
    where: { unit: "line", first: 2, last: 8 },
    damage: [],
  }]);
});

// What mce-inject's words for MCi_STATUS and MCG_STATUS stand for: its mce.y, and the SDM's bits.
const WORDS = [
  ["STATUS", "VAL", 63],
  ["STATUS", "OVER", 62],
  ["STATUS", "UC", 61],
  ["STATUS", "EN", 60],
  ["STATUS", "PCC", 57],
  ["STATUS", "S", 56],
  ["STATUS", "SRAO", 56],
  ["STATUS", "AR", 55],
  ["STATUS", "TES_YELLOW", 54],
  ["MCGSTATUS", "RIPV", 0],
  ["MCGSTATUS", "EIPV", 1],
  ["MCGSTATUS", "MCIP", 2],
  ["MCGSTATUS", "LMCES", 3],
  ["MCGSTATUS", "TES_P", 11],
  ["MCGSTATUS", "SEAM_NR", 12],
] as const;

Deno.test("mceInject: knows each word for a bit, and the words for several", async () => {
  const record = async (text: string) => (await read(`CPU 0 BANK 1\n${text}\n`))[0]!.record;
  for (const [register, word, bit] of WORDS) {
    const { status = 0n, mcgStatus } = await record(`STATUS 0\n${register} ${word}`);
    assertEquals(register === "STATUS" ? status : mcgStatus, 1n << BigInt(bit), word);
  }
  assertEquals((await record("STATUS SRAR UCNA")).status, 3n << 55n);
  assertEquals((await record("STATUS FATAL")).status, 0xb200000000000000n);
});

Deno.test("mceInject: reads several records, C numbers, and what mcelog --raw prints", async () => {
  const found = await read(`cpu 0 13  # Sapphire Rapids
PROCESSOR 0:0x806f0
STATUS 0x8000000010100080
CPU 010 BANK 9 STATUS corrected 144
MCE STATUS FATAL TIME 1700000000 MCGCAP 0x1000c19 SOCKETID 1 APICID 2 TSC 0
CPU 3
BANK 1
TSC 0x1
RIP 0x33:<0x4013a6> {main}
MISC 0x86
ADDR 0x10ed608000
STATUS 0xbd80000000100134
MCGSTATUS 0xf
`);
  assertEquals(found.map(({ record: { cpu, bank, status } }) => [cpu, bank, status]), [
    [0, 13, 0x8000000010100080n],
    [8, 9, 0x9000000000000090n],
    [undefined, 0, 0xb200000000000000n],
    [3, 1, 0xbd80000000100134n],
  ]);
  assertEquals(found[0]?.processor?.model, 0x8f);
  assertEquals([found[2]?.time, found[2]?.mcgCap], [1700000000, 0x1000c19n]);
  assertEquals(found[3]?.interrupted, { cs: 0x33, ip: 0x4013a6n });
  assertEquals(found[3]?.where, { unit: "line", first: 6, last: 13 });
});

Deno.test("mceInject: lets STATUS replace what ADDR before it set, as mce-inject does", async () => {
  const [found] = await read("CPU 0 1\nADDR 0x1000\nSTATUS 0x134\nMISC 0x86\n");
  assertEquals(found?.record.status, (1n << 59n) | 0x134n);
});

Deno.test("mceInject: tells a record without STATUS as cut", async () => {
  const [found] = await read("\nCPU 0 BANK 1\nMCGSTATUS RIPV");
  assertEquals(found?.record, { cpu: 0, bank: 1, mcgStatus: 1n });
  assertEquals(found?.damage, ["x.mce:2:1: Expected STATUS, got none: the record is cut"]);
});

Deno.test("mceInject: refuses other texts with line and column", async () => {
  await refuses("STATUS 1\n", 'x.mce:1:1: Expected CPU or MCE, which begin a record, got "STATUS"');
  await refuses("hello", 'x.mce:1:1: Expected CPU or MCE, which begin a record, got "HELLO"');
  await refuses(
    `CPU 0 ${"9".repeat(70_000)}`,
    "x.mce:1:65536: Expected lines of at most 65536 " +
      "characters, got a longer one",
  );
});

Deno.test("mceInject: tells what is wrong in a record as its damage, and reads the others", async () => {
  const table = [
    ["STATUS bd80", '2:8: Expected a number such as 0x134 or 1, got "BD80"'],
    [
      "ADDR 0x10000000000000000",
      '2:6: Expected a number below 0x10000000000000000, got "0X10000000000000000"',
    ],
    ["BANK 256", '2:6: Expected a number below 0x100, got "256"'],
    ["ADDR MISC 1", '2:1: Expected a number after ADDR, got "ADDR"'],
    ["ADDR 1 2", '2:8: Expected at most 1 values after ADDR, got "2"'],
    ["HOLD 1", '2:6: Expected at most 0 values after HOLD, got "1"'],
  ] as const;
  for (const [line, damage] of table) {
    const [first, second, ...others] = await read(
      `CPU 0 1\n${line}\nSTATUS FATAL\nCPU 1 1\nSTATUS 1\n`,
    );
    assertEquals(first?.damage, [`x.mce:${damage}`]);
    // VAL and UC can still be read.
    assertEquals(first!.record.status! >> 61n, 0b101n);
    assertEquals([second?.record.status, second?.damage, others], [1n, [], []]);
  }
  const [unsure] = await read("CPU 0 1\nSTATUS CORRECTED\nBANK x\n");
  assertEquals([unsure?.record.status, unsure?.damage], [undefined, [
    'x.mce:3:6: Expected a number such as 0x134 or 1, got "X"',
    "x.mce:1:1: Expected a whole record, got a damaged one: its STATUS is not sure",
  ]]);
  const [unnamed] = await read("CPU\nSTATUS 1\n");
  assertEquals(unnamed?.damage[0], 'x.mce:1:1: Expected a number after CPU, got "CPU"');
});
