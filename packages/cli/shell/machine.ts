import type { Platform } from "@tdx/core/plugin";
import { type Kernel, linux, NEWEST_LINUX } from "@tdx/linux/kernel";
import { HOST_KEYS, POLICIES } from "@tdx/reclaim/decide";
import { PLATFORMS } from "../platforms.ts";
import type { ChosenMachine } from "./cpu.ts";
import type { Options, OptionTable } from "./options.ts";
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
  // Loaded where a CPU is to be read, so that a command that is told the platform starts sooner.
  const { readMachine } = await import("./cpu.ts");
  return await readMachine(options, stdio);
}

/** Finds a platform by its name; an unknown one is refused. */
export function platformNamed(name: string): Platform {
  return pick("--platform", name, Object.fromEntries(PLATFORMS.map((p) => [p.name, p])));
}
