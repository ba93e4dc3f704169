import { outOfRange, requireInstance, requireObject, requireString } from "@tdx/core/arguments";
import type { ReportOrigin } from "./origin.tsx";

/** Refuses what does not say where a report comes from. */
export function requireOrigin(name: string, value: unknown): void {
  requireObject(name, value);
  const { commandLine, date, version } = value as ReportOrigin;
  requireString(`${name}.commandLine`, commandLine);
  requireInstance(`${name}.date`, date, Date);
  if (Number.isNaN(date.getTime())) throw outOfRange(`${name}.date`, "a valid date", String(date));
  requireString(`${name}.version`, version);
}
