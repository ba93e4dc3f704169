import { explore, System } from "@tdx/litmus";
import { decide } from "@tdx/reclaim";
import { spr } from "@tdx/platform-spr";
import config from "../deno.json" with { type: "json" };
import { endlessProblem, MACHINE } from "../tasks/spin_bench_model.ts";
import { type Figure, inTurn, timed } from "./figure.ts";

const CALLS = 200_000;

/** One decision, warm. */
export async function decision(): Promise<Figure> {
  // Without the mark of a checked platform, which makes a copy several times slower.
  const plain = { ...spr };
  const { samples, yard } = await inTurn(
    7,
    () => nanoseconds(() => decide({ platform: spr }).clear),
    () => nanoseconds(() => ({ ...plain }).name.length > 0),
  );
  return {
    name: "decide, warm",
    unit: "ns",
    samples,
    beside: { name: "copy a platform", samples: yard },
    goal: { text: "under 1000 ns", met: (ns) => ns < 1000 },
  };
}

/** `tdx decide` from the shell against an empty program. */
export async function start(): Promise<Figure> {
  const folder = new URL("..", import.meta.url);
  const run = (...args: string[]) => async () => {
    const command = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", ...args],
      cwd: folder,
    });
    return await timed(() => command.output());
  };
  // As `deno task tdx` runs it, which loads the subcommand that is asked for and no other.
  const [, , ...words] = config.tasks.tdx.command.split(" ");
  const { samples, yard } = await inTurn(
    9,
    run(...words, "decide", "--platform", "emr"),
    run("bench/empty.ts"),
  );
  return {
    name: "tdx decide from the shell",
    unit: "ms",
    samples,
    beside: { name: "an empty program", samples: yard },
    goal: { text: "at most 1.5 times", met: (_, ratio) => ratio <= 1.5 },
  };
}

/** Every state of three lines under two hosts and a device: states each millisecond. */
export async function explorer(): Promise<Figure> {
  const system = new System(endlessProblem(3), MACHINE, { lost: false });
  const one = async () => {
    const { states, milliseconds } = await explore(system);
    return states / milliseconds;
  };
  // As many bits set at random as the exploration has transitions.
  const bits = new Uint32Array(Math.ceil(system.bound / 32));
  const beside = async () => {
    const { states, transitions } = await explore(system);
    const ms = await timed(() => {
      for (let i = 0, at = 1; i < transitions; i++) {
        at = Math.imul(at, 1664525) + 1013904223 | 0;
        bits[(at >>> 0) % bits.length]! |= 1 << (at & 31);
      }
    });
    return states / ms;
  };
  const { samples, yard } = await inTurn(3, one, beside);
  return {
    name: "exploration, 3 lines, 2 hosts, a device",
    unit: "states/ms",
    samples,
    beside: { name: "one random bit per transition", samples: yard },
  };
}

function nanoseconds(work: () => unknown): number {
  const started = performance.now();
  let kept: unknown;
  for (let i = 0; i < CALLS; i++) kept = work();
  if (kept === undefined) throw new Error("Expected a result");
  return (performance.now() - started) * 1e6 / CALLS;
}
