import type { Platform } from "@tdx/core";
import { type CpuIdentity, matchPlatform, parseCpuidDump, parseCpuinfo } from "@tdx/host/cpu";
import type { Options } from "./options.ts";
import { platformNamed } from "./platform_named.ts";
import { PLATFORMS } from "./platforms.ts";
import { readInput } from "./read_input.ts";
import { requireGranted } from "./require_granted.ts";
import { UsageError } from "./usage_error.ts";

/** The options that say which machine is meant. */
export const MACHINE_OPTIONS = {
  platform: { value: "NAME", help: "the platform; default: read it from the machine" },
  cpuinfo: {
    value: "FILE",
    help: "read the CPU from a copy of /proc/cpuinfo; - is standard input",
  },
  cpuid: {
    value: "FILE",
    help: "read the CPU from a CPUID dump (or cpuid -r); - is standard input",
  },
} as const;

/** A platform, and the CPU it was recognised by where one was read. */
export interface Machine {
  readonly platform: Platform;
  readonly cpu?: CpuIdentity;
}

/**
 * Finds the platform that the options name, or that the CPU they point at belongs to.
 *
 * @param options What was typed; without any of {@link MACHINE_OPTIONS}, this machine.
 * @returns The platform.
 * @throws {UsageError} Where more than one machine is named or none can be read.
 */
export async function findMachine(options: Options): Promise<Machine> {
  const given = Object.keys(MACHINE_OPTIONS).filter((name) => options.text(name) !== undefined);
  if (given.length > 1) {
    throw new UsageError(
      `Expected one of --platform, --cpuinfo, --cpuid, got --${given.join(" --")}`,
    );
  }
  const name = options.text("platform");
  if (name !== undefined) return { platform: platformNamed(name) };
  const cpu = await readCpu(options);
  return { platform: matchPlatform(cpu, PLATFORMS), cpu };
}

/** A CPU model in words: `family 6 model 0x8f`. */
export function cpuModel({ family, model }: CpuIdentity): string {
  return `family ${family} model 0x${model.toString(16)}`;
}

/**
 * Reads this machine's CPU.
 *
 * @returns What `/proc/cpuinfo` says.
 * @throws {UsageError} Where there is no `/proc/cpuinfo` to read.
 */
export async function readThisCpu(): Promise<CpuIdentity> {
  return parseCpuinfo(await catCpuinfo(), "/proc/cpuinfo");
}

async function readCpu(options: Options): Promise<CpuIdentity> {
  const dump = options.text("cpuid");
  if (dump !== undefined) return parseCpuidDump(await readInput(dump), dump);
  const cpuinfo = options.text("cpuinfo");
  if (cpuinfo !== undefined) return parseCpuinfo(await readInput(cpuinfo), cpuinfo);
  return await readThisCpu();
}

/** Deno reads no `/proc` without all permissions, so `cat` does, with `--allow-run=cat`. */
async function catCpuinfo(): Promise<string> {
  const hint = "name one with --platform, or give --cpuinfo or --cpuid";
  try {
    requireGranted({ name: "run", command: "cat" });
    const cat = new Deno.Command("cat", { args: ["/proc/cpuinfo"], stderr: "null" });
    const { success, stdout } = await cat.output();
    if (success) return new TextDecoder().decode(stdout);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) {
      throw new UsageError(
        `Reading this machine's CPU needs the program cat and --allow-run=cat; or ${hint}`,
      );
    }
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  throw new UsageError(
    `Expected a readable /proc/cpuinfo on this machine (${Deno.build.os}); ${hint}`,
  );
}
