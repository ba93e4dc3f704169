import { type Platform, requirePlatform } from "@tdx/core";
import { requireArray } from "@tdx/core/arguments";
import type { Audit } from "./audit_types.ts";
import { runChecks } from "./checks/all.ts";
import { gather } from "./readers/evidence.ts";
import { drawFacts } from "./judge/facts.ts";
import { valueOf } from "./readers/reading.ts";
import type { HostSource } from "./sources/host_source.ts";
import { requireSource } from "./source_arguments.ts";
import { judge } from "./judge/verdict.ts";

/**
 * Audits a machine: is its silicon affected by the erratum, what does its kernel do about it, and
 * what does that come to.
 *
 * The answer depends on what the source holds and on nothing else. A file that is missing, cut or
 * malformed makes the checks that need it `unknown`; it never makes them `ok`.
 *
 * @param source Where to read: {@link liveSource}, {@link folderSource}, {@link archiveSource}.
 * @param platforms The platforms to choose from, the fallback among them.
 * @returns The verdict, and the checks it rests on.
 * @throws {TypeError} Where the source is none, or a platform not one of `definePlatform`.
 * @throws {RangeError} Where a platform was made for another contract, or several claim the CPU or
 * none does; and what the source throws.
 *
 * @example A host of which only the CPU is known
 * ```ts
 * import { audit, type HostSource } from "@tdx/host";
 * import { spr } from "@tdx/platform-spr";
 * import { assertEquals } from "@std/assert";
 *
 * const cpuinfo = "processor : 0\nvendor_id : GenuineIntel\ncpu family : 6\nmodel : 143\n" +
 *   "stepping : 8\nflags : fpu\nbugs : spectre_v1\n";
 * const source: HostSource = {
 *   async *files(paths) {
 *     for (const path of paths) {
 *       yield path === "proc/cpuinfo"
 *         ? { path, state: "present", bytes: new Blob([cpuinfo]).stream() }
 *         : { path, state: "unreadable", reason: "permission denied" };
 *     }
 *   },
 * };
 *
 * const { verdict, checks } = await audit(source, [spr]);
 * assertEquals(verdict, "unknown");
 * assertEquals(checks.find(({ id }) => id === "cpu.erratum")?.result, "affected");
 * ```
 */
export async function audit(source: HostSource, platforms: readonly Platform[]): Promise<Audit> {
  requireSource("source", source);
  requireArray("platforms", platforms, requirePlatform);
  const evidence = await gather(source);
  const facts = drawFacts(evidence, platforms);
  const host = valueOf(evidence.hostName);
  return {
    ...(host !== undefined && { host }),
    platform: facts.platform?.name ?? (facts.otherCpu === undefined ? "unknown" : "none"),
    kernel: facts.kernel.value,
    ...judge(facts),
    checks: runChecks(facts),
  };
}
