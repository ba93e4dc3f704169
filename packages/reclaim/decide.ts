/**
 * Whether to clear: the small part of `@tdx/reclaim`, for programs that must start quickly.
 *
 * @example
 * ```ts
 * import { decide } from "@tdx/reclaim/decide";
 * import { gnr } from "@tdx/platform-gnr";
 * import { assertEquals } from "@std/assert";
 *
 * const { clear, needed, confidence } = decide({ platform: gnr });
 * assertEquals([clear, needed, confidence], [false, false, "confirmed"]);
 * ```
 *
 * @module
 */
import { outOfRange, requireOneOf, requireOptions } from "@tdx/core/arguments";
import { type Platform, requirePlatform, sourceUrl, TDX_PW_MCE } from "@tdx/core/plugin";
import { type Mode, MODES, type RuleId, ruleText } from "@tdx/core/rules";
import { type Kernel, linux } from "@tdx/linux/kernel";

/** Which KeyIDs a host maps its own memory with: Linux uses only KeyID 0. */
export type HostKeys = "keyid0" | "shared" | "shared-integrity";

/**
 * When a host clears: whatever the silicon (Linux 6.16, 6.17), only where it lists the erratum (from
 * 6.18 on), or not at all to show what goes wrong.
 */
export type Policy = "always" | "quirk" | "never";

/** All host KeyID kinds. */
export const HOST_KEYS: readonly HostKeys[] = ["keyid0", "shared", "shared-integrity"];

/** All policies. */
export const POLICIES: readonly Policy[] = ["always", "quirk", "never"];

/** Whose way each policy is. */
export const POLICY_KERNELS: Readonly<Record<Policy, string>> = {
  always: "Linux 6.16 and 6.17",
  quirk: "Linux from 6.18 on",
  never: "no Linux",
};

/** What {@link decide} is asked. */
export interface DecideOptions {
  /** The platform the host runs on. */
  readonly platform: Platform;
  /** The KeyIDs the host uses; default `keyid0`, as Linux. */
  readonly hostKeys?: HostKeys;
  /** The kernel, or its version; default the newest released one. */
  readonly kernel?: Kernel | string;
  /** The clearing policy instead of the kernel's own. */
  readonly policy?: Policy;
  /** The integrity mode, if it is known; unknown counts as the stricter `Ci`. */
  readonly mode?: Mode;
}

/** Where something was read. */
export interface Citation {
  /** In words. */
  readonly text: string;
  /** Its address; `null` where nothing that is read there has one. */
  readonly url: string | null;
}

/** Whether reclaimed pages are cleared, whether they must be, and why. */
export interface Decision {
  /** Name of the platform plugin. */
  readonly platform: string;
  /** The KeyIDs the host uses. */
  readonly hostKeys: HostKeys;
  /** The kernel's version or name. */
  readonly kernel: string;
  /** What to mind about the kernel; absent where there is nothing. */
  readonly kernelNote?: string;
  /** The clearing policy: the one that was asked for, else the kernel's own. */
  readonly policy: Policy | "unknown";
  /** Whether the host clears here; `null` where nothing tells what the kernel does. */
  readonly clear: boolean | null;
  /** Whether the rules demand clearing here, whatever the policy says. */
  readonly needed: boolean;
  /** Whether a machine check is open to the host: needed, and not known to be done. */
  readonly hazard: boolean;
  /** Why, in a sentence or two. */
  readonly reason: string;
  /** `confirmed` where sources name this platform's CPUs, else `assumed`. */
  readonly confidence: "confirmed" | "assumed";
  /** Ids of the rules that decide. */
  readonly rules: readonly RuleId[];
  /** Where the rules and the platform's facts were read. */
  readonly sources: readonly Citation[];
}

/** A decision of which is known whether the host clears. */
export interface SettledDecision extends Decision {
  /** The clearing policy. */
  readonly policy: Policy;
  /** Whether the host clears here. */
  readonly clear: boolean;
}

const DECIDE_OPTIONS: readonly (keyof DecideOptions)[] = [
  "platform",
  "hostKeys",
  "kernel",
  "policy",
  "mode",
];

/** Why clearing is or is not needed: the one place where the three answers are worded. */
interface Need {
  readonly needed: boolean;
  readonly rules: readonly RuleId[];
  readonly why: (platform: Platform) => string;
}

const ERRATUM: Need = {
  needed: true,
  rules: ["W5", "R0"],
  why: ({ title }) =>
    `${title} has the erratum ${TDX_PW_MCE}: a partial write to a line a TD owned poisons it ` +
    "silently, and the next read is a machine check, with KeyID 0 too",
};
const INTEGRITY_KEY: Need = {
  needed: true,
  rules: ["C6"],
  why: () =>
    "In Ci mode the first load of a TD-owned line with a shared KeyID that has integrity fails " +
    "its check and is a machine check",
};
const NOT_NEEDED: Need = {
  needed: false,
  rules: ["C8", "L4", "W3", "W4"],
  why: ({ title, cpus, confidence }) =>
    (confidence === "confirmed"
      ? `${title} does not have the erratum ${TDX_PW_MCE}`
      : cpus.length > 0
      ? `${title} is assumed, not confirmed, to be without the erratum ${TDX_PW_MCE}`
      : `No erratum is known for this CPU, which is assumed and not confirmed`) +
    "; without integrity the host reads old private lines as zeros, and any full write converts them",
};

/**
 * Decides whether pages reclaimed from a TD are cleared, and says whether they must be.
 *
 * `clear` is what the kernel does, or what the policy says that is given instead. From 6.18 on
 * Linux reads the bug flag X86_BUG_TDX_PW_MCE (commit
 * [01fb93a363e0](https://git.kernel.org/torvalds/c/01fb93a363e0)), here that of the platform, and
 * looks at nothing else. `needed` follows the rules. Poison of other origin (a hardware fault the
 * TD never consumed) is outside this decision: it survives a skipped clear, like any other hardware
 * poison.
 *
 * @param options Platform, host KeyIDs, kernel, policy and mode.
 * @returns The decision with its reason, rule ids and sources.
 * @throws {TypeError} If `definePlatform` did not return the platform, neither `linux` nor
 * `defineLinux` the kernel, or an option is not known.
 * @throws {RangeError} If the platform was made for another contract, or host KeyIDs, policy or mode
 * are not known, or the kernel is no version of Linux that can host TDs.
 *
 * @example
 * ```ts
 * import { decide } from "@tdx/reclaim";
 * import { gnr } from "@tdx/platform-gnr";
 * import { spr } from "@tdx/platform-spr";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(decide({ platform: spr }).clear, true);
 * assertEquals(decide({ platform: gnr }).clear, false);
 * const { clear, needed } = decide({ platform: gnr, kernel: "6.17" });
 * assertEquals([clear, needed], [true, false]);
 * assertEquals(decide({ platform: spr, policy: "never" }).hazard, true);
 * ```
 */
export function decide(options: DecideOptions): Decision {
  requireOptions("options", options, DECIDE_OPTIONS);
  const { platform, hostKeys = "keyid0", mode = "Ci" } = options;
  requirePlatform("platform", platform);
  requireOneOf("hostKeys", hostKeys, HOST_KEYS);
  const kernel = linux(options.kernel);
  const policy = options.policy ?? kernel.reset;
  requireOneOf("mode", mode, MODES);

  const need = needOf(platform, hostKeys, mode);
  const clear = policy === "unknown" ? null : policyClears(policy, platform);
  return {
    platform: platform.name,
    hostKeys,
    kernel: kernel.version,
    ...(kernel.note === undefined ? {} : { kernelNote: kernel.note }),
    policy,
    clear,
    needed: need.needed,
    hazard: need.needed && !clear,
    reason: `${need.why(platform)}. ${action(clear, need.needed, who(options.policy, kernel))}`,
    confidence: platform.confidence,
    rules: need.rules,
    sources: sourcesOf(platform, kernel, need),
  };
}

/**
 * Decides the same, where it must be known whether the host clears.
 *
 * @param options Platform, host KeyIDs, kernel, policy and mode.
 * @returns The decision.
 * @throws {TypeError} As {@link decide} does.
 * @throws {RangeError} As {@link decide} does, and if neither kernel nor policy tells.
 *
 * @example
 * ```ts
 * import { settledDecision } from "@tdx/reclaim";
 * import { gnr } from "@tdx/platform-gnr";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(settledDecision({ platform: gnr, kernel: "6.17" }).clear, true);
 * assertThrows(() => settledDecision({ platform: gnr, kernel: "6.8.0-1014-intel" }), RangeError);
 * ```
 */
export function settledDecision(options: DecideOptions): SettledDecision {
  const decision = decide(options);
  const { clear, policy, kernel } = decision;
  if (clear === null || policy === "unknown") {
    throw outOfRange("kernel", "one that is known to clear or not, or a policy", kernel);
  }
  return { ...decision, clear, policy };
}

/**
 * Says whether a policy clears on a platform.
 *
 * @param policy The policy.
 * @param platform The platform.
 * @returns Whether it clears reclaimed pages there.
 * @throws {TypeError} If the platform is not one of `definePlatform`.
 * @throws {RangeError} If the policy is not known.
 *
 * @example
 * ```ts
 * import { policyClears } from "@tdx/reclaim";
 * import { gnr } from "@tdx/platform-gnr";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([policyClears("always", gnr), policyClears("quirk", gnr)], [true, false]);
 * ```
 */
export function policyClears(policy: Policy, platform: Platform): boolean {
  requireOneOf("policy", policy, POLICIES);
  requirePlatform("platform", platform);
  return policy === "always" || (policy === "quirk" && platform.bugs.includes(TDX_PW_MCE));
}

function needOf(platform: Platform, hostKeys: HostKeys, mode: Mode): Need {
  if (platform.bugs.includes(TDX_PW_MCE)) return ERRATUM;
  return hostKeys === "shared-integrity" && mode === "Ci" ? INTEGRITY_KEY : NOT_NEEDED;
}

/** Who decides: the policy that was asked for, or the kernel. */
function who(policy: Policy | undefined, { version }: Kernel): string {
  return policy === undefined ? `Linux ${version}` : `Policy ${policy}`;
}

function action(clear: boolean | null, needed: boolean, who: string): string {
  if (clear === null) return `Whether ${who} clears is not known`;
  if (clear) return needed ? `${who} clears` : `${who} clears all the same, needlessly`;
  return needed ? `${who} skips the clearing: a hazard` : `${who} skips the clearing`;
}

/** The last answers for each need: they are put together once for a platform and a kernel. */
const lastSources = new Map<
  Need,
  { platform: Platform; kernel: Kernel; sources: readonly Citation[] }
>();

function sourcesOf(platform: Platform, kernel: Kernel, need: Need): readonly Citation[] {
  const last = lastSources.get(need);
  if (last?.platform === platform && last.kernel === kernel) return last.sources;
  const sources = Object.freeze([
    ...platform.sources.map((source) =>
      cited(`${source.document} ${source.at}`, sourceUrl(source))
    ),
    ...need.rules.map((id) => cited(`${id}: ${ruleText(id).source}`)),
    ...kernel.sources.filter(({ shows }) => shows === "reset")
      .map(({ commit, what, url }) =>
        cited(`Linux ${commit === undefined ? "" : `${commit}, `}${what}`, url)
      ),
  ]);
  lastSources.set(need, { platform, kernel, sources });
  return sources;
}

function cited(text: string, url = sourceUrl(text)): Citation {
  return Object.freeze({ text, url: url ?? null });
}
