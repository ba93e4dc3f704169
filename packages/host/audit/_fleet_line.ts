import { quote } from "../_text_lines.ts";
import { type Audit, KERNEL_BEHAVIOURS, type Verdict } from "./audit_types.ts";
import { VERDICT_ADVICE } from "./judge/verdict.ts";

/** What a summary takes from an audit. */
export type FleetAudit = Pick<Audit, "host" | "platform" | "kernel" | "verdict">;

const VERDICTS = Object.keys(VERDICT_ADVICE) as Verdict[];
const FORMAT_VERSION = 1;

/** Reads one audit; where the line is none, says what is wrong with it. */
export function readFleetLine(line: string): FleetAudit | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return `Expected an audit as one JSON object, got ${quote(line)}`;
  }
  if (typeof value !== "object" || value === null) {
    return `Expected an audit as one JSON object, got ${quote(line)}`;
  }
  const { formatVersion, host, platform, kernel, verdict } = value as Record<string, unknown>;
  if (formatVersion !== FORMAT_VERSION) {
    return `Expected formatVersion ${FORMAT_VERSION}, got ${shown(formatVersion)}`;
  }
  if (typeof platform !== "string" || !/^[a-z][a-z0-9-]{0,31}$/.test(platform)) {
    return `Expected platform as a plugin's name, got ${shown(platform)}`;
  }
  const knownKernel = KERNEL_BEHAVIOURS.find((name) => name === kernel);
  if (knownKernel === undefined) {
    return `Expected kernel as one of ${KERNEL_BEHAVIOURS.join(", ")}, got ${shown(kernel)}`;
  }
  const knownVerdict = VERDICTS.find((name) => name === verdict);
  if (knownVerdict === undefined) {
    return `Expected verdict as one of ${VERDICTS.join(", ")}, got ${shown(verdict)}`;
  }
  const named = typeof host === "string" && /^[\w.-]{1,253}$/.test(host) ? { host } : {};
  return { platform, kernel: knownKernel, verdict: knownVerdict, ...named };
}

function shown(value: unknown): string {
  if (value === undefined) return "none";
  return typeof value === "string" ? quote(value) : JSON.stringify(value).slice(0, 40);
}
