import {
  type DecodedStatus,
  type HostLeaf,
  LINUX_CODES,
  NEXT_STEPS,
  STATUS_CODES,
  type StatusName,
} from "@tdx/seam";
import { hex } from "../shell/show.ts";
import type { SeamcallGroup } from "./groups.ts";

type Row = readonly [name: string, text: string];

/** A status as `tdx status` shows it. */
export function statusText(status: DecodedStatus): string {
  return rowsText(statusRows(status));
}

/** SEAMCALLs of a log as `tdx status` shows them. */
export function callText(call: SeamcallGroup): string {
  const { line, lastLine, count, leafText, leaf, status, registers, next } = call;
  return rowsText([
    ["line", `${line}: ${call.text}`],
    ...(count > 1 ? [["seen", `${count} times, up to line ${lastLine}`] as const] : []),
    ...(leafText === null ? [] : [["leaf", leafName(leafText, leaf)] as const]),
    ...statusRows(status),
    ...registers.flatMap(({ name, value, meaning }) =>
      meaning === null ? [] : [[name.toLowerCase(), `${hex(value)}, ${meaning}`] as const]
    ),
    ["next", NEXT_STEPS[next]],
  ]);
}

function statusRows(status: DecodedStatus): Row[] {
  const flags = [
    status.error ? "error" : "no error",
    ...(status.nonRecoverable ? ["not recoverable"] : []),
    ...(status.fatal ? ["fatal"] : []),
    `class ${status.class} (${status.className})`,
  ];
  const source = sourceText(status);
  return [
    ["status", hex(status.value, 16)],
    ["name", `${status.name}${status.operand === null ? "" : `, operand ${status.operand}`}`],
    ...(source === undefined ? [] : [["source", source] as const]),
    ["flags", flags.join(", ")],
    ["meaning", status.meaning],
    ["cause", status.usualCause],
    ["hint", status.hint],
    ...(status.detail === null ? [] : [["detail", hex(status.detail)] as const]),
  ];
}

/** Who writes the code so, where that is not module 1.5.01. */
function sourceText({ source, name }: DecodedStatus): string | undefined {
  if (source === "later-module") return "a newer module than 1.5.01";
  if (source !== "linux") return undefined;
  if (LINUX_CODES[name as StatusName] === undefined) return "Linux, not the module";
  return `Linux's constant; the module's is ${hex(STATUS_CODES[name as StatusName], 16)}`;
}

function leafName(text: string, leaf: HostLeaf | null): string {
  if (/^0x8\w{15}$/i.test(text)) return `${text}, a call of P-SEAMLDR, whose statuses are its own`;
  if (leaf === null) return `${text}, not a known leaf of the TDX module`;
  const version = leaf.version > 0 ? `, version ${leaf.version}` : "";
  const newer = leaf.newerName === null ? "" : `; on newer modules ${leaf.newerName}`;
  return `${leaf.name} (${leaf.number}${version})${newer}`;
}

function rowsText(rows: readonly Row[]): string {
  return rows.map(([name, value]) => `${name.padEnd(9)}${value}`).join("\n");
}
