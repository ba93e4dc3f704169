import { type Platform, requirePlatform } from "@tdx/core/plugin";
import { type CpuIdentity, cpuLabel } from "./cpu_identity.ts";

/**
 * Finds the platform of a CPU.
 *
 * Family and model alone decide, as in Linux (commit
 * [1e536e106897](https://git.kernel.org/torvalds/c/1e536e106897)): feature bits identify nothing,
 * for client parts have MOVDIR64B without being TDX hosts. An Intel CPU that no platform names gets
 * the fallback, the platform with an empty `cpus`, whose answers are assumed and never confirmed.
 *
 * @param cpu The CPU.
 * @param platforms The platforms to choose from, in any order.
 * @returns The platform that names the CPU's family and model, else the fallback.
 * @throws {TypeError} If a platform does not come from `definePlatform`.
 * @throws {RangeError} If a platform was made for another contract, the CPU is not a GenuineIntel,
 * several platforms claim it, or none does and there is no fallback.
 *
 * @example A model that a platform names, and one that none does
 * ```ts
 * import { matchPlatform } from "@tdx/host/cpu";
 * import { generic } from "@tdx/platform-generic";
 * import { gnr } from "@tdx/platform-gnr";
 * import { assertEquals } from "@std/assert";
 *
 * const cpu = { vendor: "GenuineIntel", family: 6, model: 0xad, stepping: 1 };
 *
 * assertEquals(matchPlatform(cpu, [gnr, generic]), gnr);
 * assertEquals(matchPlatform({ ...cpu, model: 0x97 }, [gnr, generic]), generic);
 * ```
 */
export function matchPlatform(cpu: CpuIdentity, platforms: readonly Platform[]): Platform {
  platforms.forEach((platform, i) => requirePlatform(`platforms[${i}]`, platform));
  if (cpu.vendor !== "GenuineIntel") {
    const brand = cpu.brand === undefined ? "" : ` (${cpu.brand})`;
    throw new RangeError(
      `Expected a GenuineIntel CPU, TDX exists only there, got ${cpuLabel(cpu)}${brand}`,
    );
  }
  const named = platforms.filter(({ cpus }) =>
    cpus.some(({ family, model }) => family === cpu.family && model === cpu.model)
  );
  const found = named.length > 0 ? named : platforms.filter(({ cpus }) => cpus.length === 0);
  const [platform] = found;
  if (platform === undefined || found.length > 1) {
    throw new RangeError(
      `Expected one platform for ${cpuLabel(cpu)}, got ${
        found.map(({ name }) => name).join(" and ") || "none, and no fallback"
      }`,
    );
  }
  return platform;
}

/**
 * Says why a machine can host no TD, as far as its CPU tells.
 *
 * A guest has no SEAM mode, whatever CPU it shows; and a CPU that no platform names is one that no
 * source known here calls a TDX host, as are all client parts and Ice Lake.
 *
 * @param cpu The CPU.
 * @param platform Its platform, as {@link matchPlatform} finds it.
 * @returns Why not, in a sentence; `null` where nothing speaks against it.
 *
 * @example
 * ```ts
 * import { whyNoTdHost } from "@tdx/host/cpu";
 * import { emr } from "@tdx/platform-emr";
 * import { assertEquals, assertMatch } from "@std/assert";
 *
 * const cpu = { vendor: "GenuineIntel", family: 6, model: 0xcf, stepping: 2 };
 * assertEquals(whyNoTdHost(cpu, emr), null);
 * assertMatch(whyNoTdHost({ ...cpu, hypervisor: true }, emr)!, /^a guest/);
 * ```
 */
export function whyNoTdHost(cpu: CpuIdentity, platform: Platform): string | null {
  if (cpu.hypervisor === true) {
    return "a guest of a hypervisor, which has no TDX to host with; what follows is about a host " +
      "with the CPU that it shows";
  }
  return platform.cpus.length > 0
    ? null
    : `no source known here names ${
      cpuLabel(cpu)
    } as a TDX host; what follows is for a CPU without ` +
      "the erratum";
}
