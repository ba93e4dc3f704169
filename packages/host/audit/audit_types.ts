/**
 * How a check came out.
 *
 * - `ok`: nothing to worry about.
 * - `affected`: something to know or to act on.
 * - `unknown`: what was there to read does not tell.
 * - `not applicable`: the question does not arise on this machine.
 *
 * @example How the checks of a host came out that has no Intel CPU
 * ```ts
 * import { audit, type CheckResult, type Source } from "@tdx/host";
 * import { assertEquals } from "@std/assert";
 *
 * const cpuinfo = "processor : 0\nvendor_id : AuthenticAMD\ncpu family : 25\nmodel : 17\n" +
 *   "stepping : 1\n";
 * const source: Source = {
 *   async *files(paths) {
 *     for (const path of paths) {
 *       yield path === "proc/cpuinfo"
 *         ? { path, state: "present", bytes: new Blob([cpuinfo]).stream() }
 *         : { path, state: "absent" };
 *     }
 *   },
 * };
 *
 * const { checks } = await audit(source, []);
 * const results = new Map<string, CheckResult>(checks.map(({ id, result }) => [id, result]));
 * assertEquals(results.get("cpu.erratum"), "not applicable");
 * ```
 */
export type CheckResult = "ok" | "affected" | "unknown" | "not applicable";

/**
 * A check of an {@link Audit}.
 *
 * @example
 * ```ts
 * import { audit, type AuditCheck, type Source } from "@tdx/host";
 * import { emr } from "@tdx/platform-emr";
 * import { assertEquals } from "@std/assert";
 *
 * const cpuinfo = "processor : 0\nvendor_id : GenuineIntel\ncpu family : 6\nmodel : 207\n" +
 *   "stepping : 2\nflags : fpu\nbugs : spectre_v1 tdx_pw_mce\n";
 * const source: Source = {
 *   async *files(paths) {
 *     for (const path of paths) {
 *       yield path === "proc/cpuinfo"
 *         ? { path, state: "present", bytes: new Blob([cpuinfo]).stream() }
 *         : { path, state: "unreadable", reason: "permission denied" };
 *     }
 *   },
 * };
 *
 * const { checks } = await audit(source, [emr]);
 * const check: AuditCheck | undefined = checks.find(({ id }) => id === "cpu.flag");
 * assertEquals([check?.result, check?.source], ["ok", "/proc/cpuinfo"]);
 * ```
 */
export interface AuditCheck {
  /** A stable name, one of {@link AUDIT_CHECKS}. */
  readonly id: string;
  /** How it came out. */
  readonly result: CheckResult;
  /** What was seen, or why nothing was. */
  readonly seen: string;
  /** Where it was seen. */
  readonly source: string;
  /** What it means; assumptions are named here. */
  readonly meaning: string;
  /** What to do; empty where there is nothing to do. */
  readonly fix: string;
}

/**
 * What a kernel does with a page that it takes back from a TD; see {@link KERNEL_BEHAVIOURS}.
 *
 * @example The symbol tells, whatever the version says
 * ```ts
 * import { audit, type KernelBehaviour, type Source } from "@tdx/host";
 * import { assertEquals } from "@std/assert";
 *
 * const texts: Record<string, string> = {
 *   "proc/sys/kernel/osrelease": "6.12.0-vendor\n",
 *   "proc/kallsyms": "0000000000000000 t tdx_quirk_reset_paddr\n",
 * };
 * const source: Source = {
 *   async *files(paths) {
 *     for (const path of paths) {
 *       const text = texts[path];
 *       yield text === undefined
 *         ? { path, state: "unreadable", reason: "permission denied" }
 *         : { path, state: "present", bytes: new Blob([text]).stream() };
 *     }
 *   },
 * };
 *
 * const kernel: KernelBehaviour = (await audit(source, [])).kernel;
 * assertEquals(kernel, "clears-on-erratum");
 * ```
 */
export type KernelBehaviour = "clears-always" | "clears-on-erratum" | "no-tdx" | "unknown";

/**
 * All kernel behaviours.
 *
 * - `clears-always`: every page, whatever the silicon (Linux 8d032b683c299, 6.16 and 6.17).
 * - `clears-on-erratum`: only where the kernel lists `tdx_pw_mce` (Linux 01fb93a363e0, 6.18).
 * - `no-tdx`: it hosts no TDs.
 * - `unknown`: could not tell.
 *
 * @example
 * ```ts
 * import { KERNEL_BEHAVIOURS } from "@tdx/host";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(KERNEL_BEHAVIOURS.includes("clears-on-erratum"), true);
 * ```
 */
export const KERNEL_BEHAVIOURS: readonly KernelBehaviour[] = [
  "clears-always",
  "clears-on-erratum",
  "no-tdx",
  "unknown",
];

/**
 * What it comes to.
 *
 * - `not-concerned`: no TDs are hosted here.
 * - `fine`: the silicon needs no clearing, and the kernel does none.
 * - `pays-rightly`: the silicon has the erratum, and the kernel clears.
 * - `pays-needlessly`: the silicon needs no clearing, and the kernel clears.
 * - `at-risk`: the silicon has the erratum, and the kernel does not clear.
 * - `unknown`: could not tell.
 *
 * @example Which ones an operator can do something about
 * ```ts
 * import { type Verdict, VERDICT_ADVICE } from "@tdx/host";
 * import { assertEquals } from "@std/assert";
 *
 * const verdicts = Object.keys(VERDICT_ADVICE) as Verdict[];
 * const idle = verdicts.filter((verdict) => VERDICT_ADVICE[verdict].startsWith("Nothing to do"));
 *
 * assertEquals(idle, ["not-concerned", "fine"]);
 * ```
 */
export type Verdict =
  | "not-concerned"
  | "fine"
  | "pays-rightly"
  | "pays-needlessly"
  | "at-risk"
  | "unknown";

/**
 * What an audit found.
 *
 * @example Of a machine that lets nothing be read
 * ```ts
 * import { type Audit, audit, AUDIT_CHECKS, type Source } from "@tdx/host";
 * import { assertEquals } from "@std/assert";
 *
 * const nothing: Source = {
 *   async *files(paths) {
 *     for (const path of paths) yield { path, state: "unreadable", reason: "permission denied" };
 *   },
 * };
 *
 * const found: Audit = await audit(nothing, []);
 * assertEquals([found.platform, found.kernel, found.verdict], ["unknown", "unknown", "unknown"]);
 * assertEquals(found.checks.length, AUDIT_CHECKS.length);
 * ```
 */
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
