import type { KernelBehaviour } from "../audit_types.ts";
import { type Evidence, FILES } from "../readers/evidence.ts";
import type { Judged } from "./_judged.ts";
import { atLeast, type KernelRelease } from "../readers/_kernel_release.ts";
import { valueOf, whyNot } from "../readers/reading.ts";
import type { TdxUse } from "./tdx_state.ts";

/**
 * Says what the kernel does on reclaim: by symbol, and where none tells, by version.
 *
 * Distributions carry the code of other versions, so a version is the weaker word.
 */
export function judgeKernel(evidence: Evidence, use: TdxUse): Judged<KernelBehaviour> {
  return bySymbol(evidence) ?? byRelease(evidence, use);
}

function bySymbol(evidence: Evidence): Judged<KernelBehaviour> | undefined {
  const source = FILES.symbols.name;
  const found = valueOf(evidence.symbols);
  if (found?.reset) return { value: "clears-on-erratum", seen: `symbol ${found.reset}`, source };
  if (found?.clear) return { value: "clears-always", seen: `symbol ${found.clear}`, source };
  return found?.complete && !found.host
    ? { value: "no-tdx", seen: "a complete list without TDX host code", source }
    : undefined;
}

/** The mainline history: TDX in KVM with 6.16, the skip without the erratum with 6.18. */
function byRelease(evidence: Evidence, use: TdxUse): Judged<KernelBehaviour> {
  const source = FILES.release.name;
  const release = valueOf(evidence.release);
  if (release === undefined) {
    const seen = [
      evidence.symbols.state === "read"
        ? `${FILES.symbols.name} does not tell`
        : whyNot(FILES.symbols.name, evidence.symbols),
      whyNot(source, evidence.release),
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
