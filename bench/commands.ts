import { defined } from "@tdx/core";
import config from "../deno.json" with { type: "json" };
import { type Figure, inTurn, timed } from "./figure.ts";

/** A command as a person starts it, and how much memory its work touches at least. */
interface Command {
  readonly name: string;
  /** Task and arguments, as behind `deno task`. */
  readonly line: string;
  /** Bytes that the yardstick of its work fills: one for each line or page that is told apart. */
  readonly fills?: number;
  readonly repeats?: number;
}

const SCATTERED = "tdx teardown --platform spr --host-memory 1TiB --memory 64GiB --scatter " +
  "--poison-rate 1e-5 --policy never";

const COMMANDS: readonly Command[] = [
  { name: "`tdx decide`", line: "tdx decide --platform emr", repeats: 9 },
  { name: "`tdx check`", line: "tdx check" },
  {
    name: "`tdx litmus`, one scenario",
    line: "tdx litmus packages/litmus/scenarios/kexec-as-is.tdx",
  },
  { name: "`tdx estimate`", line: "tdx estimate --memory 400GiB --vcpus 64 --platform gnr" },
  { name: "`tdx mce`", line: "tdx mce packages/cli/mce/testdata/panic.txt" },
  { name: "`deno task reclaim`", line: "reclaim" },
  {
    name: "teardown of 6 TiB on 16 TiB",
    line: "tdx teardown --platform emr --memory 6TiB --host-memory 16TiB",
  },
  {
    name: "teardown of 64 GiB scattered over 1 TiB, poisoned at random",
    line: SCATTERED,
    fills: 2 ** 30,
    repeats: 3,
  },
  { name: "the same with `--html`", line: `${SCATTERED} --html HTML`, fills: 2 ** 30, repeats: 1 },
  {
    name: "teardown of 1 GiB, every line poisoned",
    line: "tdx teardown --platform spr --memory 1GiB --poison-rate 1",
    fills: 2 ** 24,
    repeats: 3,
  },
];

/**
 * Every command end to end: a cold process with all its set-up, in processor seconds (user and
 * system), beside an empty program, and what a heavy one touches beside filling as many bytes.
 */
export async function commands(): Promise<Figure[]> {
  const html = await Deno.makeTempFile({ suffix: ".html" });
  const figures: Figure[] = [];
  for (const { name, line, fills, repeats = 5 } of COMMANDS) {
    const [task, ...words] = line.split(" ").map((word) => word === "HTML" ? html : word);
    const { command } = config.tasks[task as "tdx" | "reclaim"];
    const args = [...command.split(" ").slice(1), ...words];
    const mebibytes = await peakMebibytes(args);
    const figure = await inTurn({
      name,
      unit: "s",
      repeats,
      measure: () => processorSeconds(args),
      beside: {
        name: "an empty program",
        measure: () => processorSeconds(["run", "--quiet", "bench/empty.ts"]),
      },
    });
    const own = { ...figure, ...defined({ mebibytes }) };
    figures.push(own);
    if (fills === undefined) continue;
    const bytes = new Uint8Array(fills);
    const yard: number[] = [];
    for (const _ of own.samples) yard.push(await timed(() => bytes.fill(yard.length)) / 1000);
    figures.push({ ...own, beside: { name: `fill ${fills / 2 ** 20} MiB`, samples: yard } });
  }
  await Deno.remove(html);
  return figures;
}

/** Processor time of a Deno process with these arguments, user and system, in seconds. */
async function processorSeconds(args: readonly string[]): Promise<number> {
  const [, children] = (await shell('"$@" >/dev/null 2>&1; times', args)).trim().split("\n");
  const seconds = children!.trim().split(" ").map((time) => {
    const [minutes, rest] = time.replace(",", ".").split("m");
    return 60 * Number(minutes) + parseFloat(rest!);
  });
  return seconds.reduce((sum, each) => sum + each, 0);
}

/** The most memory that such a process held, in MiB; `undefined` where `/proc` does not tell. */
async function peakMebibytes(args: readonly string[]): Promise<number | undefined> {
  const said = await shell(
    '"$@" >/dev/null 2>&1 & while kill -0 $! 2>/dev/null; do ' +
      "grep VmHWM /proc/$!/status 2>/dev/null; sleep 0.02; done",
    args,
  );
  const peaks = [...said.matchAll(/VmHWM:\s+(\d+) kB/g)].map(([, kibibytes]) => Number(kibibytes));
  return peaks.length === 0 ? undefined : Math.max(...peaks) / 1024;
}

async function shell(script: string, args: readonly string[]): Promise<string> {
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", script, "sh", Deno.execPath(), ...args],
    cwd: new URL("..", import.meta.url),
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout);
}
