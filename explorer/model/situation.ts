import type { Agent, Data, Mode, OperationKind } from "@tdx/core";
import type { ClosureKeys, Content, KeyName } from "@tdx/litmus";
import type { Policy } from "@tdx/reclaim";

/** One click: who does what to which line, through which key. */
export interface Act {
  /** Who acts. */
  readonly by: Agent;
  /** What happens; `clear` is the host's reset and follows the policy. */
  readonly operation: OperationKind | "clear";
  /** Index of the line. */
  readonly line: number;
  /** The key it goes through. */
  readonly key: KeyName;
  /** What is written, for writes. */
  readonly data?: Data;
}

/** What is chosen above the line. */
export interface Settings {
  /** Name of the platform. */
  readonly platform: string;
  /** Name of a second platform that gets the same clicks, or `null`. */
  readonly beside: string | null;
  /** Integrity mode. */
  readonly mode: Mode;
  /** Which KeyIDs the host uses. */
  readonly keys: ClosureKeys;
  /** What a `clear` follows. */
  readonly policy: Policy;
}

/** Everything there is to see: settings, lines with their first content, clicks, where we stand. */
export interface Situation {
  readonly settings: Settings;
  readonly lines: readonly { readonly name: string; readonly content: Content }[];
  readonly acts: readonly Act[];
  /** How many of the acts have been done, 0 to `acts.length`. */
  readonly at: number;
}

/** The most clicks that a situation holds. */
export const MOST_ACTS = 200;

/** A line that a TD has written, on a platform with the erratum, without the patch's clear. */
export const START: Situation = {
  settings: { platform: "spr", beside: "gnr", mode: "Ci", keys: "keyid0", policy: "never" },
  lines: [{ name: "X", content: { key: "td", data: "secret" } }],
  acts: [],
  at: 0,
};

/** Adds a click where we stand; what lay ahead is dropped. */
export function withAct(situation: Situation, act: Act): Situation {
  if (situation.at >= MOST_ACTS) return situation;
  const acts = [...situation.acts.slice(0, situation.at), act];
  return { ...situation, acts, at: acts.length };
}

/** Moves to a step, as far as there are any. */
export function atStep(situation: Situation, at: number): Situation {
  return { ...situation, at: Math.min(Math.max(at, 0), situation.acts.length) };
}

/** The same lines and clicks under other settings. */
export function withSettings(situation: Situation, changed: Partial<Settings>): Situation {
  return { ...situation, settings: { ...situation.settings, ...changed } };
}
