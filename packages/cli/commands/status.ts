import type { LogChunks } from "@tdx/host";
import { type DecodedStatus, decodeStatus, status, STATUS_CODES, statusNamed } from "@tdx/seam";
import { type Command, EXIT } from "../shell/command.ts";
import { openInput } from "../shell/input.ts";
import type { Options } from "../shell/options.ts";
import { printJson } from "../shell/show.ts";
import type { Stdio } from "../shell/stdio.ts";
import { nearest } from "../shell/nearest.ts";
import { UsageError } from "../shell/values.ts";
import { type SeamcallGroup, seamcallGroups } from "../status/groups.ts";
import { callText, statusText } from "../status/text.ts";

/** What an argument comes to: its statuses, or why there are none. */
type Found = {
  readonly statuses: readonly (DecodedStatus | SeamcallGroup)[];
  readonly none?: string;
  /** What could not be read. */
  readonly damage?: readonly string[];
};

/** `tdx status`: what a SEAMCALL status says, or what the SEAMCALLs of a log say. */
export const statusCommand: Command = {
  summary: "explain a SEAMCALL status, by value, by name or in a kernel log, and what to do",
  usage: "STATUS|NAME|LOGLINE|FILE|-...",
  options: {},
  example: "tdx status 0xc000030000000001",
  async run(options, stdio) {
    const found: Found[] = [];
    for (const text of argumentsOf(options)) found.push(await lookUp(text, stdio));
    const statuses = found.flatMap((one) => one.statuses);
    const none = found.flatMap((one) => one.none ?? []);
    const damage = found.flatMap((one) => one.damage ?? []);
    if (options.has("json")) {
      printJson(stdio, {
        statuses,
        ...(none.length > 0 && { none }),
        ...(damage.length > 0 && { damage }),
      });
    } else {
      const texts = statuses.map((one) => "status" in one ? callText(one) : statusText(one));
      stdio.print([...texts, ...none, ...damage].join("\n\n"));
    }
    return none.length > 0 || damage.length > 0 || statuses.some(isUnknown)
      ? EXIT.unknown
      : EXIT.fine;
  },
};

/** A log line that was typed without quotes is one argument. */
function argumentsOf({ operands }: Options): readonly string[] {
  if (operands.length === 0) {
    throw new UsageError("Expected a 64-bit status such as 0xc000030000000001, got none");
  }
  const line = operands.join(" ");
  const isLine = operands.length > 1 && operands.every((word) => !/\s/.test(word)) &&
    /seamcall|^leaf\b|\btdh[._]/i.test(line);
  return isLine ? [line] : operands;
}

async function lookUp(text: string, stdio: Stdio): Promise<Found> {
  const digits = text.replaceAll("_", "");
  if (/^(?:0x[\da-z]*|[\da-f]+)$/i.test(digits)) return { statuses: [readStatus(text, digits)] };
  const name = statusNamed(text);
  // A name alone does not say which operand is at fault.
  if (name !== undefined) return { statuses: [{ ...decodeStatus(status(name)), operand: null }] };
  if (/^[A-Z][A-Z\d_]*$/.test(text)) {
    const meant = nearest(text, Object.keys(STATUS_CODES));
    return { statuses: [], none: `No status is known by the name ${text}${meant}` };
  }
  if (/\s/.test(text)) {
    const found = await fromLog(text, "argument");
    // What somebody typed can be typed again.
    const [wrong] = found.damage ?? [];
    if (wrong !== undefined) throw new UsageError(wrong);
    return found;
  }
  const log = await openInput(text, stdio, "a status, the name of one, a log line or a file");
  return await fromLog(log, text === "-" ? "stdin" : text);
}

/** Kernel logs print statuses with and without 0x, always in hexadecimal. */
function readStatus(text: string, digits: string): DecodedStatus {
  const match = /^(?:0x)?([0-9a-f]{1,16})$/i.exec(digits);
  if (match === null) {
    throw new UsageError(`Expected up to 16 hexadecimal digits, with or without 0x, got ${text}`);
  }
  return decodeStatus(BigInt(`0x${match[1]}`));
}

async function fromLog(log: LogChunks, name: string): Promise<Found> {
  const { groups: statuses, damage } = await seamcallGroups(log, name);
  return statuses.length > 0 || damage.length > 0
    ? { statuses, damage }
    : { statuses, none: `No SEAMCALL and its status in ${name}.` };
}

function isUnknown(found: DecodedStatus | SeamcallGroup): boolean {
  if (!("status" in found)) return found.name === "unknown";
  return found.status.name === "unknown" || (found.leafText !== null && found.leaf === null);
}
