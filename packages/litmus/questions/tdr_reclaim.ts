import { type Mode, MODES, type Platform, requirePlatform, TDX_PW_MCE } from "@tdx/core";
import { explore, type ExploreOptions } from "../model/explore.ts";
import { EVENT } from "../model/_line_table.ts";
import type { Problem, ThreadStep } from "../model/problem.ts";
import { System } from "../model/system.ts";
import { type WitnessStep, witnessSteps } from "../model/trace.ts";

/** What a host can meet when it uses a page that came back: the worst there is. */
export type Harm = "machine check" | "lost data" | "none";

/** What the host meets when it uses the page of a TDR that it took back. */
export interface TdrVerdict {
  /** Name of the platform. */
  readonly platform: string;
  /** Integrity mode. */
  readonly mode: Mode;
  /** Whether TDH.PHYMEM.PAGE.WBINVD of the TDR (T6) came before the clear. */
  readonly t6: boolean;
  /** The worst that was found. */
  readonly harm: Harm;
  /** What is expected from the rules. */
  readonly expected: Harm;
  /** Whether they agree. */
  readonly ok: boolean;
  /** The shortest way to it from where the host has the page; empty where there is none. */
  readonly witness: readonly WitnessStep[];
}

/**
 * Asks what leaving out T6 does to the TDR.
 *
 * KEY.FREEID and every PAGE.RECLAIM store into the TDR through the global KeyID, so it has dirty lines
 * when it is reclaimed itself (M7), after the last cache write-back. Without T6 a cache may evict one
 * of them after the clear. The clear is made on every platform (policy `always`) with KeyID 0, as in
 * Linux, so what is found is due to T6 alone; every sequence is explored of what module, caches, host
 * and devices do.
 *
 * A pair of Dynamic PAMT is such a page too: the module stores into it under the global KeyID until
 * its region is empty (S7), and Linux resets it without a PAGE.WBINVD (X6).
 *
 * @param platform The platform.
 * @param options Limit and cancellation of each exploration.
 * @returns The verdicts with and without T6 in both modes.
 * @throws {TypeError} If an option is not known, or the platform is not one of `definePlatform`.
 * @throws {StateLimitError} If there are more states than the limit.
 * @throws The signal's reason, if it was aborted.
 *
 * @example
 * ```ts
 * import { tdrVerdicts } from "@tdx/litmus";
 * import { gnr } from "@tdx/platform-gnr";
 * import { spr } from "@tdx/platform-spr";
 * import { assertEquals } from "@std/assert";
 *
 * const harms = async (platform: typeof gnr) =>
 *   (await tdrVerdicts(platform)).map(({ mode, t6, harm }) => `${mode} ${t6}: ${harm}`);
 * assertEquals((await harms(spr))[1], "Li false: machine check");
 * assertEquals((await harms(gnr))[1], "Li false: lost data");
 * assertEquals((await harms(gnr))[0], "Li true: none");
 * ```
 */
export async function tdrVerdicts(
  platform: Platform,
  options: ExploreOptions = {},
): Promise<TdrVerdict[]> {
  requirePlatform("platform", platform);
  const verdicts: TdrVerdict[] = [];
  for (const mode of MODES) {
    for (const t6 of [true, false]) {
      const { harm, witness } = await globalPageHarm({ platform, mode, t6, clear: true }, options);
      const expected = expectedHarm(platform, t6);
      const ok = harm === expected;
      verdicts.push({ platform: platform.name, mode, t6, harm, expected, ok, witness });
    }
  }
  return verdicts;
}

function expectedHarm(platform: Platform, t6: boolean): Harm {
  if (t6) return "none";
  return platform.bugs.includes(TDX_PW_MCE) ? "machine check" : "lost data";
}

/** A page that the module stored into through the global KeyID, and how it goes back. */
export interface GlobalPage extends Pick<TdrVerdict, "mode" | "t6"> {
  /** Of the host. */
  readonly platform: Platform;
  /** Whether the host clears it. */
  readonly clear: boolean;
}

/** The worst that meets the host with such a page, with the shortest way to it. */
export async function globalPageHarm(
  { platform, mode, t6, clear }: GlobalPage,
  options: ExploreOptions,
): Promise<Pick<TdrVerdict, "harm" | "witness">> {
  const policy = clear ? "always" : "never";
  const system = new System(tdrProblem(t6), { platform, mode, policy }, { lost: true });
  const found = {
    "machine check": (state: number) => (system.events(state) & EVENT.hostMachineCheck) !== 0,
    "lost data": (state: number) => system.valuation(state).lines[0]!.lost,
  };
  for (const harm of ["machine check", "lost data"] as const) {
    const exploration = await explore(system, { ...options, until: found[harm] });
    if (exploration.found === undefined) continue;
    const trace = exploration.witness(exploration.found);
    const reclaimed = trace.findLastIndex(({ thread }) => thread === "reclaim") + 1;
    return { harm, witness: witnessSteps(trace.slice(reclaimed)) };
  }
  return { harm: "none", witness: [] };
}

/** The module stores into a TDR as often as it likes; then it is reclaimed, and the host's. */
function tdrProblem(t6: boolean): Problem {
  const step = (operation: ThreadStep["operation"], key: ThreadStep["key"]): ThreadStep => {
    return { operation, line: 0, key };
  };
  const write = (operation: ThreadStep["operation"]): ThreadStep => {
    return { ...step(operation, "keyid0"), data: "host" };
  };
  return {
    name: `TDR ${t6 ? "with" : "without"} T6`,
    lines: [{ name: "TDR", content: { key: "global", data: "zeros" } }],
    threads: [
      {
        name: "module",
        agent: "module",
        after: [],
        kind: "any",
        steps: [{ ...step("store", "global"), data: "secret" }, step("load", "global")],
      },
      {
        name: "reclaim",
        agent: "module",
        after: [0],
        kind: "sequence",
        steps: [...(t6 ? [step("page-wbinvd", "global")] : []), step("clear", "keyid0")],
      },
      {
        name: "host",
        agent: "host",
        after: [1],
        kind: "any",
        steps: [
          step("load", "keyid0"),
          write("store"),
          write("partial-write"),
          write("movdir64b"),
          step("clflush", "keyid0"),
        ],
      },
      {
        name: "device",
        agent: "device",
        after: [1],
        kind: "any",
        steps: [step("dma-read", "keyid0"), write("dma-write"), write("dma-partial-write")],
      },
    ],
    registers: [],
    speculation: ["keyid0"],
    seamNr: false,
  };
}
