import type { LineAutomaton, LineState, Operation } from "@tdx/core";
import { contentState, hostKeyNames, type KeyName, KEYS } from "@tdx/litmus";
import { actOf, evictions, OPERATIONS_OF } from "./panel.ts";
import { automatonOf, type MachineSettings, operationOf } from "./play.ts";
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
interface Origin {
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
  const acts = [...outsideActs(hostKeys), ...insideActs()];
  const numbered = acts.flatMap((act) => {
    const operation = operationOf(act, machine);
    return operation === null ? [] : [{ act, id: automaton.operation(operation) }];
  });
  const start = automaton.intern(contentState(content, machine.mode === "Ci"));
  const origins = new Map<number, Origin | null>([[start, null]]);
  for (const from of origins.keys()) {
    for (const { act, id } of numbered) {
      const { next, machineCheck } = automaton.step(from, id);
      // Who takes a machine check is at its end; a speculative read leads to the same line.
      if (!machineCheck && !origins.has(next)) origins.set(next, { from, act });
    }
  }
  const states = new Map([...origins.keys()].map((id) => [id, {
    id,
    state: automaton.state(id),
    acts: wayTo(id, origins),
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

/** Everything that host, devices and caches can do to a line after a reclaim. */
function outsideActs(hostKeys: readonly KeyName[]): readonly Act[] {
  const evicted: readonly KeyName[] = [...hostKeys, "td"];
  return [
    ...hostKeys.flatMap((key) => [...actsOf("host", key), ...actsOf("device", key)]),
    ...evicted.map((key) => actOf("cache", "evict", key, 0)),
  ];
}

/** What the TD and the TDX module can do with the TD's key. */
function insideActs(): readonly Act[] {
  return [...actsOf("td", "td"), ...actsOf("module", "td")];
}

function actsOf(by: keyof typeof OPERATIONS_OF, key: KeyName): readonly Act[] {
  return OPERATIONS_OF[by].map((operation) => actOf(by, operation, key, 0));
}

function wayTo(id: number, origins: ReadonlyMap<number, Origin | null>): readonly Act[] {
  const acts: Act[] = [];
  for (let at = origins.get(id); at != null; at = origins.get(at.from)) acts.push(at.act);
  return acts.reverse();
}
