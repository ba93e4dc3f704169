import { explore, System } from "@tdx/litmus";
import { decide } from "@tdx/reclaim";
import { spr } from "@tdx/platform-spr";
import { endlessProblem, MACHINE } from "../tasks/spin_bench_model.ts";
import { type Figure, inTurn, timed } from "./figure.ts";

const CALLS = 200_000;

/** One decision, warm. */
export function decision(): Promise<Figure> {
  // Without the mark of a checked platform, which makes a copy several times slower.
  const plain = { ...spr };
  return inTurn({
    name: "decide, warm",
    unit: "ns",
    repeats: 7,
    measure: () => nanoseconds(() => decide({ platform: spr }).clear),
    beside: {
      name: "copy a platform",
      measure: () => nanoseconds(() => ({ ...plain }).name.length > 0),
    },
    goal: { text: "under 1000 ns", met: (ns) => ns < 1000 },
  });
}

/** Every state of three lines under two hosts and a device: states each millisecond. */
export function explorer(): Promise<Figure> {
  const system = new System(endlessProblem(3), MACHINE);
  const measure = async () => {
    const { states, milliseconds } = await explore(system);
    return states / milliseconds;
  };
  // As many bits set at random as the exploration has transitions.
  const bits = new Uint32Array(Math.ceil(system.bound / 32));
  const setBits = async () => {
    const { states, transitions } = await explore(system);
    const ms = await timed(() => {
      for (let i = 0, at = 1; i < transitions; i++) {
        at = Math.imul(at, 1664525) + 1013904223 | 0;
        bits[(at >>> 0) % bits.length]! |= 1 << (at & 31);
      }
    });
    return states / ms;
  };
  return inTurn({
    name: "exploration, 3 lines, 2 hosts, a device",
    unit: "states/ms",
    repeats: 3,
    measure,
    beside: { name: "one random bit per transition", measure: setBits },
  });
}

function nanoseconds(work: () => unknown): number {
  const started = performance.now();
  let kept: unknown;
  for (let i = 0; i < CALLS; i++) kept = work();
  if (kept === undefined) throw new Error("Expected a result");
  return (performance.now() - started) * 1e6 / CALLS;
}
