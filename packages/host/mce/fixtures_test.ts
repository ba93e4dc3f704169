// One record in every text form: a load of poison by the kernel of a Sapphire Rapids. What a form
// does not print of it, its row says. The tests of the readers and the fuzzing share them.
import type { LoggedMachineCheck } from "./logged_machine_check.ts";
import type { MachineCheckFormat } from "./read_machine_checks.ts";

const MARK = "mce: [Hardware Error]: ";
const CPU = "CPU 147: Machine Check Exception: f Bank 1: bd80000000100134";
const RIP = "RIP 10:<ffffffffadb69870> {__tlb_remove_page_size+0x10/0xa0}";
const TSC = "TSC 411a93533ed ADDR 80a5669600 MISC 86 PPIN 11d98332458e4ea9 ";
const PROCESSOR = "PROCESSOR 0:806f8 TIME 1706000767 SOCKET 1 APIC 93 microcode 2b000590";
const BLOCK = [CPU, RIP, TSC, PROCESSOR];

/** The record, all that any form prints of it. */
export const RECORD: Omit<LoggedMachineCheck, "where" | "damage"> = {
  record: {
    cpu: 147,
    bank: 1,
    status: 0xbd80000000100134n,
    mcgStatus: 0xfn,
    address: 0x80a5669600n,
    misc: 0x86n,
  },
  interrupted: {
    cs: 0x10,
    ip: 0xffffffffadb69870n,
    symbol: "__tlb_remove_page_size+0x10/0xa0",
  },
  processor: { vendor: "GenuineIntel", family: 6, model: 0x8f, stepping: 8 },
  mcgCap: 0xf000c15n,
  time: 1706000767,
};

/** What a form may lack: names of fields, of the record or beside it. */
export type Lacking = keyof typeof RECORD.record | keyof typeof RECORD | "symbol" | "ip";

/** A text with {@link RECORD} in it. */
export interface Fixture {
  /** What it is, and the command that makes it. */
  readonly from: string;
  readonly format: MachineCheckFormat;
  readonly text: string;
  readonly lacks: readonly Lacking[];
  /** How much is told as damage. */
  readonly damage?: number;
}

const lines = (all: readonly string[], prefix = "") =>
  all.map((line) => `${prefix}${line}\n`).join("");
/** Objects of a journal: one a line. */
const journal = (message: (line: string) => unknown) =>
  lines(BLOCK.map((line) =>
    JSON.stringify({
      _HOSTNAME: "node-12",
      __REALTIME_TIMESTAMP: "1706000767123456",
      SYSLOG_IDENTIFIER: "kernel",
      MESSAGE: message(`${MARK}${line}`),
    })
  ));

/** The same record in all forms. */
export const FIXTURES: readonly Fixture[] = [
  {
    from: "dmesg",
    format: "kernel",
    text: lines(BLOCK, `[  896.156739] ${MARK}`),
    lacks: ["mcgCap"],
  },
  {
    from: "journalctl -k",
    format: "kernel",
    text: lines(BLOCK, `Jan 23 09:06:07 node-12 kernel: ${MARK}`),
    lacks: ["mcgCap"],
  },
  {
    from: "dmesg, quoted in a mail, its mark stripped",
    format: "kernel",
    text: lines(BLOCK, "> | "),
    lacks: ["mcgCap"],
  },
  {
    from: "dmesg, its lines shuffled by a serial console",
    format: "kernel",
    text: [3, 0, 2, 1].map((i) => `[  896.15673${i}] ${MARK}${BLOCK[i]}\n`).join(""),
    lacks: ["mcgCap"],
    damage: 1,
  },
  {
    from: "the console of a kernel before 2.6.32",
    format: "kernel",
    text: lines([
      "HARDWARE ERROR",
      "CPU 147: Machine Check Exception:                f Bank 1: bd80000000100134",
      RIP,
      "TSC 411a93533ed ADDR 80a5669600 MISC 86 ",
      "This is not a software problem!",
      "Run through mcelog --ascii to decode and contact your hardware vendor",
    ]),
    lacks: ["mcgCap", "processor", "time"],
  },
  {
    from: "the console of such a kernel for 32 bits",
    format: "kernel",
    text: lines([
      "CPU 147: Machine Check Exception: 000000000000000f",
      "Bank 1: bd80000000100134[0000000000000086] at 00000080a5669600",
      "Kernel panic - not syncing: Unable to continue: machine check",
    ]),
    lacks: ["mcgCap", "processor", "time", "interrupted"],
  },
  {
    from: "dmesg --json",
    format: "kernel",
    text: JSON.stringify(
      { dmesg: BLOCK.map((line) => ({ pri: 0, time: 896.156739, msg: `${MARK}${line}` })) },
      null,
      3,
    ),
    lacks: ["mcgCap"],
  },
  {
    from: "dmesg --json | jq -c",
    format: "kernel",
    text: JSON.stringify({ dmesg: BLOCK.map((line) => ({ pri: 0, msg: `${MARK}${line}` })) }),
    lacks: ["mcgCap"],
  },
  {
    from: "journalctl -o json",
    format: "kernel",
    text: journal((line) => line),
    lacks: ["mcgCap"],
  },
  {
    from: "journalctl -o json, of messages that are not UTF-8",
    format: "kernel",
    text: journal((line) => [...new TextEncoder().encode(line)]),
    lacks: ["mcgCap"],
  },
  {
    from: "Docker's json-file",
    format: "kernel",
    text: lines(BLOCK.map((line) => JSON.stringify({ log: `${MARK}${line}\n`, stream: "stdout" }))),
    lacks: ["mcgCap"],
  },
  {
    from: "the trace event, cat trace_pipe",
    format: "trace-event",
    text: "           <...>-235     [147] .....   596.892583: mce_record: CPU: 147, MCGc/s: " +
      "f000c15/f, MC1: bd80000000100134, IPID: 0000000000000000, ADDR/MISC/SYND: " +
      "00000080a5669600/0000000000000086/0000000000000000, RIP: 10:<ffffffffadb69870>, TSC: " +
      "14120b051a1, PROCESSOR: 0:806f8, TIME: 1706000767, SOCKET: 1, APIC: 93\n",
    lacks: ["symbol"],
  },
  {
    from: "the trace event of Linux 6.10 and later, perf script",
    format: "trace-event",
    text:
      "kworker/0:2   235 [147]   596.892583: mce:mce_record: CPU: 147, MCGc/s: f000c15/f, MC1: " +
      "bd80000000100134, IPID: 0000000000000000, ADDR: 00000080a5669600, MISC: 0000000000000086, " +
      "SYND: 0000000000000000, RIP: 10:<ffffffffadb69870>, TSC: 14120b051a1, PPIN: " +
      "11d98332458e4ea9, vendor: 0, CPUID: 806f8, time: 1706000767, socket: 1, APIC: 93, " +
      "microcode: 2b000590\n",
    lacks: ["symbol"],
  },
  {
    from: "rasdaemon in the journal",
    format: "rasdaemon-text",
    text: "Jan 23 09:06:07 node-12 rasdaemon[614]:            <...>-24   [147]     0.000023: " +
      "mce_record:           2024-01-23 09:06:07 +0000 bank=1, status= bd80000000100134, Data " +
      "CACHE Level-0 Data-Read Error, mci=Uncorrected_error Error_enabled SRAR, cpu_type= Intel " +
      "generic architectural MCA, cpu= 147, socketid= 1, ip= ffffffffadb69870, cs= 10, misc= 86, " +
      "addr= 80a5669600, mcgstatus=15 RIPV EIPV MCIP LMCE, mcgcap= f000c15, apicid= 93\n",
    lacks: ["symbol", "processor"],
  },
  {
    from: "ras-mc-ctl --errors",
    format: "rasdaemon-text",
    text: "No Memory errors.\n\nNo PCIe AER errors.\n\nMCE events:\n" +
      "1 2024-01-23 09:06:08 +0000 error: Data CACHE Level-0 Data-Read Error, mcg mcgstatus=15 " +
      "RIPV EIPV MCIP LMCE, mci Uncorrected_error Error_enabled SRAR, mcgcap=0x0f000c15, " +
      "mcgstatus=0x0000000f, status=0xbd80000000100134, addr=0x80a5669600, misc=0x00000086, " +
      "ip=0xffffffffadb69870, tsc=0x411a93533ed, walltime=0x65af817f, cpu=0x00000093, " +
      "cpuid=0x000806f8, apicid=0x00000093, socketid=0x00000001, cs=0x00000010, bank=0x00000001\n",
    lacks: ["symbol"],
  },
  {
    from: "vmkernel.log of ESXi",
    format: "esxi",
    text: "2024-01-23T09:06:07.114Z cpu147:40848027)ALERT: MCA: 200: SRAR Excp Gf B1 " +
      "Sbd80000000100134 A80a5669600 M86 P80a5669600/40 Cache Hierarchy: Level 0 Data Cache " +
      "DataRead Error.\n",
    lacks: ["symbol", "interrupted", "processor", "mcgCap", "time"],
  },
  {
    from: "vmkernel.log of ESXi, with the CPU of its panic",
    format: "esxi",
    text: "2024-01-23T09:06:07.114Z cpu147:40848027)ALERT: MCA: 200: SRAR Excp Gf B1 " +
      "Sbd80000000100134 A80a5669600 M86 P80a5669600/40 Cache Hierarchy: Level 0 Data Cache " +
      "DataRead Error.\n2024-01-23T09:06:07.115Z cpu147:40848027)cr0=0x8001003d cr2=0x0 " +
      "cr3=0x10ce94000 cr4=0x14216c FMS=06/8f/8 uCode=0x2b000590\n",
    lacks: ["symbol", "interrupted", "mcgCap", "time"],
  },
  {
    from: "ESXi 6.0",
    format: "esxi",
    text: "MC:PCPU147 B:1 S:0xbd80000000100134 M:0x86 A:0x80a5669600 f\n",
    lacks: ["symbol", "interrupted", "processor", "mcgCap", "time"],
  },
  {
    from: "the list of a service processor",
    format: "registers",
    text: "Socket: 1, CPU: 147, BankNo: 1, IA32_MCG_STATUS: 0x000000000000000f, IA32_MCG_CAP: " +
      "0x000000000f000c15, IA32_MCi_STATUS: 0xbd80000000100134, IA32_MCi_ADDR: " +
      "0x00000080a5669600, IA32_MCi_MISC: 0x0000000000000086\n",
    lacks: ["symbol", "interrupted", "processor", "time"],
  },
  {
    from: "the list of a service processor, one register a line",
    format: "registers",
    text: lines([
      "CPU        | 147",
      "MCG_STATUS | 0xf",
      "MCG_CAP    | 0xf000c15",
      "MC1_STATUS | 0xbd80000000100134",
      "MC1_ADDR   | 0x80a5669600",
      "MC1_MISC   | 0x86",
    ]),
    lacks: ["symbol", "interrupted", "processor", "time"],
  },
  {
    from: "the crash dump of a service processor",
    format: "registers",
    text: JSON.stringify(
      {
        crash_data: {
          processors: {
            cpu1: {
              MCA: {
                core9: {
                  thread1: {
                    MC0: { mc0_ctl: "0xfff", mc0_status: "0x0", mc0_addr: "0x0", mc0_misc: "0x0" },
                    MC1: {
                      mc1_ctl: "0xf",
                      mc1_status: "0xbd80000000100134",
                      mc1_addr: "0x80a5669600",
                      mc1_misc: "0x86",
                    },
                  },
                },
              },
            },
          },
        },
      },
      null,
      1,
    ),
    lacks: ["symbol", "interrupted", "processor", "time", "cpu", "mcgStatus", "mcgCap"],
  },
  {
    from: "mcelog",
    format: "mcelog",
    text: lines([
      "Hardware event. This is not a software error.",
      "MCE 0",
      "CPU 147 BANK 1 TSC 411a93533ed ",
      "RIP 10:ffffffffadb69870",
      "MISC 86 ADDR 80a5669600 ",
      "TIME 1706000767 Tue Jan 23 09:06:07 2024",
      "MCG status:RIPV EIPV MCIP LMCE ",
      "STATUS bd80000000100134 MCGSTATUS f",
      "MCGCAP f000c15 APICID 93 SOCKETID 1 ",
      "CPUID Vendor Intel Family 6 Model 143 Step 8",
    ]),
    lacks: ["symbol"],
  },
  {
    from: "mcelog --ascii --raw, and mce-inject",
    format: "mce-inject",
    text: lines([
      "CPU 147 BANK 1",
      "STATUS 0xbd80000000100134 MCGSTATUS 0xf",
      "ADDR 0x80a5669600 MISC 0x86",
      "RIP 0x10:<0xffffffffadb69870> {}",
      "MCGCAP 0xf000c15 TIME 1706000767",
      "PROCESSOR 0:0x806f8",
    ]),
    lacks: ["symbol"],
  },
];

/** The firmware's records, which hold no registers of {@link RECORD}, and those of other vendors. */
export const OTHERS: Readonly<Record<"apei" | "bert" | "amd" | "traces", string>> = {
  apei: lines(
    [
      "Hardware error from APEI Generic Hardware Error Source: 1",
      "event severity: fatal",
      " Error 0, type: fatal",
      " fru_text: Card02, ChnD, DIMM0",
      "  section_type: memory error",
      "  error_status: Storage error in DRAM memory (0x0000000000000400)",
      "  physical_address: 0x00000080a5669600",
      "  node:1 card:2 module:0 rank:0 bank:13 device:0 row:11387 column:1544",
      "  error_type: 3, multi-bit ECC",
      "  DIMM location: NODE 4 CPU1_DIMM_A1",
    ],
    "[  183.645962] {1}[Hardware Error]: ",
  ),
  bert: lines(
    [
      "event severity: fatal",
      " Error 0, type: fatal",
      "  section_type: IA32/X64 processor error",
      "  Local APIC_ID: 0x3c",
      "  CPUID Info:",
      "  00000000: 000806f8 00000000 3c400800 00000000",
      "  Error Information Structure 0:",
      "   Error Structure Type: cache error",
      "  Context Information Structure 0:",
      "   Register Context Type: MSR Registers (Machine Check and other MSRs)",
      "   Register Array Size: 0x0080",
      "   MSR Address: 0x404",
      "   Register Array:",
      "   00000000: 0000000000000fff bd80000000100134",
      "   00000010: 00000080a5669600 0000000000000086",
    ],
    "[    3.1] [Hardware Error]: ",
  ),
  amd: lines(
    [
      "Corrected error, no action required.",
      "CPU:12 (17:71:0) MC1_STATUS[Over|CE|MiscV|AddrV|-|-|SyndV|-|-|-]: 0xdc20000000030151",
      "Error Addr: 0x000000076da32ae0",
      "IPID: 0x000100b000000000, Syndrome: 0x000000001a030507",
    ],
    "May 01 15:06:59 host kernel: [Hardware Error]: ",
  ),
  traces: lines([
    "mce: Uncorrected hardware memory error in user-access at af34214200",
    "mce: [Hardware Error]: Machine check events logged",
    "Memory failure: 0xaf34214: recovery action for dirty LRU page: Recovered",
    "EDAC MC0: 1 CE memory read error on CPU_SrcID#0_MC#0 (channel:0 page:0x2a821 offset:0x800)",
    "Kernel panic - not syncing: Fatal local machine check",
  ], "[   12.000001] "),
};
