import { linux } from "@tdx/linux/kernel";
import { PUBLISHED_SIZES } from "@tdx/reclaim";
import { MEASURED_WHERE, readClear } from "../estimate/clear.ts";
import { showFleet } from "../estimate/fleet.ts";
import { showEstimate } from "../estimate/single.ts";
import { type Command, EXIT } from "../shell/command.ts";
import { findMachine, KERNEL_OPTION, MACHINE_OPTIONS, namedKernel } from "../shell/machine.ts";
import { readInput } from "../shell/input.ts";
import { noOperands, requireAlone } from "../shell/options.ts";
import { PATH_OPTION, readPaths } from "../shell/paths.ts";
import { UsageError } from "../shell/values.ts";
import { showExtrapolation } from "../shutdown/extrapolate.ts";

/** The options that name one TD and its host. */
const ONE = [...Object.keys({ ...MACHINE_OPTIONS, ...KERNEL_OPTION }), "memory", "vcpus", "from"];
/** The options that can be standard input. */
const INPUTS = ["clear", "from", "inventory", "cpuinfo", "cpuid"];

/** `tdx estimate`: how long a shutdown takes, and what the patch saves of it. */
export const estimateCommand: Command = {
  summary: "estimate how long a TD's shutdown takes, and what skipping the clear saves",
  usage:
    "--memory SIZE --vcpus N [--platform NAME] [--path PATH] [--clear COST] | --inventory FILE",
  options: {
    ...MACHINE_OPTIONS,
    ...KERNEL_OPTION,
    memory: {
      value: "SIZE",
      help: `guest memory; the published table has ${PUBLISHED_SIZES}`,
    },
    vcpus: { value: "N", help: "virtual CPUs" },
    ...PATH_OPTION,
    clear: {
      value: "COST",
      help: `published; measured (${MEASURED_WHERE}); a file of tdx meter --json, - is standard ` +
        "input; or nanoseconds a page, taken for granted; default: published and measured",
    },
    from: {
      value: "FILE",
      help:
        "extrapolate from a shutdown that was measured on this host: what shutdown.sh stop or a " +
        "tracer wrote, - is standard input",
    },
    inventory: {
      value: "FILE",
      help: "a fleet, CSV or JSON lines, - is standard input: platform, memory, vcpus, shutdowns " +
        "per day; bad rows are named and left out, with status 3",
    },
  },
  example: "tdx estimate --platform gnr --memory 400GiB --vcpus 64",
  async run(options, stdio) {
    noOperands(options);
    const piped = options.among(INPUTS).filter((name) => options.text(name) === "-");
    if (piped.length > 1) {
      throw new UsageError(
        `Expected standard input for one option, got it for --${piped.join(" --")}`,
      );
    }
    const paths = readPaths(options);
    const json = options.has("json");
    const inventory = options.text("inventory");
    const beside = inventory === undefined ? [] : options.among(ONE);
    if (beside.length > 0) {
      throw new UsageError(`Expected --inventory alone, got --${beside.join(" --")} beside it`);
    }
    const clear = await readClear(options.text("clear"), stdio);
    if (inventory !== undefined) return await showFleet(inventory, paths, clear, stdio, json);
    const guestBytes = required("memory", options.size("memory"));
    const vcpus = required("vcpus", options.number("vcpus", { from: 1 }));
    const from = options.text("from");
    // What was measured has its own platform and kernel.
    requireAlone(options, "from", [
      "clear",
      ...Object.keys({ ...MACHINE_OPTIONS, ...KERNEL_OPTION }),
    ]);
    if (from !== undefined) {
      const measured = await readInput(from, stdio);
      return showExtrapolation(measured, from, { guestBytes, vcpus }, paths, stdio, json);
    }
    const { platform } = await findMachine(options, stdio);
    const kernel = namedKernel(options) ?? linux();
    showEstimate({ platform, kernel, guestBytes, vcpus }, paths, clear, stdio, json);
    return EXIT.fine;
  },
};

function required(name: string, value: number | undefined): number {
  if (value !== undefined) return value;
  throw new UsageError(`Expected --memory and --vcpus, or --inventory, got no --${name}`);
}
