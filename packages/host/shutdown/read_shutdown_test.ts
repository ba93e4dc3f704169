import { assert, assertEquals, assertThrows } from "@std/assert";
import { fixture } from "./_fixtures_test.ts";
import { readShutdown } from "./read_shutdown.ts";
import type { ShutdownForm } from "./shutdown_trace.ts";

/** What the test module said of the same run: calls and nanoseconds within the function. */
const RECORDED: readonly (readonly [
  name: string,
  form: ShutdownForm,
  functions: Readonly<Record<string, readonly [calls: number, ns: number]>>,
])[] = JSON.parse(fixture("truth.json"));

for (const [name, form, functions] of RECORDED) {
  Deno.test(`readShutdown() reads ${name}: every call, and its time`, () => {
    const trace = readShutdown(fixture(name), { name });
    assertEquals([trace.form, trace.lost], [form, 0]);
    for (const [symbol, [calls, ns]] of Object.entries(functions)) {
      const found = trace.functions.get(symbol);
      assertEquals([symbol, found?.calls, found?.unfinished], [symbol, calls, 0]);
      const { low, high } = found!.ns!;
      // In emulation tracing takes up to 0.1 ms of a call, which are seen as its own.
      const least = low - calls * 100_000 - ns / 20;
      assert(least <= ns && ns <= high, `${symbol}: ${ns} in ${low} to ${high}`);
    }
  });
}

Deno.test("readShutdown() takes statuses, and none of a function that returns nothing", () => {
  const { functions, kernel, missing, cost } = readShutdown(fixture("hist.txt"));
  const statuses = (name: string) => [...functions.get(name)!.statuses ?? []].sort();
  assertEquals(statuses("tdh_mem_range_block"), [[0n, 20], [0x8000020000000001n, 1]]);
  assertEquals(statuses("tdh_phymem_cache_wb"), [[0n, 1], [0x8000000300000000n, 2]]);
  assertEquals(functions.get("tdx_quirk_reset_page")!.statuses, null);
  assertEquals(kernel, "6.1.0-56-amd64");
  assertEquals(missing, ["tdx_clear_page", "tdx_quirk_reset_paddr", "tdx_pamt_put"]);
  assertEquals(cost?.calls, 20_000);
});

Deno.test("readShutdown() gives a histogram of bpftrace as a range, and stats as they are", () => {
  const lines = fixture("bpftrace_maps.txt").split("\n");
  const alone = lines.filter((line) => !line.includes('"stats"')).join("\n");
  const { ns, calls } = readShutdown(alone).functions.get("tdh_mem_track")!;
  const [low, high] = [
    16 * 256 + 1 * 512 + 1 * 1024 + 2 * 16384,
    16 * 512 + 1 * 1024 + 1 * 2048 + 2 * 32768,
  ];
  // This map counted microseconds, which its name does not say: taken as nanoseconds.
  assertEquals([calls, ns], [20, { low, high }]);
  const named = alone.replaceAll("@tdh_mem_track", "@tdh_mem_track_us");
  assertEquals(readShutdown(named).functions.get("tdh_mem_track")!.ns!.low, low * 1000);
});

/** The function graph as newer kernels print it: trace_functions_graph.c of 6.5 and of 6.16. */
const NEWER = {
  "6.5": ` 0)   1.500 us    |  tdh_mem_track(); /* = 0x0 */
 0)               |  tdx_mmu_release_hkid() {
 0)   2.000 us    |    tdh_vp_flush(); /* = 0x8000020000000080 */
 0)   9.000 us    |  } /* tdx_mmu_release_hkid = 0x1 */`,
  "6.16": ` 0)   1.500 us    |  tdh_mem_track(td=0xff11000123456780); /* ret=0x0 */
 0)               |  tdx_mmu_release_hkid(kvm=0xff11000123450000) {
 0)   2.000 us    |    tdh_vp_flush(vp=0xff11000123456000); /* <-tdx_flush+0x10/0x20 ret=0x8000020000000080 */
 0)   9.000 us    |  } /* tdx_mmu_release_hkid ret=0x1 */`,
};
for (const [version, text] of Object.entries(NEWER)) {
  Deno.test(`readShutdown() reads statuses of a function graph as Linux ${version} writes them`, () => {
    const { functions } = readShutdown(text);
    assertEquals(functions.get("tdh_mem_track")!.statuses, new Map([[0n, 1]]));
    assertEquals(functions.get("tdh_vp_flush")!.statuses, new Map([[0x8000020000000080n, 1]]));
    assertEquals(functions.get("tdx_mmu_release_hkid")!.ns, { low: 9000, high: 9000 });
  });
}

Deno.test("readShutdown() sums up the function profiler and perf ftrace profile", () => {
  const profile = `  Function        Hit    Time            Avg             s^2
  --------        ---    ----            ---             ---
  tdh_mem_track    40    80.500 us       2.012 us        0.010 us
  vfs_read          4     8.000 us       2.000 us        0.010 us
  Function        Hit    Time            Avg             s^2
  --------        ---    ----            ---             ---
  tdh_mem_track    10    19.500 us       1.950 us        0.010 us
`;
  const perf = `# Total (us)   Avg (us)   Max (us)      Count   Function
      100.000      2.000      5.000         50   tdh_mem_track
`;
  for (const text of [profile, perf]) {
    const { functions } = readShutdown(text);
    const { calls, ns } = functions.get("tdh_mem_track")!;
    assertEquals([functions.size, calls, ns], [1, 50, { low: 100_000, high: 100_000 }]);
  }
});

Deno.test("readShutdown() reads funclatency: the total, or a range where there is none", () => {
  const text = fixture("funclatency.txt");
  const of = (text: string) => readShutdown(text).functions.get("tdh_phymem_page_reclaim")!;
  assertEquals([of(text).calls, of(text).ns], [2000, { low: 80_716_000, high: 80_716_000 }]);
  const classes = text.replace(/^avg.*$/m, "");
  assertEquals(of(classes).ns, { low: 60_668_000, high: 121_336_000 });
});

Deno.test("readShutdown() gives functions of one funclatency their classes, not the sum of all", () => {
  const { functions } = readShutdown(fixture("funclatency-each.txt"));
  assertEquals([...functions].map(([name, { calls }]) => [name, calls]), [
    ["tdh_phymem_page_reclaim", 8216],
    ["tdh_phymem_cache_wb", 20],
    ["tdh_mem_track", 8215],
  ]);
  const low = 6 * 2 ** 21 + 4 * 2 ** 22 + 9 * 2 ** 23 + 2 ** 24;
  assertEquals(functions.get("tdh_phymem_cache_wb")!.ns, { low, high: 2 * low });
});

Deno.test("readShutdown() adds up the intervals of funclatency, by libbpf-tools too", () => {
  const { calls, ns } = readShutdown(fixture("funclatency-libbpf.txt")).functions
    .get("tdh_phymem_cache_wb")!;
  // Milliseconds: 11 from 2 to 4, 8 from 4 to 8, 8 from 8 to 16.
  assertEquals([calls, ns], [27, { low: 118e6, high: 236e6 }]);
});

Deno.test("readShutdown() takes the total of perf ftrace latency, in its unit", () => {
  const of = (name: string) => readShutdown(fixture(name), { name }).functions;
  const track = of("tdh_mem_track.perf-latency.txt").get("tdh_mem_track")!;
  assertEquals([track.calls, track.ns], [20, { low: 8_543_392, high: 8_543_392 }]);
  const remove = of("tdh_mem_page_remove.perf-buckets.txt").get("tdh_mem_page_remove")!;
  assertEquals([remove.calls, remove.ns], [20, { low: 20_692_000, high: 20_692_000 }]);
});

Deno.test("readShutdown() takes statuses of bpftrace, and no CPU or process for one", () => {
  const text = fixture("bpftrace-0.23.txt");
  const statuses = (text: string) =>
    readShutdown(text).functions.get("tdh_mem_range_block")!.statuses;
  assertEquals(statuses(text), new Map([[0x8000020000000001n, 1], [0n, 20]]));
  assertEquals(statuses(text.replace("tdh_mem_track,0", "tdh_mem_track,7")), null);
});

Deno.test("readShutdown() keeps the calls of idle CPUs apart", () => {
  const line = (cpu: number, time: string, rest: string) =>
    `          <idle>-0     [00${cpu}]    ${time}: funcgraph_${rest}\n`;
  const { functions } = readShutdown(
    line(0, "1.0", "entry:               |  tdh_vp_flush() {") +
      line(1, "1.1", "entry:               |  tdh_phymem_cache_wb() {") +
      line(0, "1.2", "exit:       5.000 us |  }") +
      line(1, "1.3", "exit:       9.000 us |  }"),
  );
  const ns = (name: string) => functions.get(name)!.ns!.high;
  assertEquals([ns("tdh_vp_flush"), ns("tdh_phymem_cache_wb")], [5000, 9000]);
});

Deno.test("readShutdown() takes the span of a shutdown's functions alone, to the last return", () => {
  const span = (text: string) => readShutdown(text).spanNs;
  const shutdown = ` 10.000000 |   0)   1.000 us    |  tdh_mem_track();
 10.000001 |   0)   2.000 us    |  tdh_mem_page_remove();
`;
  assertEquals(span(shutdown), 3000);
  const more = ` 3.000000 |   0)   1.000 us    |  tdh_mng_create();
${shutdown} 99.000000 |   0)   1.000 us    |  vfs_read();
`;
  assertEquals(span(more), 3000);
});

Deno.test("readShutdown() counts what a trace lost, and calls that did not end", () => {
  const { lost, functions } = readShutdown(` 0)   1.5 us    |  tdh_mem_track();
CPU:0 [LOST 4680 EVENTS]
 0)               |  tdx_vcpu_free() {
`);
  assertEquals([lost, functions.get("tdx_vcpu_free")!.unfinished], [4680, 1]);
});

const hist = fixture("hist.txt");
const WRONG: Readonly<Record<string, readonly [text: string, message: string]>> = {
  "another program's file": [
    "total 12\ndrwxr-xr-x 2 root root\n",
    "a:1:1: Expected what shutdown.sh stop",
  ],
  "an empty file": ["", "a:1:1: Expected what shutdown.sh stop"],
  "binary data": ["\x7fELF\x01\x02", "got binary data"],
  "a file that is cut": [hist.slice(0, hist.indexOf("stop ")), "got one that is cut"],
  "another version": [
    hist.replace("tdx-shutdown 1", "tdx-shutdown 2"),
    "a:1:1: Expected version 1",
  ],
  "a line of another kind": [`${hist}jump 1\n`, 'Expected a line of shutdown.sh, got "jump 1"'],
  "a count that is none": [
    hist.replace(/^entered (\w+) \d+/m, "entered $1 many"),
    "Expected a line of shutdown.sh, got",
  ],
  "a status that is none": [
    hist.replace(/^returned (\w+) \w+/m, "returned $1 what"),
    "Expected a status in hexadecimal",
  ],
  "other functions": [
    "# CPU  DURATION                  FUNCTION CALLS\n 0)   1.5 us    |  vfs_read();\n",
    "Expected functions of a TD's shutdown",
  ],
  "bpftrace that is cut": [
    '{"type": "map", "data": {"@a": {}}}\n{"type": "ma',
    "a:2:1: Expected one JSON",
  ],
  "perf ftrace latency of no name": [
    fixture("tdh_mem_page_remove.perf-latency.txt"),
    "Expected the name of the function",
  ],
};
for (const [what, [text, message]] of Object.entries(WRONG)) {
  Deno.test(`readShutdown() refuses ${what}, and says where`, () => {
    assertThrows(() => readShutdown(text, { name: "a" }), SyntaxError, message);
  });
}
