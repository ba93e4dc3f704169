import type { Platform } from "@tdx/core/plugin";
import {
  type CpuIdentity,
  matchPlatform,
  parseCpuinfo,
  parseCpuText,
  whyNoTdHost,
} from "@tdx/host/cpu";
import { type Kernel, linux, NEWEST_LINUX } from "@tdx/linux/kernel";
import { HOST_KEYS, POLICIES } from "@tdx/reclaim/decide";
import { PLATFORMS } from "../platforms.ts";
import { showText } from "@tdx/core/text";
import { readInput } from "./input.ts";
import type { Options, OptionTable } from "./options.ts";
import { requireGranted } from "./permissions.ts";
import type { Stdio } from "./stdio.ts";
import { pick, UsageError } from "./values.ts";

/** The names of the platforms, as an option takes them. */
export const PLATFORM_NAMES: string = PLATFORMS.map(({ name }) => name).join("|");

/** The options that say which machine is meant. */
export const MACHINE_OPTIONS: OptionTable = {
  platform: { value: PLATFORM_NAMES, help: "the platform; default: read it from the machine" },
  cpuinfo: {
    value: "FILE",
    help: "read the CPU from /proc/cpuinfo, lscpu [-J], or what --cpuid takes; - is standard input",
  },
  cpuid: {
    value: "FILE",
    help: "read the CPU from a CPUID dump, cpuid, kcpuid, CPU-Z or AIDA64, known by its content",
  },
};

/** The option that says which kernel is meant. */
export const KERNEL_OPTION: OptionTable = {
  kernel: {
    value: "VERSION",
    help: `the kernel: a version, or what uname -r prints; default ${NEWEST_LINUX}`,
  },
};

/** The options that say how a host clears. */
export const CLEARING_OPTIONS: OptionTable = {
  ...KERNEL_OPTION,
  "host-keys": {
    value: HOST_KEYS.join("|"),
    help: "the KeyIDs the host uses; default keyid0",
  },
  policy: {
    value: POLICIES.join("|"),
    help: "clear so, instead of as the kernel does; quirk: only with the erratum",
  },
};

/**
 * Reads `--kernel`.
 *
 * @returns The kernel, or `undefined` where none is named.
 * @throws {UsageError} If it is not a version of Linux, or one that hosts no TDs.
 */
export function namedKernel(options: Options): Kernel | undefined {
  const release = options.text("kernel");
  if (release === undefined) return undefined;
  try {
    return linux(release);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(error.message.replace("Expected release", "Expected --kernel"));
  }
}

/** A platform, and the CPU it was recognised by where one was read. */
export interface ChosenMachine {
  readonly platform: Platform;
  readonly cpu?: CpuIdentity;
  /** Why it can host no TD; `null` where nothing that was read speaks against it. */
  readonly noTdHost: string | null;
}

/**
 * Finds the platform that the options name, or that the CPU they point at belongs to.
 *
 * @param options Without any of {@link MACHINE_OPTIONS} it is this machine.
 * @throws {UsageError} If more than one machine is named or none can be read.
 */
export async function findMachine(options: Options, stdio: Stdio): Promise<ChosenMachine> {
  const given = options.among(Object.keys(MACHINE_OPTIONS));
  if (given.length > 1) {
    throw new UsageError(
      `Expected one of --platform, --cpuinfo, --cpuid, got --${given.join(" --")}`,
    );
  }
  const name = options.text("platform");
  if (name !== undefined) return { platform: platformNamed(name), noTdHost: null };
  const cpu = await namedCpu(options, stdio);
  if (cpu.vendor !== "GenuineIntel") {
    throw new UsageError(
      `Expected an Intel CPU, for TDX exists only there, got ${
        showText(cpu.brand ?? cpu.vendor)
      } ` +
        `(${showText(cpu.vendor)}, ${cpuModel(cpu)}); ${ANOTHER_MACHINE}`,
    );
  }
  const platform = matchPlatform(cpu, PLATFORMS);
  return { platform, cpu, noTdHost: whyNoTdHost(cpu, platform) };
}

/** What to try where this machine does not do. */
const ANOTHER_MACHINE =
  "name a platform, as in --platform emr, or give --cpuinfo or --cpuid of a host";

/** Finds a platform by its name; an unknown one is refused. */
export function platformNamed(name: string): Platform {
  return pick("--platform", name, Object.fromEntries(PLATFORMS.map((p) => [p.name, p])));
}

/** A CPU model in words: `family 6 model 0x8f`. */
export function cpuModel({ family, model }: CpuIdentity): string {
  return `family ${family} model 0x${model.toString(16)}`;
}

/**
 * Reads this machine's CPU. Deno reads no `/proc` without all permissions, so `cat` does, with
 * `--allow-run=cat`.
 *
 * @throws {UsageError} If there is no `/proc/cpuinfo` to read.
 */
export async function thisCpu(): Promise<CpuIdentity> {
  try {
    requireGranted({ name: "run", command: "cat" });
    const cat = new Deno.Command("cat", { args: ["/proc/cpuinfo"], stderr: "null" });
    const { success, stdout } = await cat.output();
    if (success) return parseCpuinfo(new TextDecoder().decode(stdout), "/proc/cpuinfo");
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) {
      throw new UsageError(
        `Reading this machine's CPU needs the program cat and --allow-run=cat; or ${ANOTHER_MACHINE}`,
      );
    }
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  throw new UsageError(
    `Expected a readable /proc/cpuinfo on this machine (${Deno.build.os}); ${ANOTHER_MACHINE}`,
  );
}

async function namedCpu(options: Options, stdio: Stdio): Promise<CpuIdentity> {
  // Two names for one: what the file holds decides.
  const file = options.text("cpuid") ?? options.text("cpuinfo");
  return file === undefined ? await thisCpu() : parseCpuText(await readInput(file, stdio), file);
}
