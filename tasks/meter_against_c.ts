/**
 * The meter's loops against the same loops in C, built by gcc -O2: both clear the same memory in turn,
 * in one process. Says the ratio of the median times for each loop that this CPU can run, and fails
 * where the meter's is more than 3% slower. Where MOVDIR64B was not among them the last line says so.
 *
 * @module
 */
import { fromFileUrl } from "@std/path";
import { GiB, PAGE_BYTES } from "@tdx/core";
import { Buffers } from "../packages/host/meter/_buffers.ts";
import { GCC_FLAGS, whyNoMovdir64b } from "../packages/host/meter/gcc_fixtures_test.ts";
import { Libc } from "../packages/host/meter/_libc.ts";
import { METER_METHODS, type MeterMethod, obstacleTo } from "../packages/host/meter/methods.ts";
import { PlacedCode } from "../packages/host/meter/_placed_code.ts";
import { cpuidThrough, identifyCpu } from "../packages/host/meter/cpu.ts";
import { spread } from "../packages/host/meter/spread.ts";

const SOURCE = fromFileUrl(new URL("../packages/host/meter/testdata/loops.c", import.meta.url));
const BYTES = GiB / 4;
const REPEATS = 81;
const LEAST_RATIO = 0.97;
const PATTERN = 0xa5a5_a5a5_a5a5_a5a5n;

const LOOP = { parameters: ["u64", "u64", "u64", "u64"], result: "u64" } as const;
type Loop = (start: bigint, bytes: bigint, step: bigint, value: bigint) => bigint;

const reason = await whyNoMovdir64b();
if (reason !== undefined) {
  console.log(`skipped, no ratio was checked: ${reason}`);
  Deno.exit(0);
}
const folder = await Deno.makeTempDir();
try {
  Deno.exitCode = compare(await build(`${folder}/loops.so`)) ? 0 : 1;
} finally {
  await Deno.remove(folder, { recursive: true });
}

async function build(path: string): Promise<string> {
  const flags = [...GCC_FLAGS, "-shared", "-fPIC"];
  const { success } = await new Deno.Command("gcc", { args: [...flags, "-o", path, SOURCE] })
    .spawn().status;
  if (!success) throw new Error(`Expected gcc ${flags.join(" ")} to build ${SOURCE}`);
  return path;
}

function compare(library: string): boolean {
  using libc = new Libc();
  using code = new PlacedCode(libc);
  using buffers = new Buffers(libc, "huge", 1, BYTES);
  const cpu = identifyCpu(cpuidThrough(code));
  const theirs = Deno.dlopen(library, {
    movdir64b: LOOP,
    movdir64bOneFence: LOOP,
    repStosb: LOOP,
    movnti: LOOP,
    clflushopt: LOOP,
  });
  const ours = (address: number): Loop => {
    const pointer = new Deno.UnsafeFnPointer(Deno.UnsafePointer.create(BigInt(address))!, LOOP);
    return (...given) => pointer.call(...given);
  };
  const start = BigInt(buffers.starts[0]!);
  const fill = ours(code.entry.movnti);
  const sweep = (loop: Loop, { source }: MeterMethod) => {
    fill(start, BigInt(BYTES), BigInt(BYTES), PATTERN);
    const value = source === "line" ? BigInt(code.zeros) : 0n;
    const started = performance.now();
    loop(start, BigInt(BYTES), BigInt(PAGE_BYTES), value);
    return (performance.now() - started) * 1e6 * PAGE_BYTES / BYTES;
  };
  console.log(`${cpu.brand}: ns a page of 4 KiB, medians of ${REPEATS}, steps of 4 KiB`);
  let fastEnough = true;
  for (const [name, method] of Object.entries(METER_METHODS)) {
    const reason = obstacleTo(method, cpu);
    if (reason !== undefined) {
      console.log(`${name.padEnd(20)} not run: ${reason}`);
      continue;
    }
    const mine = ours(code.entry[method.routine]);
    const yours = theirs.symbols[method.routine as keyof typeof theirs.symbols] as Loop;
    const times = inTurn(() => sweep(mine, method), () => sweep(yours, method));
    const [ns, nsOfC] = times.map((values) => spread(values).median);
    const ratio = nsOfC! / ns!;
    fastEnough &&= ratio >= LEAST_RATIO;
    console.log(
      `${name.padEnd(20)} meter ${ns!.toFixed(1)}, C ${nsOfC!.toFixed(1)}: ` +
        `ratio ${ratio.toFixed(3)}${ratio >= LEAST_RATIO ? "" : `, less than ${LEAST_RATIO}`}`,
    );
  }
  theirs.close();
  const unchecked = obstacleTo(METER_METHODS.movdir64b, cpu);
  if (unchecked !== undefined) {
    console.log(`The ratio that counts, that of MOVDIR64B, was not checked: ${unchecked}`);
  }
  return fastEnough;
}

/** Times of both, each first in every other pair, after one pair that does not count. */
function inTurn(ours: () => number, theirs: () => number): [number[], number[]] {
  const times: [number[], number[]] = [[], []];
  for (let repeat = 0; repeat <= REPEATS; repeat++) {
    const pair = repeat % 2 === 0 ? [ours(), theirs()] : [theirs(), ours()].reverse();
    if (repeat > 0) times.forEach((values, index) => values.push(pair[index]!));
  }
  return times;
}
