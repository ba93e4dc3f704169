import { LineAutomaton, type LineState, type Operation, type Transition } from "@tdx/core";
import { contentState, KEYS } from "@tdx/litmus";
import { decide } from "@tdx/reclaim";
import { clearingKeys } from "./keys.ts";
import { platformOf } from "./platforms.ts";
import type { Act, Settings, Situation } from "./situation.ts";

/** What one click did on one platform. */
export interface Frame {
  /** The click; `null` for the beginning. */
  readonly act: Act | null;
  /** What was done; `null` at the beginning, where the policy skips a clear, and after the end. */
  readonly operation: Operation | null;
  /** What came of it. */
  readonly outcome: Transition | null;
  /** Every line afterwards. */
  readonly lines: readonly LineState[];
  /** Whether the host took its machine check before: nothing happens any more. */
  readonly ended: boolean;
}

/** What decides about a line: a platform under the settings. */
export type MachineSettings = Pick<Settings, "platform" | "mode" | "keys" | "policy">;

const automata = new Map<string, LineAutomaton>();

/** The automaton of a platform in a mode; one for all, so that transitions are computed once. */
export function automatonOf({ platform, mode }: MachineSettings): LineAutomaton {
  const name = `${platform} ${mode}`;
  let automaton = automata.get(name);
  if (automaton === undefined) {
    const { partialWriteToOwnedLine } = platformOf(platform).memory;
    automata.set(name, automaton = new LineAutomaton({ mode, partialWriteToOwnedLine }));
  }
  return automaton;
}

/** Whether a `clear` clears, as decided by platform and policy. */
export function clears({ platform, mode, keys, policy }: MachineSettings): boolean {
  const hostKeys = clearingKeys(keys);
  return decide({ platform: platformOf(platform), mode, hostKeys, policy }).clear;
}

/** What an act does to its line; `null` where the policy skips the clear. */
export function operationOf(act: Act, machine: MachineSettings): Operation | null {
  const key = KEYS[act.key];
  if (act.operation === "clear") {
    return clears(machine) ? { kind: "movdir64b", by: "host", key, data: "zeros" } : null;
  }
  const data = act.data === undefined ? {} : { data: act.data };
  return { kind: act.operation, by: act.by, key, ...data };
}

/**
 * Plays the clicks of a situation, those ahead of where we stand too.
 *
 * @param situation The situation.
 * @param platform Name of the platform to play them on.
 * @returns The beginning, then a frame for each act.
 * @throws {RangeError} Where no rule covers an act.
 */
export function play(situation: Situation, platform: string): readonly Frame[] {
  const machine = { ...situation.settings, platform };
  const automaton = automatonOf(machine);
  const ci = machine.mode === "Ci";
  const states = situation.lines.map(({ content }) => automaton.intern(contentState(content, ci)));
  const lines = () => states.map((state) => automaton.state(state));
  const frames: Frame[] = [
    { act: null, operation: null, outcome: null, lines: lines(), ended: false },
  ];
  let ended = false;
  for (const act of situation.acts) {
    const operation = ended ? null : operationOf(act, machine);
    const outcome = operation === null
      ? null
      : automaton.step(states[act.line]!, automaton.operation(operation));
    if (outcome !== null) states[act.line] = outcome.next;
    frames.push({ act, operation, outcome, lines: lines(), ended });
    ended ||= hostMachineCheck({ operation, outcome });
  }
  return frames;
}

type Done = Pick<Frame, "operation" | "outcome">;

/** Whether the host took a machine check. */
export function hostMachineCheck({ operation, outcome }: Done): boolean {
  return outcome?.machineCheck === true && operation?.by === "host";
}

/** Whether the host takes its machine check here, or took it before. */
export function isStopped(frame: Frame): boolean {
  return frame.ended || hostMachineCheck(frame);
}

/** Whether a TD, or the module, took one. */
export function tdMachineCheck({ operation, outcome }: Done): boolean {
  return outcome?.machineCheck === true && operation?.by !== "host";
}

/**
 * Finds the first frame in which two runs of the same clicks differ.
 *
 * @returns Its index, or `undefined` where they never part.
 */
export function partingStep(left: readonly Frame[], right: readonly Frame[]): number | undefined {
  const step = left.findIndex((frame, i) => frameName(frame) !== frameName(right[i]!));
  return step < 0 ? undefined : step;
}

function frameName({ outcome, operation, lines }: Frame): string {
  return JSON.stringify([operation?.kind, outcome?.rules, outcome?.machineCheck, lines]);
}
