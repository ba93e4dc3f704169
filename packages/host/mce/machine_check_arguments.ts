import type { MachineCheck } from "@tdx/core";
import {
  requireArray,
  requireObject,
  requireRegister,
  requireString,
  requireWhole,
} from "@tdx/core/arguments";
import type { InterruptedCode, MachineCheckEvidence } from "./logged_machine_check.ts";

/** Refuses what is no record, whole or cut: what is not there was not said. */
export function requireRecord(name: string, value: unknown): void {
  requireObject(name, value);
  const { cpu, bank, status, mcgStatus, address, misc } = value as Partial<MachineCheck>;
  for (const [field, number] of Object.entries({ cpu, bank })) {
    if (number !== undefined) requireWhole(`${name}.${field}`, number, 0);
  }
  for (const [field, register] of Object.entries({ status, mcgStatus, address, misc })) {
    if (register !== undefined) requireRegister(`${name}.${field}`, register);
  }
}

/** Refuses what is no interrupted code. */
export function requireInterrupted(name: string, value: unknown): void {
  requireObject(name, value);
  const { cs, ip, symbol } = value as InterruptedCode;
  requireWhole(`${name}.cs`, cs, 0);
  requireRegister(`${name}.ip`, ip);
  if (symbol !== undefined) requireString(`${name}.symbol`, symbol);
}

/** Refuses what is no evidence of a machine check. */
export function requireEvidence(name: string, value: unknown): void {
  requireObject(name, value);
  const { record, interrupted, mcgCap, privateKeyIds, said, panic } = value as MachineCheckEvidence;
  requireRecord(`${name}.record`, record);
  if (interrupted !== undefined) requireInterrupted(`${name}.interrupted`, interrupted);
  if (mcgCap !== undefined) requireRegister(`${name}.mcgCap`, mcgCap);
  if (privateKeyIds !== undefined) {
    requireArray(`${name}.privateKeyIds`, privateKeyIds, (name, id) => requireWhole(name, id, 0));
  }
  if (said !== undefined) requireArray(`${name}.said`, said, requireString);
  if (panic !== undefined) requireString(`${name}.panic`, panic);
}
