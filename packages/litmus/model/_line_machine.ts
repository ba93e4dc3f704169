import { defined, type LineAutomatonOptions, type Mode } from "@tdx/core";
import { requireOptions } from "@tdx/core/arguments";
import { settledDecision } from "@tdx/reclaim";
import type { Machine } from "./system.ts";

/** What the lines of a machine follow, and whether its `clear` steps clear. */
export interface LineMachine extends LineAutomatonOptions {
  readonly mode: Mode;
  readonly clear: boolean;
}

const FIELDS: readonly (keyof Machine)[] = ["platform", "mode", "kernel", "policy", "rules"];

/** What a machine is to the lines. */
export function lineMachine(machine: Machine): LineMachine {
  requireOptions("machine", machine, FIELDS);
  const { platform, mode = "Ci", kernel, policy, rules } = machine;
  const { clear } = settledDecision({ platform, mode, ...defined({ kernel, policy }) });
  const { partialWriteToOwnedLine } = platform.memory;
  return { mode, clear, partialWriteToOwnedLine, ...defined({ rules }) };
}
