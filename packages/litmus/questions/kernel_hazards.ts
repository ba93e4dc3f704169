import { type Mode, MODES, type Platform, requirePlatform } from "@tdx/core";
import { type Kernel, linux } from "@tdx/linux";
import { decide } from "@tdx/reclaim";
import { closureProblem, type ClosureQuestion } from "./closure.ts";
import { explore, type ExploreOptions } from "../model/explore.ts";
import { globalPageHarm } from "./tdr_reclaim.ts";
import { System, type Valuation } from "../model/system.ts";
import { type WitnessStep, witnessSteps } from "../model/trace.ts";

/**
 * What a kernel may leave open.
 *
 * - `R0`: poison of a transient hardware error that nobody has consumed or logged.
 * - `N1`: such poison that a TD consumed, with SEAM_NR and KeyID bits in MCi_ADDR.
 * - `N5`: such poison whose generation was logged.
 * - `X2`: a guest page whose BLOCK, REMOVE or PAGE.WBINVD failed.
 * - `X6`: a pair of pages of Dynamic PAMT, if the module leaves dirty lines of it (assumption S7).
 */
export type KernelHazardId = "R0" | "N1" | "N5" | "X2" | "X6";

/** A hazard that a kernel leaves open on a platform. */
export interface KernelHazard {
  /** Which one. */
  readonly id: KernelHazardId;
  /** What it is about. */
  readonly what: string;
  /** What the host meets: a machine check, or other data than it wrote. */
  readonly harm: "machine check" | "lost data";
  /** The shortest way to it from where the host has the page. */
  readonly witness: readonly WitnessStep[];
}

/** A hazard that a kernel does not leave open on a platform, and why not. */
export interface ClosedHazard {
  /** Which one. */
  readonly id: KernelHazardId;
  /** Why no sequence leads to it. */
  readonly why: string;
}

/** What a kernel leaves open on a platform. */
export interface KernelVerdict {
  /** The kernel's version or name. */
  readonly version: string;
  /** How sure its facts are. */
  readonly confidence: Kernel["confidence"];
  /** Name of the platform. */
  readonly platform: string;
  /** What it leaves open. */
  readonly hazards: readonly KernelHazard[];
  /** What it does not. */
  readonly closed: readonly ClosedHazard[];
}

type GuestPage = Pick<ClosureQuestion, "policy" | "poison" | "pageRetired" | "flush">;

/** A situation in which a page comes back to the host. */
interface Situation {
  readonly id: KernelHazardId;
  readonly what: string;
  /**
   * The question of what follows a guest page, or whether a page of the module is cleared; or why
   * there is nothing to follow, in words.
   */
  readonly asks: GuestPage | { readonly clear: boolean } | string;
  /** Why no sequence leads to it, where none does. */
  readonly why: string;
}

/**
 * Explores what a kernel leaves open on a platform: for each situation every sequence of what host,
 * devices and caches do with the page afterwards, in both integrity modes, with KeyID 0 as Linux.
 *
 * What nothing tells about a kernel counts as the worse of the two. Stuck memory cells are left out:
 * no kernel can clear them.
 *
 * @param platform The platform.
 * @param kernel The kernel, or its version.
 * @param options Limit and cancellation of each exploration.
 * @returns The hazards with their shortest witnesses, and why there are no others.
 * @throws {TypeError} If an option is not known, or platform or kernel are not checked ones.
 * @throws {StateLimitError} If there are more states than the limit.
 * @throws The signal's reason, if it was aborted.
 *
 * @example What would the fix for MCi_ADDR change?
 * ```ts
 * import { defineLinux, linux } from "@tdx/linux";
 * import { kernelHazards } from "@tdx/litmus";
 * import { gnr } from "@tdx/platform-gnr";
 * import { assertEquals } from "@std/assert";
 *
 * const fixed = defineLinux({ ...linux("6.18"), version: "fixed", retiresSeamNrPage: true });
 * const ids = async (kernel: typeof fixed | string) =>
 *   (await kernelHazards(gnr, kernel)).hazards.map(({ id }) => id);
 * assertEquals(await ids("6.18"), ["R0", "N1"]);
 * assertEquals(await ids(fixed), ["R0"]);
 * ```
 */
export async function kernelHazards(
  platform: Platform,
  kernel: Kernel | string,
  options: ExploreOptions = {},
): Promise<KernelVerdict> {
  requirePlatform("platform", platform);
  const declared = linux(kernel);
  const hazards: KernelHazard[] = [];
  const closed: ClosedHazard[] = [];
  for (const { id, what, asks, why } of situations(platform, declared)) {
    const found = typeof asks === "string" ? undefined : await firstHarm(platform, asks, options);
    if (found !== undefined) hazards.push({ id, what, ...found });
    else closed.push({ id, why: typeof asks === "string" ? asks : why });
  }
  const { version, confidence } = declared;
  return { version, confidence, platform: platform.name, hazards, closed };
}

function situations(platform: Platform, kernel: Kernel): Situation[] {
  const { policy: decided, clear } = decide({ platform, kernel });
  // Where nothing tells whether it clears, it does not.
  const policy = decided === "unknown" ? "never" : decided;
  const retires = kernel.retiresSeamNrPage === true;
  const cleared = "the kernel clears the page, which removes transient poison";
  return [
    {
      id: "R0",
      what: "transient poison that nobody has consumed or logged",
      asks: { policy, poison: "unconsumed" },
      why: cleared,
    },
    {
      id: "N1",
      what: "transient poison that a TD consumed, with SEAM_NR and KeyID bits in MCi_ADDR",
      asks: kernel.heedsSeamNr === false
        ? "the kernel does not heed SEAM_NR: it panics when the TD consumes the poison"
        : { policy, poison: "consumed", pageRetired: retires },
      why: clear ? cleared : "the page is retired",
    },
    {
      id: "N5",
      what: "transient poison whose generation was logged",
      asks: { policy, poison: "logged" },
      why: "memory_failure takes the page away before anyone uses it, KeyID bits masked",
    },
    {
      id: "X2",
      what: "a guest page whose removal failed, returned as it is",
      asks: kernel.refusedGuestPage === "leaked"
        ? "the page is leaked: the host never gets it"
        : { policy: "never", poison: "none", flush: false },
      why: "",
    },
    {
      id: "X6",
      what: "a pair of Dynamic PAMT pages, if the module leaves dirty lines of it (S7): Linux " +
        "resets it without PAGE.WBINVD",
      asks: kernel.dynamicPamt === false
        ? "the kernel has no Dynamic PAMT: the TDX module keeps its metadata"
        : { clear: clear === true },
      why: "",
    },
  ];
}

/** The shortest way to a machine check, or else to lost data, in either mode. */
async function firstHarm(
  platform: Platform,
  asks: Exclude<Situation["asks"], string>,
  options: ExploreOptions,
): Promise<Pick<KernelHazard, "harm" | "witness"> | undefined> {
  if ("clear" in asks) return await firstModulePageHarm(platform, asks.clear, options);
  const harms = [
    ["machine check", false, ({ hostMachineCheck }: Valuation) => hostMachineCheck],
    // What is flushed cannot be lost by an eviction.
    ...(asks.flush === false
      ? [["lost data", true, ({ lines }: Valuation) => lines[0]!.lost] as const]
      : []),
  ] as const;
  for (const [harm, lost, isHarm] of harms) {
    for (const mode of MODES) {
      const witness = await shortest(platform, mode, asks, lost, isHarm, options);
      if (witness !== undefined) return { harm, witness };
    }
  }
  return undefined;
}

/** The same for a page of the module's, of which dirty lines may be left. */
async function firstModulePageHarm(
  platform: Platform,
  clear: boolean,
  options: ExploreOptions,
): Promise<Pick<KernelHazard, "harm" | "witness"> | undefined> {
  for (const mode of MODES) {
    const { harm, witness } = await globalPageHarm({ platform, mode, clear, t6: false }, options);
    if (harm !== "none") return { harm, witness };
  }
  return undefined;
}

async function shortest(
  platform: Platform,
  mode: Mode,
  asks: GuestPage,
  lost: boolean,
  isHarm: (valuation: Valuation) => boolean,
  options: ExploreOptions,
): Promise<readonly WitnessStep[] | undefined> {
  const { problem, machine } = closureProblem({ platform, mode, hostKeys: "keyid0", ...asks });
  const system = new System(problem, machine, { lost });
  const exploration = await explore(system, {
    ...options,
    until: (state) => isHarm(system.valuation(state)),
  });
  if (exploration.found === undefined) return undefined;
  const trace = exploration.witness(exploration.found);
  return witnessSteps(trace.slice(trace.findLastIndex(({ thread }) => thread === "reclaim") + 1));
}
