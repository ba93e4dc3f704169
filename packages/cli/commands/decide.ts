import { defined } from "@tdx/core/plugin";
import { MODES } from "@tdx/core/rules";
import { showText } from "@tdx/core/text";
import { decide, type Decision, HOST_KEYS, POLICIES } from "@tdx/reclaim/decide";
import { type Command, EXIT } from "../shell/command.ts";
import type { ChosenMachine } from "../shell/cpu.ts";
import { CLEARING_OPTIONS, findMachine, MACHINE_OPTIONS, namedKernel } from "../shell/machine.ts";
import { noOperands } from "../shell/options.ts";
import { cpuModel, printJson } from "../shell/show.ts";

/** `tdx decide`: must reclaimed pages be cleared, and why. */
export const decideCommand: Command = {
  summary: "say whether reclaimed pages must be cleared on a platform, and why",
  usage: "[--platform NAME | --cpuinfo FILE | --cpuid FILE] [--kernel VERSION]",
  options: {
    ...MACHINE_OPTIONS,
    ...CLEARING_OPTIONS,
    mode: { value: "Li|Ci", help: "integrity mode; default: unknown, which counts as Ci" },
  },
  example: "tdx decide --platform emr",
  async run(options, stdio) {
    noOperands(options);
    const query = {
      hostKeys: options.pick("host-keys", HOST_KEYS) ?? "keyid0",
      ...defined({
        kernel: namedKernel(options),
        policy: options.pick("policy", POLICIES),
        mode: options.pick("mode", MODES),
      }),
    };
    const machine = await findMachine(options, stdio);
    const decision = decide({ platform: machine.platform, ...query });
    const { noTdHost } = machine;
    if (options.has("json")) printJson(stdio, { noTdHost, ...decision });
    else stdio.print(decisionText(decision, machine, options.has("kernel")));
    if (!decision.hazard) return EXIT.fine;
    return decision.clear === null ? EXIT.unknown : EXIT.hazard;
  },
};

function decisionText(
  decision: Decision,
  { platform, cpu, noTdHost }: ChosenMachine,
  isNamed: boolean,
): string {
  const { kernel, kernelNote, clear, hostKeys, policy, needed, reason, rules, sources } = decision;
  const clears = clear === null ? "not known" : clear ? "yes" : "no";
  const which = kernelNote ?? (isNamed ? "" : "the newest released one; --kernel names another");
  const rows: (readonly [string, string])[] = [
    ...(noTdHost === null ? [] : [["no TD", noTdHost] as const]),
    ["platform", `${platform.name} (${platform.title}, ${decision.confidence})`],
    ...(cpu === undefined
      ? []
      : [["cpu", `${showText(cpu.brand ?? cpu.vendor)}, ${cpuModel(cpu)}`] as const]),
    ["kernel", `Linux ${kernel}${which === "" ? "" : ` (${which})`}`],
    ["clear", `${clears} (host keys ${hostKeys}, policy ${policy})`],
    ["needed", needed ? "yes" : "no"],
    ...(decision.hazard && clear !== null
      ? [["hazard", "a host machine check is possible"] as const]
      : []),
    ["reason", reason],
    ["rules", rules.join(" ")],
    ...sources.map(({ text }, i) => [i === 0 ? "sources" : "", text] as const),
  ];
  return rows.map(([name, value]) => `${name.padEnd(10)}${value}`).join("\n");
}
