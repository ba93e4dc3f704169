import type { Act, Situation } from "./situation.ts";
import { START } from "./situation.ts";

/** A step of the tour: what is to be seen, and what to think of it. */
export interface TourStep {
  readonly title: string;
  readonly text: string;
  readonly situation: Situation;
}

const HOST = { by: "host", line: 0, key: "keyid0" } as const;
const USE: readonly Act[] = [
  { ...HOST, operation: "partial-write", data: "host" },
  { ...HOST, operation: "load" },
];
const CLEARED: readonly Act[] = [{ ...HOST, operation: "clear" }, ...USE];

/** What the page is about, in three steps. */
export const TOUR: readonly TourStep[] = [
  {
    title: "A TD has gone",
    text:
      "Its page is the host's again, but nothing has cleared it: this 64-byte line still holds " +
      "the TD's secret, and TD owner is 1. Sapphire Rapids has the erratum, Granite Rapids does not.",
    situation: START,
  },
  {
    title: "The host uses the line",
    text: "It writes less than 64 bytes, then loads. With the erratum the write poisons the line " +
      "(W5), and the load is a machine check. Without it the write converts the line (W4).",
    situation: { ...START, acts: USE, at: USE.length },
  },
  {
    title: "Linux clears it first",
    text: "With the policy quirk, clear is a MOVDIR64B of the whole line where the CPU has the " +
      "erratum, and nothing elsewhere: no machine check on either. Now click what you like.",
    situation: {
      ...START,
      settings: { ...START.settings, policy: "quirk" },
      acts: CLEARED,
      at: CLEARED.length,
    },
  },
];
