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
import { requireOneOf, requireOptions } from "@tdx/core/arguments";
import { type Platform, requirePlatform, TDX_PW_MCE } from "@tdx/core/plugin";
import { type Mode, MODES, type RuleId, ruleText } from "@tdx/core/rules";

/** Which KeyIDs a host maps its own memory with: Linux uses only KeyID 0. */
export type HostKeys = "keyid0" | "shared" | "shared-integrity";

/**
 * When a host clears: before the patch, as the patch does, or not at all to show what goes wrong.
 */
export type Policy = "always" | "quirk" | "never";

/** All host KeyID kinds. */
export const HOST_KEYS: readonly HostKeys[] = ["keyid0", "shared", "shared-integrity"];

/** All policies. */
export const POLICIES: readonly Policy[] = ["always", "quirk", "never"];

/** What {@link decide} is asked. */
export interface DecideOptions {
  /** The platform the host runs on. */
  readonly platform: Platform;
  /** The KeyIDs the host uses; default `keyid0`, as Linux. */
  readonly hostKeys?: HostKeys;
  /** The clearing policy; default `quirk`. */
  readonly policy?: Policy;
  /** The integrity mode, if it is known; unknown counts as the stricter `Ci`. */
  readonly mode?: Mode;
}

/** Whether reclaimed pages are cleared, whether they must be, and why. */
export interface Decision {
  /** Name of the platform plugin. */
  readonly platform: string;
  /** The KeyIDs the host uses. */
  readonly hostKeys: HostKeys;
  /** The clearing policy. */
  readonly policy: Policy;
  /** Whether this policy clears here. */
  readonly clear: boolean;
  /** Whether the rules demand clearing here, whatever the policy says. */
  readonly needed: boolean;
  /** Whether a machine check is open to the host: needed, and not done. */
  readonly hazard: boolean;
  /** Why, in a sentence or two. */
  readonly reason: string;
  /** `confirmed` where sources name this platform's CPUs, else `assumed`. */
  readonly confidence: "confirmed" | "assumed";
  /** Ids of the rules that decide. */
  readonly rules: readonly RuleId[];
  /** Where the rules and the platform's facts were read. */
  readonly sources: readonly string[];
}

const DECIDE_OPTIONS: readonly (keyof DecideOptions)[] = ["platform", "hostKeys", "policy", "mode"];

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
  why: ({ title, confidence }) =>
    (confidence === "confirmed"
      ? `${title} does not have the erratum ${TDX_PW_MCE}`
      : `No erratum is known for this CPU, which is assumed and not confirmed`) +
    "; without integrity the host reads old private lines as zeros, and any full write converts them",
};

/**
 * Decides whether pages reclaimed from a TD are cleared, and says whether they must be.
 *
 * `clear` follows the policy; `quirk` reads the platform's bug flag as Linux reads
 * X86_BUG_TDX_PW_MCE (commit 01fb93a363e0) and looks at nothing else. `needed` follows the rules.
 * Poison of other origin (a hardware fault the TD never consumed) is outside this decision: it
 * survives a skipped clear, like any other hardware poison.
 *
 * @param options Platform, host KeyIDs, policy and mode.
 * @returns The decision with its reason, rule ids and sources.
 * @throws {TypeError} If `definePlatform` did not return the platform, or an option is not known.
 * @throws {RangeError} If the platform was made for another contract, or host KeyIDs, policy or mode
 * are not known.
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
 * assertEquals(decide({ platform: spr, policy: "never" }).hazard, true);
 * ```
 */
export function decide(options: DecideOptions): Decision {
  requireOptions("options", options, DECIDE_OPTIONS);
  const { platform, hostKeys = "keyid0", policy = "quirk", mode = "Ci" } = options;
  requirePlatform("platform", platform);
  requireOneOf("hostKeys", hostKeys, HOST_KEYS);
  requireOneOf("policy", policy, POLICIES);
  requireOneOf("mode", mode, MODES);

  const need = needOf(platform, hostKeys, mode);
  const clear = policy === "always" || (policy === "quirk" && platform.bugs.includes(TDX_PW_MCE));
  return {
    platform: platform.name,
    hostKeys,
    policy,
    clear,
    needed: need.needed,
    hazard: need.needed && !clear,
    reason: `${need.why(platform)}. ${action(clear, need.needed, policy)}`,
    confidence: platform.confidence,
    rules: need.rules,
    sources: sourcesOf(platform, need),
  };
}

function needOf(platform: Platform, hostKeys: HostKeys, mode: Mode): Need {
  if (platform.bugs.includes(TDX_PW_MCE)) return ERRATUM;
  return hostKeys === "shared-integrity" && mode === "Ci" ? INTEGRITY_KEY : NOT_NEEDED;
}

function action(clear: boolean, needed: boolean, policy: Policy): string {
  if (clear) return needed ? "Clear" : `Clearing can be skipped, but policy ${policy} clears`;
  return needed ? `Policy ${policy} skips the clearing: a hazard` : "Skip the clearing";
}

const sourcesByNeed = new WeakMap<Platform, Map<Need, readonly string[]>>();

function sourcesOf(platform: Platform, need: Need): readonly string[] {
  let known = sourcesByNeed.get(platform);
  if (known === undefined) sourcesByNeed.set(platform, known = new Map());
  let sources = known.get(need);
  if (sources === undefined) {
    const ofPlatform = platform.sources.map(({ document, at }) => `${document} ${at}`);
    const ofRules = need.rules.map((id) => `${id}: ${ruleText(id).source}`);
    known.set(need, sources = Object.freeze([...ofPlatform, ...ofRules]));
  }
  return sources;
}
