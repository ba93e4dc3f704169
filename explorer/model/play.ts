import {
  type Agent,
  LineAutomaton,
  type LineState,
  type Operation,
  type Transition,
} from "@tdx/core";
import { contentState, KEYS } from "@tdx/litmus";
import { clearOperation, policyClears } from "@tdx/reclaim";
import { platformOf } from "./platforms.ts";
import type { Act, Settings, Situation } from "./situation.ts";

/** Why a click does nothing at all. */
export type Undone =
  /** The policy skips the clear. */
  | "clear-skipped"
  /** The host took its machine check before. */
  | "host-stopped"
  /** This TD took its machine check before, and is marked fatal. */
  | "td-dead"
  /** The TDX module took one: TDX is off until the machine is reset. */
  | "tdx-off";

/** What one click did on one platform. */
export interface Frame {
  /** The click; `null` for the beginning. */
  readonly act: Act | null;
  /** Why nothing was done; `null` where something was, and at the beginning. */
  readonly undone: Undone | null;
  /** What was done; `null` at the beginning, and where nothing was. */
  readonly operation: Operation | null;
  /** What came of it. */
  readonly outcome: Transition | null;
  /** The line of the click before it; `null` at the beginning. */
  readonly before: LineState | null;
  /** Every line afterwards. */
  readonly lines: readonly LineState[];
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
export function clears({ platform, policy }: MachineSettings): boolean {
  return policyClears(policy, platformOf(platform));
}

/** What an act does to its line; `null` where the policy skips the clear. */
export function operationFor(act: Act, machine: MachineSettings): Operation | null {
  const key = KEYS[act.key];
  if (act.operation === "clear") return clears(machine) ? clearOperation(key) : null;
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
  const nothing = { undone: null, operation: null, outcome: null, before: null };
  const frames: Frame[] = [{ ...nothing, act: null, lines: lines() }];
  const stopped = new Set<string>();
  for (const act of situation.acts) {
    const operation = operationFor(act, machine);
    const undone = whyUndone(act, stopped) ?? (operation === null ? "clear-skipped" : null);
    const before = automaton.state(states[act.line]!);
    if (undone !== null || operation === null) {
      frames.push({ ...nothing, act, undone, before, lines: lines() });
      continue;
    }
    const outcome = automaton.step(states[act.line]!, automaton.operation(operation));
    states[act.line] = outcome.next;
    if (outcome.machineCheck) stopped.add(agentName(operation.by, act));
    frames.push({ act, undone, operation, outcome, before, lines: lines() });
  }
  return frames;
}

/** A machine check ends who took it: each TD for itself, the module with every TD, the host all. */
function whyUndone(act: Act, stopped: ReadonlySet<string>): Undone | null {
  if (stopped.has("host")) return "host-stopped";
  if (act.by !== "td" && act.by !== "module") return null;
  if (stopped.has("module")) return "tdx-off";
  return stopped.has(agentName(act.by, act)) ? "td-dead" : null;
}

function agentName(by: Agent, { key }: Act): string {
  return by === "td" ? `td ${key}` : by;
}

type Done = Pick<Frame, "operation" | "outcome">;

/** Who took a machine check, if somebody did. */
export function machineCheckOf({ operation, outcome }: Done): "host" | "td" | "module" | null {
  if (operation === null || outcome?.machineCheck !== true) return null;
  return operation.by === "host" || operation.by === "module" ? operation.by : "td";
}

/** Whether the host takes its machine check here, or took it before. */
export function isStopped(frame: Frame): boolean {
  return frame.undone === "host-stopped" || machineCheckOf(frame) === "host";
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

function frameName({ outcome, undone, lines }: Frame): string {
  return JSON.stringify([undone, outcome?.rules, outcome?.machineCheck, lines]);
}
