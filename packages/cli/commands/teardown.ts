import { MODES } from "@tdx/core/rules";
import { HOST_KEYS, POLICIES, TEARDOWN_PATHS } from "@tdx/reclaim";
import type { Command } from "../command.ts";
import { readCount } from "../count.ts";
import { EXIT } from "../exit_status.ts";
import { HTML_OPTION, htmlFile } from "../html/html_file.ts";
import { findMachine, MACHINE_OPTIONS } from "../machine.ts";
import { type Options, pickOption } from "../options.ts";
import { CLEARING_OPTIONS, noOperands, printJson } from "../shared_options.ts";
import { readSize } from "../size.ts";
import { FAULT_OPTIONS, readFaults } from "../teardown/faults.ts";
import type { TeardownPlan } from "../teardown/plan.ts";
import { reportText } from "../teardown/report_text.ts";
import type { TeardownRunResult } from "../teardown/result.ts";
import { simulate } from "../teardown/simulate.ts";
import { simulatedTimes } from "../teardown/simulated_times.ts";

/** `tdx teardown`: tear a TD down on simulated memory. */
export const command: Command = {
  summary: "tear a TD down on simulated memory, and say what it took and what is left",
  usage: "[--platform NAME] [--memory SIZE] [--vcpus N] [--path PATH] [--policy POLICY]",
  options: {
    ...MACHINE_OPTIONS,
    memory: { value: "SIZE", help: "guest memory, for example 1TiB; default 16GiB" },
    "host-memory": { value: "SIZE", help: "memory of the host, in GiB; default just enough" },
    scatter: { help: "scatter guest pages over the host at random; default: all in one piece" },
    vcpus: { value: "N", help: "virtual CPUs; default 4" },
    path: {
      value: "PATH",
      help: "terminate (key first) or dynamic (pages first); default terminate",
    },
    ...CLEARING_OPTIONS,
    mode: { value: "Li|Ci", help: "integrity mode; default Ci" },
    ...FAULT_OPTIONS,
    ...HTML_OPTION,
  },
  example: "tdx teardown --platform gnr --memory 1TiB --vcpus 64",
  async run(options, output) {
    noOperands(options);
    const file = htmlFile(options);
    const plan = await readPlan(options);
    const { guestBytes, vcpus } = plan;
    const html = file === undefined ? undefined : await import("../teardown/html.ts");
    const done = await simulate(plan, output, html?.lookAt);
    const { report, setUpMs, computeMs } = done;
    if (file !== undefined) await html!.writeTeardown(file, plan, done, options, output);
    const run: TeardownRunResult = {
      ...report,
      memoryBytes: guestBytes,
      vcpus,
      simulatedTimes: simulatedTimes(report, { guestBytes, vcpus }),
      setUpMs,
      computeMs,
    };
    if (options.has("json")) printJson(output, { runs: [run] });
    else output.print(reportText(run));
    return report.machineChecks > 0 ? EXIT.hazard : EXIT.fine;
  },
};

async function readPlan(options: Options): Promise<TeardownPlan> {
  const hostMemory = options.text("host-memory");
  return {
    guestBytes: readSize("--memory", options.text("memory") ?? "16GiB"),
    vcpus: readCount("--vcpus", options.text("vcpus") ?? "4"),
    path: pickOption(options, "path", TEARDOWN_PATHS) ?? "terminate",
    hostKeys: pickOption(options, "host-keys", HOST_KEYS) ?? "keyid0",
    policy: pickOption(options, "policy", POLICIES) ?? "quirk",
    mode: pickOption(options, "mode", MODES) ?? "Ci",
    faults: readFaults(options),
    hostBytes: hostMemory === undefined ? undefined : readSize("--host-memory", hostMemory),
    scatter: options.has("scatter"),
    platform: (await findMachine(options)).platform,
  };
}
