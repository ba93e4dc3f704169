import { type DecodedStatus, decodeStatus } from "@tdx/seam";
import type { Command } from "../command.ts";
import { EXIT } from "../exit_status.ts";
import { printJson } from "../shared_options.ts";
import { UsageError } from "../usage_error.ts";

/** `tdx status`: what a SEAMCALL status says. */
export const command: Command = {
  summary: "explain a SEAMCALL status: name, operand, meaning, usual cause",
  usage: "STATUS...",
  options: {},
  example: "tdx status 0xc000030000000001",
  run(options, output) {
    if (options.operands.length === 0) {
      throw new UsageError("Expected a 64-bit status such as 0xc000030000000001, got none");
    }
    const statuses = options.operands.map((text) => decodeStatus(readStatus(text)));
    if (options.has("json")) printJson(output, { statuses });
    else output.print(statuses.map(text).join("\n\n"));
    return statuses.some(({ name }) => name === "unknown") ? EXIT.unknown : EXIT.fine;
  },
};

/** Kernel logs print statuses with and without 0x, always in hexadecimal. */
function readStatus(text: string): bigint {
  const match = /^(?:0x)?([0-9a-f]{1,16})$/i.exec(text.replaceAll("_", ""));
  if (match === null) {
    throw new UsageError(`Expected up to 16 hexadecimal digits, with or without 0x, got ${text}`);
  }
  return BigInt(`0x${match[1]}`);
}

function text(status: DecodedStatus): string {
  const flags = [
    status.error ? "error" : "no error",
    ...(status.nonRecoverable ? ["not recoverable"] : []),
    ...(status.fatal ? ["fatal"] : []),
    `class ${status.class}`,
  ];
  const rows = [
    ["status", `0x${status.value.toString(16).padStart(16, "0")}`],
    ["name", `${status.name}${status.operand === null ? "" : `, operand ${status.operand}`}`],
    ["flags", flags.join(", ")],
    ["meaning", status.meaning],
    ["cause", status.usualCause],
    ["hint", status.hint],
    ...(status.detail === null ? [] : [["detail", `0x${status.detail.toString(16)}`]]),
  ];
  return rows.map(([name, value]) => `${name!.padEnd(9)}${value}`).join("\n");
}
