import type { HostFile, HostSource } from "../sources/host_source.ts";
import { wholeText } from "./byte_text.ts";
import { type KernelLogSummary, summarizeKernelLog } from "./kernel_log.ts";
import { type KernelSymbols, readKernelSymbols } from "./kernel_symbols.ts";
import { type Msrs, readMsrs } from "./msrs.ts";
import { type Reading, UnreadableError } from "./reading.ts";
import {
  type CpuinfoReading,
  type KernelRelease,
  readCpuinfo,
  readHardwareCorrupted,
  readHostName,
  readKernelRelease,
  readKeyIdCapacity,
  readMachineCheckCount,
  readModuleVersion,
  readSwitch,
  readWholeNumber,
} from "./small_files.ts";

/** What the files of a machine say. */
export interface Evidence {
  readonly cpuinfo: Reading<CpuinfoReading>;
  readonly release: Reading<KernelRelease>;
  readonly hostName: Reading<string>;
  readonly symbols: Reading<KernelSymbols>;
  readonly log: Reading<KernelLogSummary>;
  readonly msrs: Reading<Msrs>;
  /** Whether KVM offers TDs: parameter `tdx` of kvm_intel. */
  readonly kvmTdx: Reading<boolean>;
  /** KeyIDs for TDs by the misc cgroup; `undefined` where it names no TDX. */
  readonly capacity: Reading<number | undefined>;
  readonly moduleVersion: Reading<string>;
  /** 1 where a crash kernel is loaded. */
  readonly crashKernel: Reading<number>;
  /** Machine-check exceptions since boot; `undefined` where they are not counted. */
  readonly machineChecks: Reading<number | undefined>;
  /** Memory retired by the kernel, in KiB. */
  readonly hardwareCorrupted: Reading<number | undefined>;
}

interface EvidenceFile<T> {
  /** As a {@link HostSource} knows it. */
  readonly path: string;
  /** As people know it. */
  readonly name: string;
  read(bytes: AsyncIterable<Uint8Array>): Promise<T>;
}

type Value<R> = R extends { readonly state: "read"; readonly value: infer T } ? T : never;

/** The files an audit reads; `collect.sh` copies the same. */
export const FILES: {
  readonly [Item in keyof Evidence]: EvidenceFile<Value<Evidence[Item]>>;
} = {
  cpuinfo: { path: "proc/cpuinfo", name: "/proc/cpuinfo", read: readCpuinfo },
  release: small("proc/sys/kernel/osrelease", readKernelRelease),
  hostName: small("proc/sys/kernel/hostname", readHostName),
  symbols: { path: "proc/kallsyms", name: "/proc/kallsyms", read: readKernelSymbols },
  log: { path: "dmesg", name: "the kernel log", read: summarizeKernelLog },
  msrs: { ...small("msr", readMsrs), name: "the registers (MSRs)" },
  kvmTdx: small("sys/module/kvm_intel/parameters/tdx", readSwitch),
  capacity: small("sys/fs/cgroup/misc.capacity", readKeyIdCapacity),
  moduleVersion: small("sys/devices/faux/tdx_host/version", readModuleVersion),
  crashKernel: small("sys/kernel/kexec_crash_loaded", readWholeNumber),
  machineChecks: {
    path: "proc/interrupts",
    name: "/proc/interrupts",
    read: readMachineCheckCount,
  },
  hardwareCorrupted: small("proc/meminfo", readHardwareCorrupted),
};

/** Names files in a sentence. */
export function namesOf(...items: readonly (keyof Evidence)[]): string {
  return items.map((item) => FILES[item].name).join(", ");
}

function small<T>(path: string, parse: (text: string) => T): EvidenceFile<T> {
  const read = async (bytes: AsyncIterable<Uint8Array>) => parse(await wholeText(bytes, 2 ** 20));
  return { path, name: `/${path}`, read };
}

/**
 * Reads the files of a machine, each as it comes.
 *
 * @throws whatever the source throws; a file that holds what it should not is unreadable instead
 */
export async function gather(source: HostSource): Promise<Evidence> {
  const byPath = new Map(Object.entries(FILES).map(([item, file]) => [file.path, { item, file }]));
  const found: Record<string, Reading<unknown>> = {};
  for await (const opened of source.files([...byPath.keys()])) {
    const { item, file } = byPath.get(opened.path)!;
    found[item] = await read(file as EvidenceFile<unknown>, opened);
  }
  return found as unknown as Evidence;
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
