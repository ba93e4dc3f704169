import { MODES } from "@tdx/core/rules";
import { decide, type Decision, HOST_KEYS, POLICIES } from "@tdx/reclaim/decide";
import type { Command } from "../command.ts";
import { EXIT } from "../exit_status.ts";
import { cpuModel, findMachine, type Machine, MACHINE_OPTIONS } from "../machine.ts";
import { pickOption } from "../options.ts";
import { CLEARING_OPTIONS, noOperands, printJson } from "../shared_options.ts";

/** `tdx decide`: must reclaimed pages be cleared, and why. */
export const command: Command = {
  summary: "say whether reclaimed pages must be cleared on a platform, and why",
  usage: "[--platform NAME | --cpuinfo FILE | --cpuid FILE] [--host-keys KIND] [--policy POLICY]",
  options: {
    ...MACHINE_OPTIONS,
    ...CLEARING_OPTIONS,
    mode: { value: "Li|Ci", help: "integrity mode; default: unknown, which counts as Ci" },
  },
  example: "tdx decide --platform emr",
  async run(options, output) {
    noOperands(options);
    const query = {
      hostKeys: pickOption(options, "host-keys", HOST_KEYS) ?? "keyid0",
      policy: pickOption(options, "policy", POLICIES) ?? "quirk",
    };
    const mode = pickOption(options, "mode", MODES);
    const machine = await findMachine(options);
    const decision = decide({
      platform: machine.platform,
      ...query,
      ...(mode === undefined ? {} : { mode }),
    });
    if (options.has("json")) printJson(output, decision);
    else output.print(text(decision, machine));
    return decision.hazard ? EXIT.hazard : EXIT.fine;
  },
};

function text(decision: Decision, { platform, cpu }: Machine): string {
  const rows = [
    ["platform", `${platform.name} (${platform.title}, ${decision.confidence})`],
    ...(cpu === undefined ? [] : [["cpu", cpuName(cpu)]]),
    [
      "clear",
      `${
        decision.clear ? "yes" : "no"
      } (host keys ${decision.hostKeys}, policy ${decision.policy})`,
    ],
    ["needed", decision.needed ? "yes" : "no"],
    ...(decision.hazard ? [["hazard", "a host machine check is possible"]] : []),
    ["reason", decision.reason],
    ["rules", decision.rules.join(" ")],
    ["sources", decision.sources.join("\n")],
  ] as const;
  return rows.map(([name, value]) => row(name!, value!)).join("\n");
}

function row(name: string, value: string): string {
  return value.split("\n").map((line, i) => `${(i === 0 ? name : "").padEnd(10)}${line}`).join(
    "\n",
  );
}

function cpuName(cpu: NonNullable<Machine["cpu"]>): string {
  return `${cpu.brand ?? cpu.vendor}, ${cpuModel(cpu)}`;
}
