// shutdown.sh in a kernel of its own, on a teardown that spins for known times and returns known
// statuses: the test module says what it did, and the reader has to come to the same.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { explainShutdown, readShutdown, replayCalls, SHUTDOWN_FUNCTIONS } from "@tdx/host";
import { generic } from "@tdx/platform-generic";
import { missingProgram, skippable } from "../skippable.ts";
import { missingMachine, runMachine } from "./machine.ts";

const missing = await missingMachine();
const folder = await Deno.makeTempDir({ prefix: "tdx_qemu_" });
/** How many calls are counted in the kernel: `CALLS=100000000 deno task test:qemu` takes about half an hour more. */
const CALLS = Number(Deno.env.get("CALLS") ?? 50_000);
let booted: Promise<void> | undefined;

/** Boots once for all tests. */
async function read(file: string): Promise<string> {
  booted ??= boot();
  await booted;
  return await Deno.readTextFile(join(folder, file));
}

async function boot(): Promise<void> {
  const inside = fromFileUrl(new URL("./inside.sh", import.meta.url));
  const script = `CALLS=${CALLS}\n${await Deno.readTextFile(inside)}`;
  await runMachine(folder, script, Math.max(1800, CALLS / 1000));
}

interface Truth {
  readonly calls: number;
  readonly ns: number;
}

/** What the test module did, by function. */
async function truth(name: string): Promise<Map<string, Truth>> {
  const lines = (await read(`${name}.truth`)).trim().split("\n");
  return new Map(lines.map((line) => {
    const [symbol, calls, ns] = line.split(" ");
    return [symbol!, { calls: Number(calls), ns: Number(ns) }];
  }));
}

/** The share of each phase in all of them, in percent. */
function shares(entries: Iterable<readonly [string, number]>): Map<string, number> {
  const times = new Map<string, number>();
  for (const [phase, ns] of entries) times.set(phase, (times.get(phase) ?? 0) + ns);
  const all = [...times.values()].reduce((sum, ns) => sum + ns, 0);
  return new Map([...times].map(([phase, ns]) => [phase, 100 * ns / all]));
}

/** Points of a hundred by which a share may be off. */
const TOLERANCE = 5;
/** The tool's own: the time within functions that the module does not count. */
const UNCOUNTED = ["everything else"];

function measures(name: string, what: string, functions: readonly string[] | undefined) {
  return async () => {
    const trace = readShutdown(await read(`${name}.txt`), { name });
    assertEquals(trace.lost, 0);
    const expected = new Map(
      [...await truth(name)].filter(([symbol]) => functions?.includes(symbol) ?? true),
    );
    for (const [symbol, { calls }] of expected) {
      assertEquals(trace.functions.get(symbol)?.calls, calls, `${what}: calls of ${symbol}`);
    }
    const { phases } = explainShutdown(trace);
    const right = shares(
      [...expected].map(([symbol, { ns }]) => [SHUTDOWN_FUNCTIONS[symbol]!.phase, ns] as const),
    );
    const found = shares(
      phases.filter(({ phase }) => !UNCOUNTED.includes(phase))
        .map(({ phase, seconds }) => [phase, seconds.high] as const),
    );
    for (const [phase, share] of right) {
      const off = Math.abs(share - (found.get(phase) ?? 0));
      assert(off <= TOLERANCE, `${what}: ${phase} is ${share}%, found ${found.get(phase)}%`);
    }
    assertEquals(await read(`${name}.diff`), "", "the state of ftrace");
  };
}

const SEAMCALLS = Object.keys(SHUTDOWN_FUNCTIONS).filter((name) => name.startsWith("tdh_"));
const test = (name: string, fn: () => Promise<void>, lacking = missing) =>
  Deno.test({ ...skippable(lacking, name, fn), sanitizeResources: false, sanitizeOps: false });

test(
  "hist: counts are exact, shares within 5 points, ftrace is as before",
  measures("hist", "hist", undefined),
);
test("hist in busybox, on the path terminate", measures("terminate", "hist", undefined));
test("graph: the same by the function graph", measures("graph", "graph", undefined));
test("calls: the same of every SEAMCALL", measures("calls", "calls", SEAMCALLS));
test(
  "bpftrace: the same by our script",
  measures("bpftrace", "bpftrace", undefined),
  missing ?? await missingProgram("bpftrace", "--version"),
);

test("calls replays on the model of the module, up to the lie that the test module tells", async () => {
  const { agreed, difference } = replayCalls(await read("calls.txt"), { platform: generic });
  const { recorded, model, rule } = difference!;
  assertEquals([agreed, difference!.function, rule], [55, "tdh_phymem_page_reclaim", "T5"]);
  assertEquals([recorded.name, (model as typeof recorded).name], [
    "PAGE_METADATA_INCORRECT",
    "SUCCESS",
  ]);
});

test("hist takes statuses: a busy block, two interrupts of the write-back, a failed reclaim", async () => {
  const refusals = async (name: string) =>
    explainShutdown(readShutdown(await read(`${name}.txt`))).refusals!.map((
      { function: symbol, status, count, retry },
    ) => [symbol, status.name, status.operand, count, retry]).sort();
  assertEquals(await refusals("hist"), [
    ["tdh_mem_range_block", "OPERAND_BUSY", "RCX", 1, true],
    ["tdh_phymem_cache_wb", "INTERRUPTED_RESUMABLE", null, 2, true],
  ]);
  assertEquals(await refusals("terminate"), [
    ["tdh_phymem_cache_wb", "INTERRUPTED_RESUMABLE", null, 2, true],
    ["tdh_phymem_page_reclaim", "PAGE_METADATA_INCORRECT", "RCX", 1, false],
  ]);
});

test("hist counts in the kernel: three times the pages, no more to write; its cost is told", async () => {
  const [small, large] = [await read("hist.txt"), await read("terminate.txt")];
  // A line for each function and status, however many calls: 10^8 take a few digits more.
  assert(Math.abs(small.length - large.length) < 1000, `${small.length} and ${large.length}`);
  assert(small.length < 10_000);
  const { cost } = readShutdown(small);
  assert(cost !== null && cost.nsPerCall >= cost.nsSeen && cost.nsSeen > 0, JSON.stringify(cost));
  // Neither addresses nor names of programs.
  assertEquals(/ffff[0-9a-f]{12}|\bsh-\d/.test(small), false);
});

test("hist counts as many calls as there are, in a file as small; what is seen of its cost is what it says", async () => {
  const text = await read("many.txt");
  assert(text.length < 10_000, `${text.length} bytes`);
  const { functions, cost, lost } = readShutdown(text);
  assertEquals([functions.get("tdx_pamt_put")?.calls, lost], [CALLS, 0]);
  const nsPerCall = async (name: string) => (await truth(name)).get("tdx_pamt_put")!.ns / CALLS;
  const [bare, traced] = [await nsPerCall("bare"), await nsPerCall("many")];
  console.log(
    `${CALLS} calls: ${Math.round(bare)} ns each, ${Math.round(traced)} ns when measured; ` +
      `said to take ${cost!.nsPerCall} ns longer; ${text.length} bytes written`,
  );
  // The function does nothing: all that is seen as its own is what measuring takes.
  const seen = functions.get("tdx_pamt_put")!.ns!.high / CALLS;
  assert(Math.abs(seen - cost!.nsSeen) < seen / 10, `${seen} ns, said to be ${cost!.nsSeen} ns`);
  assert(traced - bare > seen, `${traced} ns, ${bare} ns, ${seen} ns`);
  assertEquals(await read("many.diff"), "");
});

test("a shutdown that goes on at the stop is said to", async () => {
  const { doubts } = explainShutdown(readShutdown(await read("running.txt")));
  assertMatch(doubts[0]!, /still running|not come to its end/);
  assertEquals(await read("running.diff"), "");
});

test("Ctrl-C puts everything back, at the start and at the stop", async () => {
  for (const name of ["interrupted_cost", "interrupted_start", "interrupted_stop"]) {
    assertStringIncludes(await read(`${name}.stderr`), "interrupted, everything is put back");
    assertEquals(await read(`${name}.diff`), "", name);
  }
});

const REFUSED = {
  no_functions: "Expected a kernel with the functions tdh_…, got none",
  nothing_started: "Expected a measurement under way, got none",
  wrong_word: "Expected start [METHOD], stop or cancel, got begin",
  wrong_method: "Expected hist, profile, bpftrace, graph or calls, got strace",
  not_root: "Expected root, got another user",
  already_started: "Expected no measurement under way, got one",
  busy: "Expected tracing that is free and has graph, got none",
  no_tracefs: "Expected tracefs, got none",
  lockdown: "Expected a kernel that may be traced, got one in lockdown",
};

test("what cannot be is refused in one line, and changes nothing", async () => {
  for (const [name, line] of Object.entries(REFUSED)) {
    const said = await read(`${name}.stderr`);
    assertStringIncludes(said, `shutdown.sh: ${line}`);
    assertEquals([said.trim().split("\n").length, await read(`${name}.code`)], [1, "1\n"], name);
    assertEquals(await read(`${name}.stdout`), "");
  }
  assertEquals(await read("busy.diff"), "");
});

globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
