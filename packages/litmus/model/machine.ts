import {
  defined,
  type LineAutomatonOptions,
  type Mode,
  type Platform,
  type RuleTable,
} from "@tdx/core";
import { requireOptions } from "@tdx/core/arguments";
import type { Kernel } from "@tdx/linux/kernel";
import { type Policy, settledDecision } from "@tdx/reclaim";

/** The machine that a problem is put on. */
export interface Machine {
  /** The platform, whose memory controller the lines hang on. */
  readonly platform: Platform;
  /** Integrity mode; default `Ci`. */
  readonly mode?: Mode;
  /** The kernel or its version, as which a `clear` step clears; default the newest released one. */
  readonly kernel?: Kernel | string;
  /** The policy that a `clear` step follows, instead of the kernel's. */
  readonly policy?: Policy;
  /** Other rules, to ask "what if"; what is known by them stays, so a table must not change. */
  readonly rules?: RuleTable;
}

/** What the lines of a machine follow, and whether its `clear` steps clear. */
export interface CompiledMachine extends LineAutomatonOptions {
  readonly mode: Mode;
  readonly clear: boolean;
}

/** What a machine can say of itself. */
export const MACHINE_FIELDS: readonly (keyof Machine)[] = [
  "platform",
  "mode",
  "kernel",
  "policy",
  "rules",
];

/** What a machine is to the lines. */
export function compileMachine(machine: Machine): CompiledMachine {
  requireOptions("machine", machine, MACHINE_FIELDS);
  const { platform, mode = "Ci", kernel, policy, rules } = machine;
  const { clear } = settledDecision({ platform, mode, ...defined({ kernel, policy }) });
  const { partialWriteToOwnedLine } = platform.memory;
  return { mode, clear, partialWriteToOwnedLine, ...defined({ rules }) };
}
