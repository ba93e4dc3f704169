import { assert, assertAlmostEquals, assertEquals, assertMatch } from "@std/assert";
import { explainShutdown, type ShutdownExplanation } from "./explain_shutdown.ts";
import { joinShutdowns } from "./join_shutdowns.ts";
import { readShutdown } from "./read_shutdown.ts";
import { fixture } from "./_fixtures_test.ts";

const explain = (text: string) => explainShutdown(readShutdown(text));
const seconds = ({ phases }: ShutdownExplanation, name: string) =>
  phases.find(({ phase }) => phase === name)?.seconds.high;

/** What `shutdown.sh` writes by `hist`: calls, nanoseconds and perhaps a status of each function. */
function collected(
  functions: Readonly<Record<string, readonly [calls: number, ns: number, status?: string]>>,
  more = "",
): string {
  const lines = Object.entries(functions).flatMap(([name, [calls, ns, status = "0"]]) => [
    `returned ${name} ${status} ${calls} ${ns}`,
    `entered ${name} ${calls} 0`,
  ]);
  return `tdx-shutdown 1\nmethod hist\nstart 1\nstop 9\ncost 0 0 1\n${lines.join("\n")}\n${more}`;
}

const END = { tdh_phymem_page_wbinvd_tdr: [1, 1_000] } as const;

Deno.test("explainShutdown() tells the paths apart", () => {
  const dynamic = explain(fixture("hist.txt"));
  assertEquals([dynamic.path, dynamic.tds, dynamic.removed, dynamic.reclaimed], [
    "dynamic",
    1,
    20,
    14,
  ]);
  const terminate = explain(fixture("terminate.txt"));
  // One page of 68 was refused.
  assertEquals([terminate.path, terminate.removed, terminate.reclaimed], ["terminate", 0, 67]);
  const few = { ...END, tdh_mem_page_remove: [3, 9], tdh_phymem_page_reclaim: [90, 900] } as const;
  assertEquals(explain(collected(few)).path, "mixed");
  // 4 GiB on the dynamic path: of a Secure EPT page for each 512, and of the control pages.
  const large = {
    ...END,
    tdh_mem_page_remove: [2 ** 20, 9],
    tdh_phymem_page_reclaim: [2100, 900],
  } as const;
  assertEquals(explain(collected(large)).path, "dynamic");
  assertEquals(explain(collected(END)).path, null);
});

Deno.test("explainShutdown() names every refusal, and whether it was tried again", () => {
  const refusals = explain(fixture("terminate.txt")).refusals!;
  assertEquals(
    refusals.map(({ function: name, status, count, retry }) => [name, status.name, count, retry])
      .sort(),
    [
      ["tdh_phymem_cache_wb", "INTERRUPTED_RESUMABLE", 2, true],
      ["tdh_phymem_page_reclaim", "PAGE_METADATA_INCORRECT", 1, false],
    ],
  );
  assertEquals(explain(fixture("trace-cmd.txt")).refusals, null);
});

Deno.test("explainShutdown() gives a whole the time that is not of its parts", () => {
  const found = explain(collected({
    ...END,
    tdx_mmu_release_hkid: [1, 9_000_000],
    tdh_vp_flush: [4, 1_000_000],
    tdh_phymem_cache_wb: [2, 6_000_000],
    tdh_mem_page_remove: [8, 8_000_000],
    tdh_phymem_page_reclaim: [2, 3_000_000],
    tdx_quirk_reset_page: [10, 10_000_000],
    tdx_vcpu_free: [1, 6_000_000],
  }));
  assertAlmostEquals(seconds(found, "key")!, 0.002, 1e-9);
  // Within: two reclaims, two of ten clears, and the write-back of the TDR, which is a control page.
  assertAlmostEquals(seconds(found, "control pages")!, 0.001, 1e-9);
  assertAlmostEquals(found.seconds.high, 0.031, 1e-9);
});

Deno.test("explainShutdown() takes off what measuring added", () => {
  const text = collected({ ...END, tdh_mem_page_remove: [1000, 5_000_000] });
  const costly = explain(text.replace("cost 0 0 1", "cost 3000 2000 20000"));
  assertAlmostEquals(seconds(explain(text), "remove")!, 0.005, 1e-9);
  assertAlmostEquals(seconds(costly, "remove")!, 0.003, 1e-9);
});

// Function, calls, nanoseconds, verdict, versions that have it.
const CLEARS = [
  ["tdx_clear_page", 1000, 410_000, "would-save", "6.16 to 6.17"],
  ["tdx_quirk_reset_page", 1000, 410_000, "must-clear", "6.18 to 7.1"],
  ["tdx_quirk_reset_page", 1000, 15_000, "saves", "6.18 to 7.1"],
  ["tdx_quirk_reset_paddr", 1000, 410_000, "must-clear", "7.2 and later"],
] as const;
for (const [name, calls, ns, verdict, versions] of CLEARS) {
  Deno.test(`explainShutdown() says ${verdict} of ${name} at ${ns / calls} ns a page`, () => {
    const reclaim = { ...END, tdh_phymem_page_reclaim: [1000, 3_690_000] } as const;
    const { saving } = explain(collected({ ...reclaim, [name]: [calls, ns] }));
    assertEquals([saving.verdict, saving.versions, saving.pages], [verdict, versions, 1000]);
    assertAlmostEquals(saving.measured!.seconds.high, ns / 1e9, 1e-12);
    // 410 ns a page, of a shutdown that clears: 4.1 ms with the TDR's write-back.
    assertAlmostEquals(saving.reckoned.share.high, 0.1, 0.001);
    assertEquals(saving.published.share, { low: 0, high: 0.4 });
  });
}

Deno.test("explainShutdown() counts pages by the bytes that were cleared at once", () => {
  // 4 MiB, and a part of a page besides.
  for (const [bytes, pages] of [[4 * 2 ** 20, 1024], [4 * 2 ** 20 + 64, 1025]]) {
    const text = collected({ ...END, tdx_quirk_reset_paddr: [2, 420_000] })
      .replace("entered tdx_quirk_reset_paddr 2 0", `entered tdx_quirk_reset_paddr 2 ${bytes}`);
    assertEquals(explain(text).saving.pages, pages);
  }
});

Deno.test("joinShutdowns() adds up what is of one function, and keeps what is of one file", () => {
  const half = (more: string) =>
    readShutdown(
      collected({ ...END, tdh_mem_track: [3, 30, "8000020000000000"] }, `lost x 2\n${more}`)
        .replace("entered tdh_mem_track 3 0", "entered tdh_mem_track 5 64"),
    );
  const joined = joinShutdowns([half(""), half("returned tdh_vp_flush 0 7 70\n")]);
  assertEquals(joined.functions.get("tdh_mem_track"), {
    calls: 6,
    unfinished: 4,
    ns: { low: 60, high: 60 },
    statuses: new Map([[0x8000020000000000n, 6]]),
    bytes: 128,
  });
  assertEquals([joined.functions.get("tdh_vp_flush")?.calls, joined.lost, joined.spanNs], [
    7,
    4,
    null,
  ]);
});

// What is in doubt, and how it is said.
const DOUBTS = [
  [
    "a shutdown that goes on",
    collected({ tdh_mem_page_remove: [5, 5] }).replace(
      "entered tdh_mem_page_remove 5",
      "entered tdh_mem_page_remove 6",
    ),
    /^It was still running at the end of the measurement, in tdh_mem_page_remove$/,
  ],
  [
    "one without its end",
    collected({ tdh_mem_page_remove: [5, 5] }),
    /^It had not come to its end/,
  ],
  ["lost events", collected(END, "lost tdh_mem_track 7\n"), /^7 events were lost/],
  [
    "a function that is inlined",
    collected(
      { ...END, tdh_mem_page_remove: [5, 5_000] },
      "missing tdx_vm_destroy\nrefused tdh_mem_track\n",
    ),
    /^Not seen, because .*: track \(tdh_mem_track\); control pages \(tdx_vm_destroy\)\. Their share is unknown$/,
  ],
  [
    "the same within a known whole",
    collected(
      { ...END, tdh_mem_page_remove: [5, 5_999_000] },
      "missing tdh_mem_track\nfirst 1.000000\nat 1.008000 tdh_phymem_page_wbinvd_tdr\n",
    ),
    /track \(tdh_mem_track\)\. Their time is in everything else, at most 25%$/,
  ],
  [
    "phases on several CPUs",
    collected(
      { ...END, tdh_phymem_cache_wb: [4, 16_000_000] },
      "first 1.000000\nat 1.008000 tdh_phymem_page_wbinvd_tdr\n",
    ),
    /longer than the whole/,
  ],
] as const;
for (const [what, text, expected] of DOUBTS) {
  Deno.test(`explainShutdown() is in doubt about ${what}`, () => {
    const { doubts } = explain(text);
    assertEquals(doubts.length, 1, doubts.join("\n"));
    assertMatch(doubts[0]!, expected);
  });
}

Deno.test("explainShutdown() has no doubt about a measurement that is whole", () => {
  const { doubts, phases, spanned } = explain(fixture("hist.txt"));
  assertEquals([doubts, spanned], [[], true]);
  const sum = phases.reduce((all, { share }) => all + share.high, 0);
  assert(Math.abs(sum - 1) < 0.001, `${sum}`);
});
