import type { LineAutomaton, LineState, Operation } from "@tdx/core";
import { contentState, hostKeyNames, type KeyName, KEYS } from "@tdx/litmus";
import { actOf, evictions, OPERATIONS_OF } from "./panel.ts";
import { automatonOf, type MachineSettings, operationFor } from "./play.ts";
import type { Act, Situation } from "./situation.ts";

/** A state that a line can reach. */
export interface MapState {
  /** Its number in the automaton. */
  readonly id: number;
  readonly state: LineState;
  /** The shortest clicks that lead there from the first content. */
  readonly acts: readonly Act[];
}

/** Every state a line can reach by what TD, module, host, devices and caches can do. */
export interface StateMap {
  readonly states: ReadonlyMap<number, MapState>;
  /** What host, devices and caches can do, for {@link futureOf}. */
  readonly outside: readonly number[];
  readonly automaton: LineAutomaton;
  /** The keys that the host loads through. */
  readonly hostKeys: readonly KeyName[];
}

/** Where a state's number comes from, so that the way there can be told. */
interface Arrival {
  readonly from: number;
  readonly act: Act;
}

/**
 * Walks every state that a line can reach, faults left out.
 *
 * @param machine Platform and settings.
 * @param content The line's first content.
 */
export function stateMap(
  machine: MachineSettings,
  content: Situation["lines"][number]["content"],
): StateMap {
  const automaton = automatonOf(machine);
  const hostKeys = hostKeyNames(machine.keys);
  const evicted: readonly KeyName[] = [...hostKeys, "td"];
  const acts = [
    ...hostKeys.flatMap((key) => [...actsThrough("host", key), ...actsThrough("device", key)]),
    ...evicted.map((key) => actOf("cache", "evict", key, 0)),
    ...actsThrough("td", "td"),
    ...actsThrough("module", "td"),
  ];
  const numbered = acts.flatMap((act) => {
    const operation = operationFor(act, machine);
    return operation === null ? [] : [{ act, id: automaton.operation(operation) }];
  });
  const start = automaton.intern(contentState(content, machine.mode === "Ci"));
  const arrivals = new Map<number, Arrival | null>([[start, null]]);
  for (const from of arrivals.keys()) {
    for (const { act, id } of numbered) {
      const { next, machineCheck } = automaton.step(from, id);
      // Who takes a machine check is at its end; a speculative read leads to the same line.
      if (!machineCheck && !arrivals.has(next)) arrivals.set(next, { from, act });
    }
  }
  const states = new Map([...arrivals.keys()].map((id) => [id, {
    id,
    state: automaton.state(id),
    acts: wayTo(id, arrivals),
  }]));
  const outside = numbered.filter(({ act: { by } }) => by === "host" || by === "device")
    .map(({ id }) => id);
  return { states, outside, automaton, hostKeys };
}

/**
 * The states that host, devices and caches alone can reach from one, itself among them. Whatever is
 * cached can be evicted, whosever it is.
 *
 * @param map The map, for what host and devices can do.
 * @param from The state, on the map or not.
 * @param before The acts so far: an eviction encrypts with the key its KeyID has by then.
 */
export function futureOf(
  { automaton, outside }: StateMap,
  from: number,
  before: readonly Act[],
): ReadonlySet<number> {
  const evictionsFrom = (id: number) =>
    evictions([automaton.state(id)], 0, before).map(({ key }) =>
      automaton.operation({ kind: "evict", by: "cache", key: KEYS[key] })
    );
  const reached = new Set([from]);
  for (const id of reached) {
    for (const operation of [...outside, ...evictionsFrom(id)]) {
      reached.add(automaton.step(id, operation).next);
    }
  }
  return reached;
}

/** Whether a load by the host is a machine check now, in any state of the automaton. */
export function isDanger({ automaton, hostKeys }: StateMap, id: number): boolean {
  return hostKeys.some((key) => {
    const load: Operation = { kind: "load", by: "host", key: KEYS[key] };
    return automaton.step(id, automaton.operation(load)).machineCheck;
  });
}

function actsThrough(by: keyof typeof OPERATIONS_OF, key: KeyName): readonly Act[] {
  return OPERATIONS_OF[by].map((operation) => actOf(by, operation, key, 0));
}

function wayTo(id: number, arrivals: ReadonlyMap<number, Arrival | null>): readonly Act[] {
  const acts: Act[] = [];
  for (let at = arrivals.get(id); at != null; at = arrivals.get(at.from)) acts.push(at.act);
  return acts.reverse();
}
