import { MODES } from "@tdx/core/rules";
import { createReclaimer, createTdHost, HOST_KEYS, POLICIES, TEARDOWN_PATHS } from "@tdx/reclaim";
import type { Command } from "../command.ts";
import { readCount } from "../count.ts";
import { EXIT } from "../exit_status.ts";
import { findMachine, MACHINE_OPTIONS } from "../machine.ts";
import { pickName } from "../nearest.ts";
import { CLEARING_OPTIONS, noOperands, printJson } from "../shared_options.ts";
import { readSize } from "../size.ts";
import { busyInjector, FAULT_OPTIONS, poisonLines, readFaults } from "../teardown/faults.ts";
import { showProgress } from "../teardown/progress.ts";
import { reportText } from "../teardown/report_text.ts";
import type { TeardownRunResult } from "../teardown/result.ts";
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
  },
  example: "tdx teardown --platform gnr --memory 1TiB --vcpus 64",
  async run(options, output) {
    noOperands(options);
    const guestBytes = readSize("--memory", options.text("memory") ?? "16GiB");
    const vcpus = readCount("--vcpus", options.text("vcpus") ?? "4");
    const path = pickName("--path", options.text("path") ?? "terminate", TEARDOWN_PATHS);
    const hostKeys = pickName("--host-keys", options.text("host-keys") ?? "keyid0", HOST_KEYS);
    const policy = pickName("--policy", options.text("policy") ?? "quirk", POLICIES);
    const mode = pickName("--mode", options.text("mode") ?? "Ci", MODES);
    const faults = readFaults(options);
    const hostMemory = options.text("host-memory");
    const { platform } = await findMachine(options);

    const started = performance.now();
    const host = createTdHost({
      platform,
      guestBytes,
      vcpus,
      mode,
      ...(hostMemory === undefined ? {} : { hostBytes: readSize("--host-memory", hostMemory) }),
      ...(options.has("scatter") ? { scatterSeed: faults.seed } : {}),
    });
    poisonLines(host, faults);
    const inject = busyInjector(host, faults);
    const setUp = performance.now();
    const report = await createReclaimer({ memory: host.memory, hostKeys, policy })
      .teardown(host.module, host.tdr, {
        path,
        reuse: true,
        onProgress(progress) {
          inject(progress.phase);
          showProgress(output, progress);
        },
      });
    const run: TeardownRunResult = {
      ...report,
      memoryBytes: guestBytes,
      vcpus,
      simulatedTimes: simulatedTimes(report, { guestBytes, vcpus }),
      setUpMs: setUp - started,
      computeMs: performance.now() - setUp,
    };
    if (options.has("json")) printJson(output, { runs: [run] });
    else output.print(reportText(run));
    return report.machineChecks > 0 ? EXIT.hazard : EXIT.fine;
  },
};
