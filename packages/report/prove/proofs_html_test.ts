import { assertEquals, assertStringIncludes } from "@std/assert";
import { TEARDOWN_PROPERTIES, type TeardownProof } from "@tdx/litmus";
import { assertSelfContained, ORIGIN, read, table, text } from "../fixtures_test.ts";
import { proofsHtml } from "./proofs_html.tsx";

const BOUND = { pages: 2, vcpus: 1, packages: 3, faults: 4, busy: 5 };
const IDS = Object.keys(TEARDOWN_PROPERTIES) as (keyof typeof TEARDOWN_PROPERTIES)[];

/** A proof in which some properties are violated, each in the same way. */
function proof(states: number, ...broken: readonly string[]): TeardownProof {
  const counterexample = {
    harm: "a <page> is lost",
    page: "guest page 0",
    machine: "spr in Li",
    steps: [
      {
        by: "zap",
        what: "TDH.MEM.TRACK",
        status: "OPERAND_BUSY",
        injected: true,
        rules: [],
        changes: ["TD epoch: 1 to 2"],
        line: null,
      },
      {
        by: "host",
        what: "load",
        status: null,
        injected: false,
        rules: ["K1", "R0"],
        changes: [],
        line: "memory poisoned",
      },
      {
        by: "reap",
        what: "TDH.PHYMEM.PAGE.RECLAIM",
        status: "SUCCESS",
        injected: false,
        rules: [],
        changes: [],
        line: null,
      },
    ],
  };
  const properties = IDS.map((id) => ({
    id,
    counterexample: broken.includes(id) ? counterexample : null,
  }));
  return { bound: BOUND, states, properties } as unknown as TeardownProof;
}

Deno.test("proofsHtml() says what holds of each teardown, within which numbers", () => {
  const html = proofsHtml({
    origin: ORIGIN,
    proofs: [{ title: "Linux 6.18", proof: proof(17) }, {
      title: "mine",
      proof: proof(9, IDS[1]!),
    }],
  });
  assertSelfContained(html);
  const page = read(html);
  const lead = page.querySelector(".lead strong")!;
  assertEquals([text(lead), lead.getAttribute("class")], [
    "1 of 2 teardowns can go wrong.",
    "wrong",
  ]);
  assertEquals(table(page, "What holds of each teardown"), [
    ["teardown", ...IDS, "states"],
    ["Linux 6.18", ...IDS.map(() => "holds"), "17"],
    ["mine", ...IDS.map((_, i) => i === 1 ? "broken" : "holds"), "9"],
  ]);
  assertStringIncludes(
    text(page.querySelector("#properties")),
    "Guest pages: 2. vCPUs: 1. Packages: 3. Unexpected failures: 4. Answers BUSY or " +
      "INTERRUPTED_RESUMABLE: 5. Nothing is known beyond these numbers.",
  );
  for (const [id, words] of Object.entries(TEARDOWN_PROPERTIES)) {
    assertStringIncludes(text(page.querySelector("#properties ul")), `${id}: ${words}`);
  }
  assertEquals([...page.querySelectorAll("#teardown-0 summary")].map(text), [
    `${IDS[1]}: a <page> is lost`,
  ]);
});

Deno.test("proofsHtml() shows each way step by step: who, what, its status, and the line", () => {
  const html = proofsHtml({
    origin: ORIGIN,
    proofs: [{ title: "mine", proof: proof(9, IDS[0]!) }],
  });
  const way = read(html).querySelector("#teardown-0 details")!;
  assertEquals(text(way.querySelector(".dim")), "On spr in Li.");
  assertEquals([...way.querySelectorAll("li")].map((step) => [...step.children].map(text)), [
    ["zap: TDH.MEM.TRACK", "OPERAND_BUSY (unexpected)", "TD epoch: 1 to 2"],
    ["host: load K1 R0", "memory poisoned"],
    ["reap: TDH.PHYMEM.PAGE.RECLAIM", "SUCCESS"],
  ]);
});

Deno.test("proofsHtml() names no machine where a way is not about one", () => {
  const found = structuredClone(proof(9, IDS[0]!));
  Object.assign(found.properties[0]!.counterexample!, { machine: null });
  const page = read(proofsHtml({ origin: ORIGIN, proofs: [{ title: "mine", proof: found }] }));
  assertEquals(page.querySelector("#teardown-0 details .dim"), null);
});

Deno.test("proofsHtml() says so where every property holds", () => {
  const page = read(proofsHtml({ origin: ORIGIN, proofs: [{ title: "mine", proof: proof(9) }] }));
  const lead = page.querySelector(".lead strong")!;
  assertEquals([text(lead), lead.getAttribute("class")], ["Every property holds.", "right"]);
  assertEquals(page.getElementById("teardown-0"), null);
});
