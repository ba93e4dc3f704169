import { defined } from "@tdx/core";
import { quote } from "../../_text_lines.ts";
import type { CpuIdentity } from "../../cpu/cpu_identity.ts";
import type { HostFile, HostSource } from "../sources/host_source.ts";
import { wholeText } from "./byte_text.ts";
import { type KernelLogSummary, summarizeKernelLog } from "./kernel_log.ts";
import { type KernelSymbols, readKernelSymbols } from "./kernel_symbols.ts";
import { type FirmwareBits, firmwareBits, type Msrs, readMsrs } from "./msrs.ts";
import {
  readCpuinfo,
  readMachineCheckCount,
  readRelease,
  type RunningKernel,
} from "./proc_files.ts";
import { type Reading, UnreadableError } from "./reading.ts";

/** What the files of a machine can say. */
export interface Words {
  readonly cpuinfo: CpuIdentity | "arm";
  readonly release: RunningKernel;
  readonly hostName: string;
  readonly symbols: KernelSymbols;
  readonly log: KernelLogSummary;
  readonly msrs: Msrs;
  /** Whether KVM offers TDs: parameter `tdx` of kvm_intel. */
  readonly kvmTdx: boolean;
  /** KeyIDs for TDs by the misc cgroup; `undefined` where it names no TDX. */
  readonly capacity: number | undefined;
  readonly moduleVersion: string;
  /** The version of the P-SEAMLDR, which loads the TDX module. */
  readonly seamldrVersion: string;
  /** Whether a crash kernel is loaded. */
  readonly crashKernel: boolean;
  /** Machine-check exceptions since boot; `undefined` where they are not counted. */
  readonly machineChecks: number | undefined;
  /** Memory retired by the kernel, in KiB. */
  readonly hardwareCorrupted: number | undefined;
}

/** What each file said, or why it said nothing. */
export type Evidence = { readonly [Item in keyof Words]: Reading<Words[Item]> };

/** What was said, without the files that said nothing. */
export interface Told extends Partial<Words> {
  /** What the firmware set up, by the registers or by a report of them. */
  readonly bits?: FirmwareBits;
}

/** Leaves out the files that said nothing; the log stands in for CPU, release and registers. */
export function toldBy(evidence: Evidence): Told {
  const words: Partial<Words> = Object.fromEntries(
    Object.entries<Reading<unknown>>(evidence as never).flatMap(([item, reading]) =>
      reading.state === "read" ? [[item, reading.value]] : []
    ),
  );
  const { log, msrs } = words;
  return {
    ...words,
    ...defined({
      cpuinfo: words.cpuinfo ?? log?.cpu,
      release: words.release ?? (log?.release === undefined ? undefined : releaseIn(log.release)),
      bits: msrs === undefined ? log?.firmwareBits : firmwareBits(msrs),
    }),
  };
}

/** Names the file that told the CPU or the release. */
export function whoTold(item: "cpuinfo" | "release", evidence: Evidence, told: Told): string {
  const fromLog = evidence[item].state !== "read" && told[item] !== undefined;
  return FILES[fromLog ? "log" : item].name;
}

function releaseIn(text: string): RunningKernel | undefined {
  try {
    return readRelease(text);
  } catch (error) {
    if (error instanceof UnreadableError) return undefined;
    throw error;
  }
}

interface EvidenceFile<T> {
  /** As a {@link HostSource} knows it. */
  readonly path: string;
  /** As people know it. */
  readonly name: string;
  read(bytes: AsyncIterable<Uint8Array>): Promise<T>;
}

/** The files an audit reads; `collect.sh` copies the same. */
export const FILES: {
  readonly [Item in keyof Words]: EvidenceFile<Words[Item]>;
} = {
  cpuinfo: { path: "proc/cpuinfo", name: "/proc/cpuinfo", read: readCpuinfo },
  release: small("proc/sys/kernel/osrelease", readRelease),
  hostName: oneWord("proc/sys/kernel/hostname", "a host name", /^[\w.-]{1,253}$/),
  symbols: { path: "proc/kallsyms", name: "/proc/kallsyms", read: readKernelSymbols },
  log: { path: "dmesg", name: "the kernel log", read: summarizeKernelLog },
  msrs: { ...small("msr", readMsrs), name: "the registers (MSRs)" },
  kvmTdx: onOff("sys/module/kvm_intel/parameters/tdx"),
  capacity: oneNumber("sys/fs/cgroup/misc.capacity", /^tdx ([0-9]{1,5})$/m),
  moduleVersion: version("sys/devices/faux/tdx_host/version"),
  seamldrVersion: version("sys/devices/faux/tdx_host/seamldr_version"),
  crashKernel: onOff("sys/kernel/kexec_crash_loaded"),
  machineChecks: {
    path: "proc/interrupts",
    name: "/proc/interrupts",
    read: readMachineCheckCount,
  },
  hardwareCorrupted: oneNumber("proc/meminfo", /^HardwareCorrupted:\s+([0-9]{1,15}) kB$/m),
};

/** Names files in a sentence. */
export function namesOf(...items: readonly (keyof Words)[]): string {
  return items.map((item) => FILES[item].name).join(", ");
}

/** A file of one word; `pattern` is what it may be. */
function oneWord(path: string, expected: string, pattern: RegExp): EvidenceFile<string> {
  return small(path, (text) => {
    const word = text.trim();
    if (pattern.test(word)) return word;
    // A word is short, and what is no word may be anything.
    throw new UnreadableError(`Expected ${expected}, got ${quote(text.slice(0, 16))}`);
  });
}

function version(path: string): EvidenceFile<string> {
  return oneWord(path, "a version such as 1.5.06", /^\d+(\.\d+){1,4}$/);
}

/** A file that switches something or says that it is on: Y or N, for other kernels 1 or 0. */
function onOff(path: string): EvidenceFile<boolean> {
  const { read, ...file } = oneWord(path, "Y, N, 1 or 0", /^[YN10]$/);
  return { ...file, read: async (bytes) => /[Y1]/.test(await read(bytes)) };
}

/** A file that may hold a number; `pattern` captures it. */
function oneNumber(path: string, pattern: RegExp): EvidenceFile<number | undefined> {
  return small(path, (text) => {
    const digits = pattern.exec(text)?.[1];
    return digits === undefined ? undefined : Number(digits);
  });
}

function small<T>(path: string, parse: (text: string) => T): EvidenceFile<T> {
  const read = async (bytes: AsyncIterable<Uint8Array>) => parse(await wholeText(bytes, 2 ** 20));
  return { path, name: `/${path}`, read };
}

/**
 * Reads the files of a machine, each as it comes.
 *
 * @throws {Error} If the source throws; a file that holds what it should not is unreadable instead.
 */
export async function gather(source: HostSource): Promise<Evidence> {
  const byPath = new Map(Object.entries(FILES).map(([item, file]) => [file.path, { item, file }]));
  const found: Record<string, Reading<unknown>> = {};
  const seenTrees = new Set<string>();
  for await (const opened of source.files([...byPath.keys()])) {
    const { item, file } = byPath.get(opened.path)!;
    found[item] = await read(file as EvidenceFile<unknown>, opened);
    if (opened.state === "present") seenTrees.add(treeOf(opened.path));
  }
  // Where nothing of a file system was seen, it may just not be mounted.
  for (const { item, file: { path } } of byPath.values()) {
    const tree = treeOf(path);
    if (found[item]!.state === "absent" && !seenTrees.has(tree)) {
      found[item] = { state: "unreadable", reason: `nothing of /${tree} was seen` };
    }
  }
  return found as unknown as Evidence;
}

/** The file system that a path belongs to: `proc` or `sys`. */
function treeOf(path: string): string {
  return path.split("/", 1)[0]!;
}

async function read<T>(file: EvidenceFile<T>, opened: HostFile): Promise<Reading<T>> {
  if (opened.state === "absent") return { state: "absent" };
  if (opened.state === "unreadable") return { state: "unreadable", reason: opened.reason };
  try {
    return { state: "read", value: await file.read(opened.bytes) };
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
    return { state: "unreadable", reason: error.message };
  }
}
