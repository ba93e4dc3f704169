import { requireObject, requireString, requireWhole } from "@tdx/core/arguments";
import type { CpuIdentity } from "./cpu_identity.ts";

/** Refuses what names no CPU model. */
export function requireCpuModel(name: string, value: unknown): void {
  requireObject(name, value);
  const { vendor, family, model } = value as CpuIdentity;
  requireString(`${name}.vendor`, vendor);
  requireWhole(`${name}.family`, family, 0);
  requireWhole(`${name}.model`, model, 0);
}
