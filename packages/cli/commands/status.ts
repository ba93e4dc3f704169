import { type DecodedStatus, decodeStatus } from "@tdx/seam";
import { type Command, EXIT } from "../shell/command.ts";
import { hex, printJson } from "../shell/show.ts";
import { UsageError } from "../shell/values.ts";

/** `tdx status`: what a SEAMCALL status says. */
export const statusCommand: Command = {
  summary: "explain a SEAMCALL status: name, operand, meaning, usual cause",
  usage: "STATUS...",
  options: {},
  example: "tdx status 0xc000030000000001",
  run(options, stdio) {
    if (options.operands.length === 0) {
      throw new UsageError("Expected a 64-bit status such as 0xc000030000000001, got none");
    }
    const statuses = options.operands.map((text) => decodeStatus(readStatus(text)));
    if (options.has("json")) printJson(stdio, { statuses });
    else stdio.print(statuses.map(statusText).join("\n\n"));
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

function statusText(status: DecodedStatus): string {
  const flags = [
    status.error ? "error" : "no error",
    ...(status.nonRecoverable ? ["not recoverable"] : []),
    ...(status.fatal ? ["fatal"] : []),
    `class ${status.class}`,
  ];
  const rows = [
    ["status", hex(status.value, 16)],
    ["name", `${status.name}${status.operand === null ? "" : `, operand ${status.operand}`}`],
    ["flags", flags.join(", ")],
    ["meaning", status.meaning],
    ["cause", status.usualCause],
    ["hint", status.hint],
    ...(status.detail === null ? [] : [["detail", hex(status.detail)]]),
  ];
  return rows.map(([name, value]) => `${name!.padEnd(9)}${value}`).join("\n");
}
