import { type Interval, type Known, PAGE_BYTES, showCount, showRange, showSize } from "@tdx/core";
import {
  explainShutdown,
  readShutdown,
  type ShutdownExplanation,
  type ShutdownPhase,
} from "@tdx/host";
import { estimate, type TeardownPath } from "@tdx/reclaim";
import { PLATFORMS } from "../platforms.ts";
import { EXIT, type ExitStatus } from "../shell/command.ts";
import { PATHS } from "../shell/paths.ts";
import { printJson, table } from "../shell/show.ts";
import type { Output } from "../shell/stdio.ts";

/** The shutdown that is asked about. */
interface Asked {
  readonly guestBytes: number;
  readonly vcpus: number;
}

/** What a phase takes once for each of what is counted. */
type Unit = "guest page" | "control page" | "page" | "vCPU" | "shutdown";

/** What each phase goes with, by path. The dynamic path reclaims control pages only. */
const UNITS: Readonly<Record<TeardownPath, Partial<Record<ShutdownPhase, Unit>>>> = {
  dynamic: {
    block: "guest page",
    track: "guest page",
    remove: "guest page",
    "page write-back": "guest page",
    clear: "page",
    "vCPU flush": "vCPU",
    "cache write-back": "shutdown",
    key: "shutdown",
    reclaim: "control page",
    "control pages": "control page",
    "Dynamic PAMT": "page",
    "everything else": "page",
  },
  terminate: {
    clear: "page",
    "vCPU flush": "vCPU",
    "cache write-back": "shutdown",
    key: "shutdown",
    reclaim: "page",
    "Dynamic PAMT": "page",
    "everything else": "page",
  },
};

/** A phase of another shutdown. */
interface Extrapolated {
  readonly phase: ShutdownPhase;
  readonly seconds: Known;
}

/**
 * Says how long another shutdown takes on the host of a measurement: other sizes, and the other path.
 *
 * @throws {SyntaxError} If the text is no measurement of a shutdown.
 */
export function showExtrapolation(
  text: string,
  name: string,
  asked: Asked,
  paths: readonly [TeardownPath, ...TeardownPath[]],
  output: Output,
  json: boolean,
): ExitStatus {
  const measured = explainShutdown(readShutdown(text, { name }));
  // How many pages a TD has is the same on every platform.
  const { pages } = estimate({ ...asked, platform: PLATFORMS[0]! });
  const all = paths.map((path) => {
    const phases = extrapolate(measured, asked, path, pages);
    return { path, seconds: totalOf(phases), phases };
  });
  const [{ path, seconds: total, phases }, ...otherPaths] = all as [typeof all[0], ...typeof all];
  const source = `extrapolated from a measurement on this host, ${name}: ` +
    `${showCount(measured.removed + measured.reclaimed, "page")}, path ${measured.path}`;
  if (json) {
    const { guestBytes: memoryBytes, vcpus } = asked;
    const found = { memoryBytes, vcpus, path, pages, seconds: total, phases, source };
    printJson(output, { ...found, otherPaths });
  } else {
    output.print([
      `${showSize(asked.guestBytes)}, ${showCount(asked.vcpus, "vCPU")}, path ${path} (${
        PATHS[path]
      }), ` +
      `${showCount(pages)} pages come back: ${secondsText(total)}, ` +
      source,
      "",
      table(
        ["phase", "seconds"],
        phases.map(({ phase, seconds }) => [phase, showRange(seconds)]),
      ),
      "",
      ...otherPaths.flatMap(({ path, seconds }) => [
        `By path ${path} (${PATHS[path]}) instead: ${
          secondsText(seconds)
        }; --path ${path} shows it`,
        "",
      ]),
      "Assumed: each page takes as long as the measured ones, a vCPU as the measured ones, and what " +
      "is done once a shutdown as long as there",
      ...(total !== null ? [] : [
        "Unknown is what the measured shutdown did not do: its path reclaims, and removes no page",
      ]),
      ...measured.doubts.map((doubt) => `In doubt: ${doubt}`),
    ].join("\n"));
  }
  return total === null || measured.doubts.length > 0 ? EXIT.unknown : EXIT.fine;
}

function totalOf(phases: readonly Extrapolated[]): Known {
  return phases.reduce<Known>(
    (sum, { seconds }) =>
      sum && seconds && { low: sum.low + seconds.low, high: sum.high + seconds.high },
    { low: 0, high: 0 },
  );
}

function secondsText(seconds: Known): string {
  return `${showRange(seconds)}${seconds === null ? "" : " s"}`;
}

/** Each phase, by what it takes for each of what is counted. */
function extrapolate(
  { phases, path, removed, reclaimed }: ShutdownExplanation,
  asked: Asked,
  asPath: TeardownPath,
  pages: number,
): Extrapolated[] {
  const guest = asked.guestBytes / PAGE_BYTES;
  const wanted = count(guest, pages - guest, asked.vcpus);
  const from = path === "dynamic" ? "dynamic" : "terminate";
  const flushed = phases.find(({ phase }) => phase === "vCPU flush")?.calls ?? 0;
  const done = count(removed, reclaimed, flushed);
  return (Object.keys(UNITS[asPath]) as ShutdownPhase[]).flatMap((phase): Extrapolated[] => {
    const unit = UNITS[asPath][phase]!;
    const known = phases.find((one) => one.phase === phase);
    const was = UNITS[from][phase];
    // What only the dynamic path does was not measured on the other.
    if (was === undefined) {
      return phase === "control pages" ? [] : [{ phase, seconds: null }];
    }
    if (known === undefined || path === null || path === "mixed") {
      return path === "dynamic" || path === "terminate" ? [] : [{ phase, seconds: null }];
    }
    return [{ phase, seconds: times(known.seconds, done[was], wanted[unit]) }];
  });
}

function count(guest: number, control: number, vcpus: number): Record<Unit, number> {
  return {
    "guest page": guest,
    "control page": control,
    page: guest + control,
    vCPU: vcpus,
    shutdown: 1,
  };
}

function times({ low, high }: Interval, done: number, wanted: number): Known {
  return done === 0 ? null : { low: low / done * wanted, high: high / done * wanted };
}
