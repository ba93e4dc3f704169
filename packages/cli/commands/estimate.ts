import { PUBLISHED_SHUTDOWNS, TEARDOWN_PATHS } from "@tdx/reclaim";
import type { Command } from "../command.ts";
import { readCount } from "../count.ts";
import { showFleet } from "../estimate/fleet.ts";
import { MEASURED_WHERE, readClear } from "../estimate/read_clear.ts";
import { showEstimate } from "../estimate/single.ts";
import type { ExitStatus } from "../exit_status.ts";
import { findMachine, MACHINE_OPTIONS } from "../machine.ts";
import { type Options, pickOption } from "../options.ts";
import { noOperands } from "../shared_options.ts";
import { readSize } from "../size.ts";
import { UsageError } from "../usage_error.ts";

/** The options that name one TD and its host. */
const ONE = [...Object.keys(MACHINE_OPTIONS), "memory", "vcpus"];

/** The memory sizes of the published table. */
const SIZES = `${PUBLISHED_SHUTDOWNS[0]!.memoryGb} to ${PUBLISHED_SHUTDOWNS.at(-1)!.memoryGb}`;

/** `tdx estimate`: how long a shutdown takes, and what the patch saves of it. */
export const command: Command = {
  summary: "estimate how long a TD's shutdown takes, and what skipping the clear saves",
  usage:
    "--memory SIZE --vcpus N [--platform NAME] [--path PATH] [--clear COST] | --inventory FILE",
  options: {
    ...MACHINE_OPTIONS,
    memory: { value: "SIZE", help: `guest memory; the published table has ${SIZES} GiB` },
    vcpus: { value: "N", help: "virtual CPUs" },
    path: {
      value: "PATH",
      help: "terminate (key first) or dynamic (pages first); default terminate",
    },
    clear: {
      value: "COST",
      help: `published; measured (${MEASURED_WHERE}); a file of tdx meter --json, - is standard ` +
        "input; or nanoseconds a page, taken for granted; default: published and measured",
    },
    inventory: {
      value: "FILE",
      help: "a fleet, CSV or JSON lines, - is standard input: platform, memory, vcpus, shutdowns " +
        "per day; bad rows are named and left out, with status 3",
    },
  },
  example: "tdx estimate --platform gnr --memory 400GiB --vcpus 64",
  async run(options, output): Promise<ExitStatus> {
    noOperands(options);
    oneStandardInput(options);
    const path = pickOption(options, "path", TEARDOWN_PATHS) ?? "terminate";
    const inventory = options.text("inventory");
    if (inventory !== undefined) refuseBeside(options);
    const clear = await readClear(options.text("clear"));
    if (inventory !== undefined) {
      return await showFleet(inventory, { path, clear, json: options.has("json") }, output);
    }
    const guestBytes = readSize("--memory", required(options, "memory"));
    const vcpus = readCount("--vcpus", required(options, "vcpus"));
    const { platform } = await findMachine(options);
    const td = { platform, guestBytes, vcpus, path };
    return showEstimate(td, clear, output, options.has("json"));
  },
};

function required(options: Options, name: string): string {
  const text = options.text(name);
  if (text !== undefined) return text;
  throw new UsageError(`Expected --memory and --vcpus, or --inventory, got no --${name}`);
}

function oneStandardInput(options: Options): void {
  const all = ["clear", "inventory", "cpuinfo", "cpuid"].filter((name) =>
    options.text(name) === "-"
  );
  if (all.length < 2) return;
  throw new UsageError(`Expected standard input for one option, got it for --${all.join(" --")}`);
}

function refuseBeside(options: Options): void {
  const beside = ONE.filter((name) => options.text(name) !== undefined);
  if (beside.length === 0) return;
  throw new UsageError(`Expected --inventory alone, got --${beside.join(" --")} beside it`);
}
