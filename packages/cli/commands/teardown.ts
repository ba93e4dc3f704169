import { GiB, PAGE_BYTES, showSize } from "@tdx/core";
import { MODES } from "@tdx/core/rules";
import { linux } from "@tdx/linux/kernel";
import { HOST_KEYS, MOST_SCATTERED_FRAMES, POLICIES } from "@tdx/reclaim";
import { HTML_OPTION, htmlWriter, originNow } from "../html/html_report.ts";
import { type Command, EXIT } from "../shell/command.ts";
import { CLEARING_OPTIONS, findMachine, MACHINE_OPTIONS, namedKernel } from "../shell/machine.ts";
import { noOperands, type Options } from "../shell/options.ts";
import { PATH_OPTION, readPaths } from "../shell/paths.ts";
import { printJson } from "../shell/show.ts";
import type { Stdio } from "../shell/stdio.ts";
import { UsageError } from "../shell/values.ts";
import { FAULT_OPTIONS, readFaults } from "../teardown/faults.ts";
import {
  simulate,
  type Simulated,
  simulatedTimes,
  type TeardownPlan,
} from "../teardown/simulate.ts";
import {
  nothingCameBack,
  type OtherPath,
  type PrintedTeardown,
  teardownText,
} from "../teardown/teardown_text.ts";

/** `tdx teardown`: tear a TD down on simulated memory. */
export const teardownCommand: Command = {
  summary: "tear a TD down on simulated memory, and say what it took and what is left",
  usage: "[--platform NAME] [--memory SIZE] [--vcpus N] [--path PATH] [--kernel VERSION]",
  options: {
    ...MACHINE_OPTIONS,
    memory: { value: "SIZE", help: "guest memory, for example 1TiB; default 16GiB" },
    "host-memory": { value: "SIZE", help: "memory of the host, in GiB; default just enough" },
    scatter: { help: "scatter guest pages over the host at random; default: all in one piece" },
    vcpus: { value: "N", help: "virtual CPUs; default 4" },
    ...PATH_OPTION,
    ...CLEARING_OPTIONS,
    mode: { value: "Li|Ci", help: "integrity mode; default Ci" },
    ...FAULT_OPTIONS,
    ...HTML_OPTION,
  },
  example: "tdx teardown --platform gnr --memory 1TiB --vcpus 64",
  async run(options, stdio) {
    noOperands(options);
    const plan = await readPlan(options, stdio);
    if (options.has("seed") && options.among(["scatter", "poison-rate", "busy"]).length === 0) {
      throw new UsageError("Expected --seed with --scatter, --poison-rate or --busy, got it alone");
    }
    const writeHtml = await htmlWriter(options, stdio);
    const html = writeHtml && await import("../teardown/html.ts");
    const [path, ...otherPaths] = readPaths(options);
    const done = await simulate({ ...plan, path }, stdio, html?.lookAt, html?.ALL_HOSTS);
    const { report } = done;
    // What becomes of a page depends on the path only where SEAMCALLs are refused.
    const { fatal, busyRate } = plan.faults;
    const others: OtherPath[] = [];
    for (const path of otherPaths) {
      const other = fatal || busyRate > 0
        ? await simulate({ ...plan, path }, stdio)
        : { ...done, report: { ...report, path } };
      others.push(otherPath(printed(plan, other)));
    }
    const run = printed(plan, done);
    if (options.has("json")) printJson(stdio, { runs: [run], otherPaths: others });
    else stdio.print(teardownText(run, others));
    if (html !== undefined) {
      const origin = await originNow("teardown", options);
      await writeHtml!(html.teardownPage(origin, plan, done, others));
    }
    const isBad = report.machineChecks > 0 || report.unclearedPages > 0 || nothingCameBack(report);
    return isBad ? EXIT.hazard : EXIT.fine;
  },
};

function printed({ guestBytes, vcpus }: Plan, done: Simulated<unknown>): PrintedTeardown {
  const { report, setUpMs, computeMs } = done;
  return {
    ...report,
    memoryBytes: guestBytes,
    vcpus,
    simulatedTimes: simulatedTimes(report, { guestBytes, vcpus }),
    setUpMs,
    computeMs,
  };
}

function otherPath(
  { path, pagesReclaimed, leakedPages, unclearedPages, machineChecks, simulatedTimes }:
    PrintedTeardown,
): OtherPath {
  return { path, pagesReclaimed, leakedPages, unclearedPages, machineChecks, simulatedTimes };
}

/** A teardown by whatever path. */
type Plan = Omit<TeardownPlan, "path">;

const MOST_SCATTERED = MOST_SCATTERED_FRAMES * PAGE_BYTES;

async function readPlan(options: Options, stdio: Stdio): Promise<Plan> {
  const hostBytes = options.size("host-memory");
  if (options.has("scatter") && hostBytes !== undefined && hostBytes > MOST_SCATTERED) {
    throw new UsageError(
      `Expected --host-memory of at most ${showSize(MOST_SCATTERED)} with --scatter, got ` +
        options.text("host-memory"),
    );
  }
  return {
    guestBytes: options.size("memory") ?? 16 * GiB,
    vcpus: options.number("vcpus", { from: 1 }) ?? 4,
    hostKeys: options.pick("host-keys", HOST_KEYS) ?? "keyid0",
    kernel: namedKernel(options) ?? linux(),
    policy: options.pick("policy", POLICIES),
    mode: options.pick("mode", MODES) ?? "Ci",
    faults: readFaults(options),
    hostBytes,
    scatter: options.has("scatter"),
    platform: (await findMachine(options, stdio)).platform,
  };
}
