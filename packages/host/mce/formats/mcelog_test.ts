import { assertEquals } from "@std/assert";
import { readLog } from "./log_format.ts";
import { mcelog } from "./mcelog.ts";

const HOST = `Hardware event. This is not a software error.
MCE 0
CPU 1 BANK 1 TSC 1ee4f074462
RIP 33:4013a6
MISC 86 ADDR 10ed608000
TIME 1613985132 Mon Feb 22 17:12:12 2021
MCG status:RIPV EIPV MCIP LMCE
MCi status:
Uncorrected error
Error enabled
MCi_MISC register valid
MCi_ADDR register valid
SRAR
MCA: Data CACHE Level-0 Data-Read Error
STATUS bd80000000100134 MCGSTATUS f
MCGCAP f000c14 APICID 2 SOCKETID 0
MICROCODE 5000021
CPUID Vendor Intel Family 6 Model 85 Step 7
`;

async function read(text: string) {
  return await Array.fromAsync(readLog(text, mcelog, "mcelog"));
}

Deno.test("mcelog: reads a record with its CPU", async () => {
  assertEquals(await read(HOST), [{
    record: {
      cpu: 1,
      bank: 1,
      status: 0xbd80000000100134n,
      mcgStatus: 0xfn,
      address: 0x10ed608000n,
      misc: 0x86n,
    },
    interrupted: { cs: 0x33, ip: 0x4013a6n },
    processor: { vendor: "GenuineIntel", family: 6, model: 85, stepping: 7 },
    mcgCap: 0xf000c14n,
    time: 1613985132,
    where: { unit: "line", first: 3, last: 18 },
    damage: [],
  }]);
});

Deno.test("mcelog: reads behind a syslog prefix, and several records", async () => {
  const syslog = (HOST + HOST.replace("CPU 1", "CPU 2")).replace(
    /^(?=.)/gm,
    "Nov 22 h mcelog[665]: ",
  );
  assertEquals((await read(syslog)).map(({ record }) => record.cpu), [1, 2]);
});

Deno.test("mcelog: skips events without a bank", async () => {
  const thermal = "MCE 0\nCPU 0 THERMAL EVENT TSC 2bfc83b1b8 \nSTATUS 880003c3 MCGSTATUS 0\n";
  assertEquals((await read(thermal + HOST)).map(({ record }) => record.cpu), [1]);
});

Deno.test("mcelog: tells cut and damaged records", async () => {
  const cut = HOST.slice(0, HOST.indexOf("STATUS bd"));
  assertEquals((await read(cut))[0]?.damage, [
    "mcelog:3:1: Expected a line with STATUS and MCGSTATUS, got none: the record is cut",
  ]);
  assertEquals(
    (await read(HOST.replace("bd80", "10000bd80")))[0]?.damage[0],
    'mcelog:15:8: Expected MCi_STATUS, a 64-bit hexadecimal number, got "10000bd80000000100134"',
  );
  assertEquals(
    (await read(HOST.slice(0, HOST.indexOf("0100134"))))[0]?.damage[0],
    'mcelog:15:8: Expected MCi_STATUS, got "bd8000000", maybe cut',
  );
  const [far] = await read(HOST.replace("RIP 33", "RIP ffffffffffffffff"));
  assertEquals([far?.interrupted, far?.damage], [undefined, [
    'mcelog:4:5: Expected the code segment, a 16-bit hexadecimal number, got "ffffffffffffffff"',
  ]]);
});

Deno.test("mcelog: takes a vendor it does not know by its name, whatever that is", async () => {
  for (const vendor of ["constructor", "__proto__", "toString", "Vendor"]) {
    const [found] = await read(HOST.replace("Vendor Intel", `Vendor ${vendor}`));
    assertEquals(found?.processor?.vendor, vendor);
  }
});
