import { assert, assertEquals } from "@std/assert";
import type { ClosureKeys } from "@tdx/litmus";
import type { Policy } from "@tdx/reclaim";
import { mapPanels } from "./map_grid.ts";
import { actOf } from "./panel.ts";
import { automatonOf, play } from "./play.ts";
import { START, withSettings } from "./situation.ts";
import { futureOf, isDanger, stateMap } from "./state_map.ts";

const { content } = START.lines[0]!;

Deno.test("stateMap() leads to every state by the clicks it names", () => {
  for (const platform of ["spr", "gnr"]) {
    const machine = { ...START.settings, platform };
    const { states } = stateMap(machine, content);
    for (const { state, acts } of states.values()) {
      const frames = play({ ...START, acts, at: acts.length }, platform);
      assertEquals(frames.at(-1)!.lines, [state]);
    }
  }
});

// What host, devices and caches can meet from a reclaimed line that nothing was done to: section 7.
const HAZARDS: readonly [platform: string, keys: ClosureKeys, policy: Policy, hazard: boolean][] = [
  ["spr", "keyid0", "never", true],
  ["gnr", "keyid0", "never", false],
  ["spr", "shared-integrity", "never", true],
  ["gnr", "shared-integrity", "never", true],
  ["gnr", "keyid0+integrity", "always", true],
];

for (const [platform, keys, policy, hazard] of HAZARDS) {
  const wanted = hazard ? "finds a danger" : "finds no danger";
  Deno.test(`futureOf() ${wanted} on ${platform} with ${keys}`, () => {
    const machine = { platform, keys, policy, mode: "Ci" as const };
    const map = stateMap(machine, content);
    const start = automatonOf(machine).intern(
      play(withSettings(START, machine), platform)[0]!.lines[0]!,
    );
    const dangers = [...futureOf(map, start, [])].filter((id) => isDanger(map, id));
    assertEquals(dangers.length > 0, hazard);
  });
}

Deno.test("futureOf() holds no danger after the clear, on spr", () => {
  const machine = { ...START.settings, platform: "spr", policy: "quirk" as const };
  const map = stateMap(machine, content);
  const cleared = [...map.states.values()].find(({ acts }) =>
    acts.length === 1 && acts[0]!.operation === "clear"
  )!;
  assert([...futureOf(map, cleared.id, [])].every((id) => !isDanger(map, id)));
});

Deno.test("futureOf() evicts what another TD has cached, though the map leaves that TD out", () => {
  const machine = { ...START.settings, platform: "spr" };
  const map = stateMap(machine, content);
  const acts = [actOf("td", "store", "td3", 0), actOf("host", "movdir64b", "keyid0", 0)];
  const line = play({ ...START, acts }, "spr").at(-1)!.lines[0]!;
  const present = map.automaton.intern(line);
  assert(!map.states.has(present));
  // Evicted after the clear, the copy makes the line a TD's again: W1, W5, R0.
  assert([...futureOf(map, present, acts)].some((id) => isDanger(map, id)));
});

Deno.test("mapPanels() has a place for every state, and each once", () => {
  for (const keys of ["keyid0", "keyid0+integrity"] as const) {
    const { states } = stateMap({ ...START.settings, keys }, content);
    const placed = mapPanels(states.values()).flatMap(({ cells }) => cells.flat())
      .flatMap((cell) => cell === undefined ? [] : [cell.id]);
    assertEquals(placed.sort((a, b) => a - b), [...states.keys()].sort((a, b) => a - b));
  }
});
