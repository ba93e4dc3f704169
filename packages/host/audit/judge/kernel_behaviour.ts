import type { Kernel } from "@tdx/linux/kernel";
import { type Evidence, FILES, type Told } from "../readers/evidence.ts";
import { whyUnread } from "../readers/reading.ts";
import { judgeBy, type Judged, type Sign } from "./judged.ts";
import type { Answer } from "./tdx_state.ts";

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

/** Who told the release of a kernel that was asked about. */
export const ASKED = "--kernel";

const SYMBOL_SIGNS: readonly Sign<KernelBehaviour>[] = [
  ({ symbols }) =>
    symbols?.reset !== undefined &&
    ["clears-on-erratum", `symbol ${symbols.reset}`, "symbols"],
  ({ symbols }) =>
    symbols?.clear !== undefined && ["clears-always", `symbol ${symbols.clear}`, "symbols"],
  ({ symbols }) =>
    symbols?.complete && !symbols.host &&
    ["no-tdx", "a complete list without TDX host code", "symbols"],
];

/**
 * Says what the kernel does on reclaim: by symbol, and if none tells, by version.
 *
 * Distributions carry the code of other versions, so a version is the weaker word.
 *
 * @param use Whether TDs can run.
 * @param linux What is known of the kernel besides.
 * @param source Who told its release; {@link ASKED} where it is not the one that runs.
 */
export function judgeKernel(
  told: Told,
  evidence: Evidence,
  use: Answer,
  linux: Kernel | undefined,
  source: string,
): Judged<KernelBehaviour> {
  const bySymbol = judgeBy(SYMBOL_SIGNS, told, evidence);
  if (bySymbol !== undefined) return bySymbol;
  const { release } = told;
  if (release !== undefined) {
    const seen = `Linux ${release.text}, ${source === ASKED ? "as asked" : "by its version"}`;
    return { value: byVersion(linux, use), seen, source };
  }
  const symbols = evidence.symbols.state === "read"
    ? `${FILES.symbols.name} does not tell`
    : whyUnread(FILES.symbols.name, evidence.symbols);
  return { value: "unknown", seen: `${symbols}; ${whyUnread(source, evidence.release)}`, source };
}

const BEHAVIOURS = { always: "clears-always", quirk: "clears-on-erratum" } as const;

/** What a mainline version does; which patches another one has, its version does not say. */
function byVersion(linux: Kernel | undefined, use: Answer): KernelBehaviour {
  if (linux !== undefined && linux.reset !== "unknown") return BEHAVIOURS[linux.reset];
  return use === "no" ? "no-tdx" : "unknown";
}
