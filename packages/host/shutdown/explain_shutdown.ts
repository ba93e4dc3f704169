import { type Interval, type Known, PAGE_BYTES } from "@tdx/core";
import { LINUX_HISTORY } from "@tdx/linux/kernel";
import { MEASURED_CLEAR, PUBLISHED_SAVING, type TeardownPath } from "@tdx/reclaim";
import { type DecodedStatus, decodeStatus } from "@tdx/seam";
import { SHUTDOWN_FUNCTIONS, SHUTDOWN_PHASES, type ShutdownPhase } from "./functions.ts";
import type {
  MeasuredFunction,
  MeasuringCost,
  ShutdownForm,
  ShutdownTrace,
} from "./shutdown_trace.ts";

/** How long a phase took. */
export interface PhaseTime {
  /** The phase. */
  readonly phase: ShutdownPhase;
  /** The functions that it was told by. */
  readonly functions: readonly string[];
  /** Calls of them; 0 for everything else. */
  readonly calls: number;
  /** Seconds, without what measuring cost where that is known. */
  readonly seconds: Interval;
  /** Share of the whole, 0 to 1. */
  readonly share: Interval;
  /** Nanoseconds for each page that came back; `null` where none did. */
  readonly nsPerPage: Known;
}

/** Calls of a function that did not end with SUCCESS. */
export interface RefusedCalls {
  /** The function. */
  readonly function: string;
  /** What it returned. */
  readonly status: DecodedStatus;
  /** How often. */
  readonly count: number;
  /** Whether it is the kind that Linux answers by another try. */
  readonly retry: boolean;
}

/** What the patch that skips the clear does for this host. */
export interface ClearSaving {
  /**
   * `would-save`: this kernel clears always. `must-clear`: it heeds the erratum's flag, and clears.
   * `saves`: it heeds the flag, and does not clear. `unknown`: the clear was not measured.
   */
  readonly verdict: "would-save" | "must-clear" | "saves" | "unknown";
  /** The function that clears, or would. */
  readonly function: string | null;
  /** The versions of mainline Linux that have it: `6.18 to 7.1`. */
  readonly versions: string | null;
  /** Pages of 4 KiB that it was called for. */
  readonly pages: number;
  /** What the clear took, measured. */
  readonly measured: { readonly seconds: Interval; readonly share: Interval } | null;
  /** What the patch's description allows: at most this share, on the path that takes the key first. */
  readonly published: { readonly seconds: Interval; readonly share: Interval };
  /** What clearing these pages takes by the figure measured for this project. */
  readonly reckoned: { readonly seconds: Interval; readonly share: Interval };
}

/** Where the time of a shutdown went. */
export interface ShutdownExplanation {
  /** What made the measurement. */
  readonly form: ShutdownForm;
  /** What `uname -r` said, where it is told. */
  readonly kernel: string | null;
  /** The path; `mixed` where pages came back on both, `null` where none did. */
  readonly path: TeardownPath | "mixed" | null;
  /** TDs that came to their end: calls of TDH.PHYMEM.PAGE.WBINVD for a TDR. */
  readonly tds: number;
  /** Pages that were removed from a living TD. */
  readonly removed: number;
  /** Pages that were reclaimed from a TD without a key. */
  readonly reclaimed: number;
  /** Seconds of the whole, without what measuring cost where that is known. */
  readonly seconds: Interval;
  /** Whether that is the time from the first call to the last return, or the sum of the phases. */
  readonly spanned: boolean;
  /** The phases that were seen, in their order. */
  readonly phases: readonly PhaseTime[];
  /** Calls that were refused or interrupted; `null` where statuses were not taken. */
  readonly refusals: readonly RefusedCalls[] | null;
  /** What skipping the clear does here. */
  readonly saving: ClearSaving;
  /** Calls that were measured. */
  readonly calls: number;
  /** What measuring cost; `null` where nobody measured it. */
  readonly cost: MeasuringCost | null;
  /** Why this cannot be the whole truth. */
  readonly doubts: readonly string[];
}

const NOTHING: Interval = { low: 0, high: 0 };
const CLEARS = ["tdx_clear_page", "tdx_quirk_reset_page", "tdx_quirk_reset_paddr"];
/** No page can be cleared so fast, and a function that returns at once does not take so long. */
const CLEAR_NS_PER_PAGE = 80;

/**
 * Says where the time of a shutdown went: phase by phase, with what was refused, and what skipping the
 * clear saves on this host.
 *
 * Phases are disjoint. A function within which others run has only the rest of its time. What
 * measuring added to each call is taken off, where it was measured.
 *
 * @param trace What was measured.
 * @returns Phases, refusals, the saving, and every doubt.
 *
 * @example
 * ```ts
 * import { explainShutdown, readShutdown } from "@tdx/host";
 * import { assertEquals } from "@std/assert";
 *
 * const { path, phases, saving } = explainShutdown(readShutdown(`
 *   Function                   Hit    Time            Avg             s^2
 *   --------                   ---    ----            ---             ---
 *   tdh_phymem_page_reclaim   1000    3000.000 us     3.000 us        0.010 us
 *   tdx_clear_page            1000    1000.000 us     1.000 us        0.010 us
 * `));
 * assertEquals(path, "terminate");
 * assertEquals(phases.map(({ phase, share }) => [phase, share.high]), [
 *   ["clear", 0.25],
 *   ["reclaim", 0.75],
 * ]);
 * assertEquals([saving.verdict, saving.versions], ["would-save", "6.16 to 6.17"]);
 * ```
 */
export function explainShutdown(trace: ShutdownTrace): ShutdownExplanation {
  const { form, kernel, functions, cost, spanNs } = trace;
  const of = (name: string) => functions.get(name);
  const removed = succeededCalls(of("tdh_mem_page_remove"));
  const reclaimed = succeededCalls(of("tdh_phymem_page_reclaim"));
  const times = phaseTimes(trace);
  const sum = total([...times.values()].map(({ ns }) => ns));
  const calls = [...functions.values()].reduce((all, { calls }) => all + calls, 0);
  const spanned = spanNs !== null;
  const span = spanned ? Math.max(0, spanNs - calls * (cost?.nsPerCall ?? 0)) : 0;
  const whole = spanned ? { low: span, high: span } : sum;
  if (spanned && span > sum.low) {
    const ns = { low: Math.max(0, span - sum.high), high: span - sum.low };
    times.set("everything else", { functions: [], calls: 0, ns });
  }
  // On several CPUs at once the phases can be longer than the whole.
  const base = { low: Math.max(whole.low, sum.low), high: Math.max(whole.high, sum.high) };
  const pages = removed + reclaimed;
  const phases = SHUTDOWN_PHASES.flatMap((phase): PhaseTime[] => {
    const time = times.get(phase);
    if (time === undefined) return [];
    const { ns, ...rest } = time;
    return [{
      phase,
      ...rest,
      seconds: scaled(ns, 1e-9),
      share: shareOf(ns, base),
      nsPerPage: pages === 0 ? null : scaled(ns, 1 / pages),
    }];
  });
  return {
    form,
    kernel,
    path: pathOf(removed, reclaimed, of("tdh_vp_flush")?.calls ?? 0),
    tds: of("tdh_phymem_page_wbinvd_tdr")?.calls ?? 0,
    removed,
    reclaimed,
    seconds: scaled(whole, 1e-9),
    spanned,
    phases,
    refusals: refusalsOf(functions),
    saving: savingOf(trace, times.get("clear")?.ns, base, pages),
    calls,
    cost,
    doubts: doubtsOf(trace, phases, { summed: spanned && sum.low > span }),
  };
}

interface PhaseNs {
  readonly functions: readonly string[];
  readonly calls: number;
  readonly ns: Interval;
}

/** Sums up phases in nanoseconds, without what measuring added. */
function phaseTimes({ functions, cost }: ShutdownTrace): Map<ShutdownPhase, PhaseNs> {
  const times = new Map<ShutdownPhase, PhaseNs>();
  for (const [name, { calls, ns }] of functions) {
    const known = SHUTDOWN_FUNCTIONS[name];
    if (known === undefined || calls === 0 || ns === null) continue;
    const before = times.get(known.phase) ?? { functions: [], calls: 0, ns: NOTHING };
    times.set(known.phase, {
      functions: [...before.functions, name],
      calls: before.calls + calls,
      ns: total([
        before.ns,
        known.whole ? ownNs(name, functions, cost) : less(ns, {
          low: calls * (cost?.nsSeen ?? 0),
          high: calls * (cost?.nsSeen ?? 0),
        }),
      ]),
    });
  }
  return times;
}

/**
 * The time of a function without those that run within it. On the dynamic path pages are reclaimed
 * within the functions that take control pages alone, and clearing one takes as long as clearing a
 * guest page, which is inferred.
 */
function ownNs(
  name: string,
  functions: ShutdownTrace["functions"],
  cost: MeasuringCost | null,
): Interval {
  const within = (names: readonly string[], share = 1) =>
    total(names.map((inner) => {
      const { ns, calls } = functions.get(inner) ?? { ns: null, calls: 0 };
      const added = calls * Math.max(0, (cost?.nsPerCall ?? 0) - (cost?.nsSeen ?? 0));
      return scaled({ low: (ns?.low ?? 0) + added, high: (ns?.high ?? 0) + added }, share);
    }));
  const self = functions.get(name)!.ns!;
  if (name === "tdx_mmu_release_hkid") {
    return less(
      self,
      within(["tdh_vp_flush", "tdh_mng_vpflushdone", "tdh_phymem_cache_wb", "tdh_mng_key_freeid"]),
    );
  }
  // With the key freed first, nothing tells their reclaims from those of guest pages.
  if (!functions.has("tdh_mem_page_remove")) return NOTHING;
  // The three that take control pages share what was reclaimed: each has its part of it.
  const wholes = ["tdx_vcpu_free", "tdx_sept_free_private_spt", "tdx_vm_destroy"];
  const all = total(wholes.map((whole) => functions.get(whole)?.ns ?? NOTHING));
  const removed = functions.get("tdh_mem_page_remove")?.calls ?? 0;
  const reclaimed = functions.get("tdh_phymem_page_reclaim")?.calls ?? 0;
  const cleared = removed + reclaimed === 0 ? 0 : reclaimed / (removed + reclaimed);
  const inner = total([
    within(["tdh_phymem_page_reclaim", "tdh_phymem_page_wbinvd_tdr"]),
    within(CLEARS, cleared),
  ]);
  return scaled(less(all, inner), all.high === 0 ? 0 : self.high / all.high);
}

/** Calls that did their work, or all where statuses were not taken. */
function succeededCalls(measured: MeasuredFunction | undefined): number {
  if (measured === undefined) return 0;
  const refused = [...measured.statuses ?? []].filter(([status]) => decodeStatus(status).error);
  return measured.calls - refused.reduce((sum, [, count]) => sum + count, 0);
}

/** The dynamic path reclaims the control pages alone: some for the TD, some for each vCPU, few a page. */
function pathOf(removed: number, reclaimed: number, vcpus: number): ShutdownExplanation["path"] {
  if (removed === 0) return reclaimed === 0 ? null : "terminate";
  return reclaimed <= 32 + 16 * vcpus + removed / 64 ? "dynamic" : "mixed";
}

function refusalsOf(functions: ShutdownTrace["functions"]): readonly RefusedCalls[] | null {
  const all = [...functions].filter(([, { statuses }]) => statuses !== null);
  if (all.length === 0) return null;
  return all.flatMap(([name, { statuses }]) =>
    [...statuses!].filter(([value]) => value !== 0n).map(([value, count]) => {
      const status = decodeStatus(value);
      // Class 2: something is busy.
      const retry = status.class === 2 || status.name === "INTERRUPTED_RESUMABLE";
      return { function: name, status, count, retry };
    })
  );
}

function savingOf(
  { functions }: ShutdownTrace,
  ns: Interval | undefined,
  whole: Interval,
  pagesBack: number,
): ClearSaving {
  const name = CLEARS.find((clear) => (functions.get(clear)?.calls ?? 0) > 0) ?? null;
  const measured = name === null ? undefined : functions.get(name);
  const pages = measured === undefined
    ? pagesBack
    : measured.bytes === null
    ? measured.calls
    : Math.ceil(measured.bytes / PAGE_BYTES);
  const part = (time: Interval, of: Interval) => ({
    seconds: scaled(time, 1e-9),
    share: shareOf(time, of),
  });
  const clears = ns !== undefined && ns.high >= pages * CLEAR_NS_PER_PAGE;
  const reckoned = pages * MEASURED_CLEAR.value;
  const known = { low: reckoned, high: reckoned };
  return {
    verdict: ns === undefined || name === null
      ? "unknown"
      : name === "tdx_clear_page"
      ? "would-save"
      : clears
      ? "must-clear"
      : "saves",
    function: name,
    versions: name === null ? null : versionsWith(name),
    pages,
    measured: ns === undefined ? null : part(ns, whole),
    published: part({ low: 0, high: PUBLISHED_SAVING.value * whole.high }, whole),
    // Of a shutdown that clears: where this one did not, it would have been longer by that.
    reckoned: part(known, clears ? whole : total([whole, known])),
  };
}

/** The versions of mainline Linux in which a function clears: `6.18 to 7.1`, `7.2 and later`. */
function versionsWith(symbol: string): string | null {
  const changes = LINUX_HISTORY.filter(({ changes }) => changes.resetSymbol !== undefined);
  const at = changes.findIndex(({ changes }) => changes.resetSymbol === symbol);
  if (at < 0) return null;
  const from = changes[at]!.from;
  const next = changes[at + 1];
  if (next === undefined) return `${from} and later`;
  const [major, minor] = next.from.split(".").map(Number) as [number, number];
  // Linux 6.19 was followed by 7.0.
  return `${from} to ${minor > 0 ? `${major}.${minor - 1}` : "6.19"}`;
}

function doubtsOf(
  { functions, missing, refused, lost, cost, form }: ShutdownTrace,
  phases: readonly PhaseTime[],
  { summed }: { readonly summed: boolean },
): string[] {
  const running = [...functions].filter(([, { unfinished }]) => unfinished > 0);
  const ended = (functions.get("tdh_phymem_page_wbinvd_tdr")?.calls ?? 0) > 0;
  const began = ["tdh_mem_page_remove", "tdh_phymem_page_reclaim"].some((name) =>
    functions.has(name)
  );
  const unseen = unseenPhases(new Set([...missing, ...refused]));
  const rest = phases.find(({ phase }) => phase === "everything else")?.share;
  return [
    ...(running.length === 0 ? [] : [
      `It was still running at the end of the measurement, in ${
        running.map(([name]) => name).join(", ")
      }`,
    ]),
    ...(running.length > 0 || ended || !began || !form.startsWith("shutdown.sh") ? [] : [
      "It had not come to its end, the write-back of the TDR: there is more to it than was measured",
    ]),
    ...(lost === 0 ? [] : [`${lost} events were lost: counts and times are too low`]),
    ...(unseen.length === 0 ? [] : [
      `Not seen, because this kernel does not show the functions: ${unseen.join("; ")}. ` +
      (rest === undefined
        ? "Their share is unknown"
        : `Their time is in everything else, at most ${Math.round(rest.high * 100)}%`),
    ]),
    ...(summed
      ? ["The phases together are longer than the whole: they ran on several CPUs at once"]
      : []),
    ...(cost === null && form === "shutdown.sh hist"
      ? ["What measuring cost is not known: times are too high by it"]
      : []),
  ];
}

/** Phases of which no function, or not every one, can be seen, with those. */
function unseenPhases(hidden: ReadonlySet<string>): string[] {
  return SHUTDOWN_PHASES.flatMap((phase) => {
    const all = Object.keys(SHUTDOWN_FUNCTIONS).filter((name) =>
      SHUTDOWN_FUNCTIONS[name]!.phase === phase
    );
    const gone = all.filter((name) => hidden.has(name));
    // A kernel has one of the functions that clear, and Dynamic PAMT or not.
    if (phase === "clear" && gone.length < all.length || phase === "Dynamic PAMT") return [];
    return gone.length === 0 ? [] : [`${phase} (${gone.join(", ")})`];
  });
}

function total(all: readonly Interval[]): Interval {
  return all.reduce(
    (sum, { low, high }) => ({ low: sum.low + low, high: sum.high + high }),
    NOTHING,
  );
}

function less(from: Interval, taken: Interval): Interval {
  return { low: Math.max(0, from.low - taken.high), high: Math.max(0, from.high - taken.low) };
}

function scaled({ low, high }: Interval, factor: number): Interval {
  return { low: low * factor, high: high * factor };
}

function shareOf(part: Interval, whole: Interval): Interval {
  const over = (ns: number, all: number) => all > 0 ? Math.min(1, ns / all) : 0;
  return { low: over(part.low, whole.high), high: over(part.high, whole.low) };
}
