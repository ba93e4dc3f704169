import type { Platform } from "@tdx/core/plugin";
import { showText } from "@tdx/core/text";
import {
  type CpuIdentity,
  matchPlatform,
  parseCpuinfo,
  parseCpuText,
  whyNoTdHost,
} from "@tdx/host/cpu";
import { PLATFORMS } from "../platforms.ts";
import { readInput } from "./input.ts";
import type { Options } from "./options.ts";
import { requireGranted } from "./permissions.ts";
import { cpuModel } from "./show.ts";
import type { Stdio } from "./stdio.ts";
import { UsageError } from "./values.ts";

/** A platform, and the CPU it was recognised by where one was read. */
export interface ChosenMachine {
  readonly platform: Platform;
  readonly cpu?: CpuIdentity;
  /** Why it can host no TD; `null` where nothing that was read speaks against it. */
  readonly noTdHost: string | null;
}

/** What to try where this machine does not do. */
const ANOTHER_MACHINE =
  "name a platform, as in --platform emr, or give --cpuinfo or --cpuid of a host";

/**
 * Finds the platform of the CPU that the options point at, or of this machine's.
 *
 * @throws {UsageError} If none can be read, or it is no Intel CPU.
 */
export async function readMachine(options: Options, stdio: Stdio): Promise<ChosenMachine> {
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
