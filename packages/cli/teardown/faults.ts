import { LINE_BYTES } from "@tdx/core";
import { gaps, poisonAtRandom, randomNumbers, type TdHost, type TeardownPhase } from "@tdx/reclaim";
import type { Options } from "../shell/options.ts";
import { UsageError } from "../shell/values.ts";

/** The options that make things go wrong. */
export const FAULT_OPTIONS = {
  poison: { value: "PA[,PA]", help: "transient hardware poison that the TD never consumed" },
  stuck: { value: "PA[,PA]", help: "stuck memory cells: their poison returns after a write" },
  "poison-rate": { value: "RATE", help: "the same at random: share of the TD's lines, 0 to 1" },
  fatal: { help: "a vCPU consumed poison: the module refuses to remove the TD's pages one by one" },
  busy: { value: "RATE", help: "share, 0 to 1, of the SEAMCALLs on pages that find a lock taken" },
  seed: { value: "N", help: "whole number that everything random is drawn from; default 1" },
} as const;

/** The phases whose SEAMCALLs work on pages. */
const PAGE_PHASES: readonly TeardownPhase[] = ["remove guest pages", "reclaim pages"];

/** What goes wrong in a teardown. */
export interface FaultPlan {
  readonly poison: readonly number[];
  readonly stuck: readonly number[];
  readonly poisonRate: number;
  /** Whether the TD is fatal (M9). */
  readonly fatal: boolean;
  readonly busyRate: number;
  readonly seed: number;
}

/** Reads {@link FAULT_OPTIONS}. */
export function readFaults(options: Options): FaultPlan {
  const share = { from: 0, to: 1, fractions: true };
  return {
    poison: readAddresses("--poison", options.text("poison")),
    stuck: readAddresses("--stuck", options.text("stuck")),
    poisonRate: options.number("poison-rate", share) ?? 0,
    fatal: options.has("fatal"),
    busyRate: options.number("busy", share) ?? 0,
    seed: options.number("seed", {}) ?? 1,
  };
}

/**
 * Poisons lines of guest memory; what the TD wrote there has left the caches before.
 *
 * @throws {UsageError} If an address is outside guest memory; nothing is poisoned then.
 */
export function poisonLines(host: TdHost, { poison, stuck, poisonRate, seed }: FaultPlan): void {
  requireGuest("--poison", poison, host);
  requireGuest("--stuck", stuck, host);
  for (const pa of poison) host.memory.poison(pa);
  for (const pa of stuck) host.memory.poison(pa, { stuck: true });
  poisonAtRandom(host, poisonRate, seed);
}

/** Lets SEAMCALLs meet busy operands, in the phases that work on pages. */
export function busyInjector({ module }: TdHost, plan: FaultPlan): (phase: TeardownPhase) => void {
  const random = randomNumbers(plan.seed);
  const busyAfter = gaps(plan.busyRate, random);
  let injected = false;
  return (phase) => {
    const wanted = plan.busyRate > 0 && PAGE_PHASES.includes(phase);
    if (wanted !== injected) module.inject(wanted ? { busyAfter } : {});
    injected = wanted;
  };
}

function requireGuest(name: string, addresses: readonly number[], { module }: TdHost): void {
  const outside = addresses.find((pa) => module.page(pa)?.type !== "REG");
  if (outside === undefined) return;
  throw new UsageError(
    `Expected ${name} in guest memory and without KeyID bits, got 0x${outside.toString(16)}`,
  );
}

function readAddresses(name: string, text: string | undefined): number[] {
  return (text?.split(",") ?? []).map((item) => {
    const pa = /^(0x[0-9a-f]+|[0-9]+)$/i.test(item) ? Number(item) : Number.NaN;
    if (Number.isSafeInteger(pa)) return pa - pa % LINE_BYTES;
    throw new UsageError(`Expected ${name} as physical addresses like 0x12340, got ${item}`);
  });
}
