import { type Evidence, FILES } from "../readers/evidence.ts";
import { valueOf, whyUnread } from "../readers/reading.ts";
import { atLeast, type KernelRelease } from "../readers/small_files.ts";
import { firstToTell, type Judged, type Rule } from "./judged.ts";
import type { TdxUse } from "./tdx_state.ts";

/**
 * All kernel behaviours.
 *
 * - `clears-always`: every page, whatever the silicon (Linux 8d032b683c299, 6.16 and 6.17).
 * - `clears-on-erratum`: only where the kernel lists `tdx_pw_mce` (Linux 01fb93a363e0, 6.18).
 * - `no-tdx`: it hosts no TDs.
 * - `unknown`: could not tell.
 */
export const KERNEL_BEHAVIOURS = [
  "clears-always",
  "clears-on-erratum",
  "no-tdx",
  "unknown",
] as const;

/** What a kernel does with a page that it takes back from a TD; see {@link KERNEL_BEHAVIOURS}. */
export type KernelBehaviour = (typeof KERNEL_BEHAVIOURS)[number];

const SYMBOL_RULES: readonly Rule<KernelBehaviour>[] = [
  ({ symbols }) => {
    const reset = valueOf(symbols)?.reset;
    return reset ? ["clears-on-erratum", `symbol ${reset}`, "symbols"] : undefined;
  },
  ({ symbols }) => {
    const clear = valueOf(symbols)?.clear;
    return clear ? ["clears-always", `symbol ${clear}`, "symbols"] : undefined;
  },
  ({ symbols }) => {
    const { complete, host } = valueOf(symbols) ?? {};
    return complete && !host
      ? ["no-tdx", "a complete list without TDX host code", "symbols"]
      : undefined;
  },
];

/**
 * Says what the kernel does on reclaim: by symbol, and if none tells, by version.
 *
 * Distributions carry the code of other versions, so a version is the weaker word.
 */
export function judgeKernel(evidence: Evidence, use: TdxUse): Judged<KernelBehaviour> {
  return firstToTell(SYMBOL_RULES, evidence) ?? byRelease(evidence, use);
}

/** The mainline history: TDX in KVM with 6.16, the skip without the erratum with 6.18. */
function byRelease(evidence: Evidence, use: TdxUse): Judged<KernelBehaviour> {
  const source = FILES.release.name;
  const release = valueOf(evidence.release);
  if (release === undefined) {
    const seen = [
      evidence.symbols.state === "read"
        ? `${FILES.symbols.name} does not tell`
        : whyUnread(FILES.symbols.name, evidence.symbols),
      whyUnread(source, evidence.release),
    ].join("; ");
    return { value: "unknown", seen, source };
  }
  return { value: mainline(release, use), seen: `Linux ${release.text}, by its version`, source };
}

function mainline(release: KernelRelease, use: TdxUse): KernelBehaviour {
  if (atLeast(release, 6, 18)) return "clears-on-erratum";
  if (atLeast(release, 6, 16)) return "clears-always";
  // Older kernels that host TDs are patched, and which patches they have, the version does not say.
  return use === "no" ? "no-tdx" : "unknown";
}
