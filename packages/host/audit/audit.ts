import { defined, type Platform, requirePlatform } from "@tdx/core";
import { requireOptions } from "@tdx/core/arguments";
import { parseRelease } from "@tdx/linux/kernel";
import { runChecks } from "./checks/audit_checks.ts";
import type { AuditCheck } from "./checks/check.ts";
import { drawFacts } from "./judge/facts.ts";
import type { KernelBehaviour } from "./judge/kernel_behaviour.ts";
import { judge, type Verdict } from "./judge/verdict.ts";
import { gather } from "./readers/evidence.ts";
import type { HostSource } from "./sources/host_source.ts";

/** What an audit found. */
export interface Audit {
  /** The machine's host name, where it was read. */
  readonly host?: string;
  /** The platform plugin; `none` for a CPU that cannot host TDs, `unknown` where none was told. */
  readonly platform: string;
  /** What the kernel does on reclaim. */
  readonly kernel: KernelBehaviour;
  /** What it comes to. */
  readonly verdict: Verdict;
  /** The verdict in a sentence. */
  readonly sentence: string;
  /** What to do about it. */
  readonly advice: string;
  /** The checks, in the order of {@link AUDIT_CHECKS}. */
  readonly checks: readonly AuditCheck[];
}

/**
 * Audits a machine: is its silicon affected by the erratum, what does its kernel do about it, and
 * what does that come to.
 *
 * The answer depends on what the source holds and on nothing else. A file that is missing, cut or
 * malformed makes the checks that need it `unknown`; it never makes them `ok`.
 *
 * @param source Where to read: {@link liveSource}, {@link folderSource}, {@link archiveSource}.
 * @param platforms The platforms to choose from, the fallback among them.
 * @param options `kernel`: a release as `uname -r` prints it, to be asked about instead of the
 * kernel that runs: the machine is as it was read, and the kernel as its version says.
 * @returns The verdict, and the checks it rests on.
 * @throws {TypeError} If a platform does not come from `definePlatform`, or an option is not known.
 * @throws {RangeError} If a platform was made for another contract, or several claim the CPU or
 * none does, or the kernel is not a version of Linux; and what the source throws.
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
export async function audit(
  source: HostSource,
  platforms: readonly Platform[],
  options: { readonly kernel?: string } = {},
): Promise<Audit> {
  platforms.forEach((platform, i) => requirePlatform(`platforms[${i}]`, platform));
  requireOptions("options", options, ["kernel"]);
  const { kernel } = options;
  const asked = kernel === undefined ? undefined : { text: kernel.trim(), ...parseRelease(kernel) };
  const facts = drawFacts(await gather(source), platforms, asked);
  return {
    ...defined({ host: facts.told.hostName }),
    platform: facts.platform?.name ?? (facts.otherCpu === undefined ? "unknown" : "none"),
    kernel: facts.kernel.value,
    ...judge(facts),
    checks: runChecks(facts),
  };
}
