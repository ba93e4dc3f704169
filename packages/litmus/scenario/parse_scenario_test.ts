import { assertEquals, assertThrows } from "@std/assert";
import { parseScenario } from "./parse_scenario.ts";
import type { KeyName } from "../model/problem.ts";
import type { Proposition } from "../model/proposition.ts";
import type { Scenario } from "./scenario.ts";
import { OPERATION_WORDS } from "./scenario_words.ts";

const PLATFORMS = ["spr", "emr", "gnr"];
const EXAMPLE = `TDX partial-write-then-load
"A partial write to a line a TD owned, then a load."
(* comments like this one, (* nested *) allowed; // to end of line also *)

{ X = td secret; Y = keyid0 zeros; }   // first content

platforms gnr spr
modes Ci
hosts shared-integrity
policy never
seam-nr yes

 td             | reclaim after td | host after reclaim, td | nic: device after reclaim any ;
 store X secret | cache-wb X       | partial-write X host   | dma-write Y host with shared  ;
 load X -> r0   | clear X          | load X -> r1           | dma-read Y with td            ;
                |                  |                        |                               ;
                | poison Y         | load Y with keyid0->r0 | dma-partial-write X guest     ;

~exists (mc /\\ ~td-mc
         \\/ host:r0 = (* which *) garbage)

expect: Never
expect gnr: Sometimes
expect spr Ci: Always
`;

const MINIMAL = `TDX minimal "A load." { X = td zeros } host; load X -> r; exists mc expect: Never`;

function parse(text: string): Scenario {
  return parseScenario(text, { platforms: PLATFORMS });
}

function proposition(condition: string): Proposition {
  return parse(EXAMPLE.replace(/~exists[^]*garbage\)/, condition)).condition.proposition;
}

Deno.test("parseScenario() reads a whole scenario", () => {
  assertEquals(parse(EXAMPLE), {
    problem: {
      name: "partial-write-then-load",
      lines: [
        { name: "X", content: { key: "td", data: "secret" } },
        { name: "Y", content: { key: "keyid0", data: "zeros" } },
      ],
      threads: [
        {
          name: "td",
          agent: "td",
          after: [],
          kind: "sequence",
          steps: [
            { operation: "store", line: 0, key: "td", data: "secret" },
            { operation: "load", line: 0, key: "td", register: 0 },
          ],
        },
        {
          name: "reclaim",
          agent: "module",
          after: [0],
          kind: "sequence",
          steps: [
            { operation: "cache-wb", line: 0, key: "td" },
            { operation: "clear", line: 0, key: "integrity" },
            { operation: "poison", line: 1, key: "keyid0" },
          ],
        },
        {
          name: "host",
          agent: "host",
          after: [1, 0],
          kind: "sequence",
          steps: [
            { operation: "partial-write", line: 0, key: "integrity", data: "host" },
            { operation: "load", line: 0, key: "integrity", register: 1 },
            { operation: "load", line: 1, key: "keyid0", register: 2 },
          ],
        },
        {
          name: "nic",
          agent: "device",
          after: [1],
          kind: "any",
          steps: [
            { operation: "dma-write", line: 1, key: "shared", data: "host" },
            { operation: "dma-read", line: 1, key: "td" },
            { operation: "dma-partial-write", line: 0, key: "integrity", data: "guest" },
          ],
        },
      ],
      registers: ["td:r0", "host:r1", "host:r0"],
      speculation: ["keyid0", "shared", "integrity"],
      seamNr: true,
    },
    sentence: "A partial write to a line a TD owned, then a load.",
    platforms: ["gnr", "spr"],
    modes: ["Ci"],
    hostKeys: "shared-integrity",
    policy: "never",
    condition: {
      quantifier: "~exists",
      proposition: {
        kind: "or",
        of: [
          { kind: "and", of: [{ kind: "mc" }, { kind: "not", of: { kind: "td-mc" } }] },
          { kind: "register", register: 2, value: "garbage" },
        ],
      },
      text: "~exists (mc /\\ ~td-mc \\/ host:r0 = garbage)",
    },
    expectations: [
      { platforms: ["spr"], modes: ["Ci"], observation: "Always" },
      { platforms: ["gnr"], modes: [], observation: "Sometimes" },
      { platforms: [], modes: [], observation: "Never" },
    ],
  });
});

Deno.test("parseScenario() runs everywhere as Linux does where no setting says otherwise", () => {
  const { platforms, modes, hostKeys, policy, problem } = parse(MINIMAL);
  assertEquals({ platforms, modes, hostKeys, policy }, {
    platforms: PLATFORMS,
    modes: ["Li", "Ci"],
    hostKeys: "keyid0",
    policy: "quirk",
  });
  assertEquals([problem.seamNr, problem.speculation], [false, ["keyid0"]]);
  assertEquals(parse(MINIMAL.replace("host;", "\nplatforms all\nhost;")), parse(MINIMAL));
});

Deno.test("parseScenario() reads CRLF, CR, tabs, a byte order mark and missing blanks alike", () => {
  const scenario = parse(EXAMPLE);
  assertEquals(parse(EXAMPLE.replaceAll("\n", "\r\n")), scenario);
  assertEquals(parse(EXAMPLE.replaceAll("\n", "\r")), scenario);
  assertEquals(parse(`\uFEFF${EXAMPLE}`), scenario);
  assertEquals(parse(EXAMPLE.replaceAll(" ", "\t").replaceAll("\tTD\towned", " TD owned")), {
    ...scenario,
  });
  assertEquals(
    parse(EXAMPLE.replaceAll(" | ", "|").replaceAll(" = ", "=")).problem,
    scenario.problem,
  );
});

Deno.test("parseScenario() gives a thread the agent and the key of its name", () => {
  const cases: [header: string, step: string, agent: string, key: string][] = [
    ["host", "load X", "host", "shared"],
    ["h: host", "load X", "host", "shared"],
    ["td", "load X", "td", "td"],
    ["td2", "load X", "td", "td2"],
    ["td3", "load X", "td", "td3"],
    ["guest: td", "load X", "td", "td"],
    ["guest: td", "load X with td3", "td", "td3"],
    ["td", "partial-write X host with shared", "td", "shared"],
    ["module", "page-wbinvd X", "module", "td"],
    ["module", "page-wbinvd X with global", "module", "global"],
    ["reclaim", "clear X", "module", "shared"],
    ["host", "clear X with keyid0", "host", "keyid0"],
    ["device", "dma-read X", "device", "shared"],
    ["device", "dma-partial-write X host with td", "device", "td"],
    ["host", "partial-write X host with td", "host", "td"],
    ["cache", "evict X with td2", "cache", "td2"],
    ["cache", "poison X", "cache", "keyid0"],
    ["td2", "corrupt X", "td", "keyid0"],
  ];
  for (const [header, step, agent, key] of cases) {
    const text = `TDX t "T." { X = td zeros } hosts shared\n${header}; ${step}; exists poison X ` +
      "expect: Never";
    const thread = parse(text).problem.threads[0]!;
    assertEquals([thread.agent, thread.steps[0]!.key], [agent, key], `${header}; ${step}`);
  }
});

Deno.test("parseScenario() knows the operations of every agent", () => {
  const all = ["poison", "poison-stuck", "corrupt"];
  const software = ["load", "store", "partial-write", "movdir64b", "clflush", "prefetch"];
  const expected: Record<string, readonly string[]> = {
    td: [...software, ...all],
    host: [...software, "clear", ...all],
    module: [...software, "clear", "accept", "cache-wb", "page-wbinvd", ...all],
    device: ["dma-read", "dma-write", "dma-partial-write", ...all],
    cache: ["evict", ...all],
  };
  const words = OPERATION_WORDS.map(({ word }) => word);
  for (const [agent, operations] of Object.entries(expected)) {
    for (const word of words) {
      const writes = ["store", "partial-write", "movdir64b", "dma-write", "dma-partial-write"]
        .includes(word);
      const key = word === "evict" || word === "partial-write" ? " with shared" : "";
      const private_ = word === "accept" || word === "cache-wb" ? " with td2" : "";
      const text = `TDX t "T." { X = td zeros } ${agent}; ${word} X${
        writes ? " guest" : ""
      }${key}${private_}; exists poison X expect: Never`;
      if (!operations.includes(word)) {
        assertThrows(() => parse(text), SyntaxError, `of agent ${agent} (`, `${agent} ${word}`);
        continue;
      }
      const [step] = parse(text).problem.threads[0]!.steps;
      assertEquals(step!.operation, word === "accept" ? "movdir64b" : word, word);
      const data = word === "accept" ? "zeros" : writes ? "guest" : undefined;
      assertEquals(step!.data, data, word);
    }
  }
});

Deno.test("parseScenario() lets the host speculate through what it maps, and nothing else", () => {
  const cases: [threads: string, steps: string, keys: KeyName[]][] = [
    ["td", "poison X", ["shared"]],
    ["host", "poison X", ["shared"]],
    ["host", "load X with td", ["shared"]],
    ["host", "load X with integrity", ["shared", "integrity"]],
    ["host", "clflush X with keyid0", ["keyid0", "shared"]],
    ["device", "dma-read X with integrity", ["shared", "integrity"]],
    ["reclaim", "clear X with keyid0", ["keyid0", "shared"]],
    ["td", "load X with integrity", ["shared"]],
    ["cache", "evict X with integrity", ["shared"]],
  ];
  for (const [threads, steps, keys] of cases) {
    const text =
      `TDX t "T." { X = td zeros } hosts shared\n${threads}; ${steps}; exists poison X ` +
      "expect: Never";
    assertEquals(parse(text).problem.speculation, keys, steps);
  }
});

Deno.test("parseScenario() binds ~ before /\\ before \\/", () => {
  const mc: Proposition = { kind: "mc" };
  const td: Proposition = { kind: "td-mc" };
  const lost: Proposition = { kind: "lost", line: 1 };
  const not = (of: Proposition): Proposition => ({ kind: "not", of });
  assertEquals(proposition("exists mc"), mc);
  assertEquals(proposition("forall ((mc))"), mc);
  assertEquals(proposition("exists ~~mc"), not(not(mc)));
  assertEquals(proposition("exists ~mc /\\ td-mc"), { kind: "and", of: [not(mc), td] });
  assertEquals(proposition("exists ~(mc /\\ td-mc)"), not({ kind: "and", of: [mc, td] }));
  assertEquals(proposition("exists mc \\/ td-mc /\\ lost Y \\/ mc"), {
    kind: "or",
    of: [mc, { kind: "and", of: [td, lost] }, mc],
  });
  assertEquals(proposition("exists (mc \\/ td-mc) /\\ lost Y"), {
    kind: "and",
    of: [{ kind: "or", of: [mc, td] }, lost],
  });
  assertEquals(proposition("exists mc /\\ (td-mc /\\ lost Y)"), {
    kind: "and",
    of: [mc, { kind: "and", of: [td, lost] }],
  });
});

Deno.test("parseScenario() reads every statement", () => {
  const cases: [text: string, proposition: Proposition][] = [
    ["mc", { kind: "mc" }],
    ["td-mc", { kind: "td-mc" }],
    ["retired X", { kind: "retired", line: 0 }],
    ["poison Y", { kind: "poison", line: 1 }],
    ["lost X", { kind: "lost", line: 0 }],
    ["td:r0=secret", { kind: "register", register: 0, value: "secret" }],
    ["host:r1 = poison", { kind: "register", register: 1, value: "poison" }],
    ["host:r0 = guest", { kind: "register", register: 2, value: "guest" }],
  ];
  for (const [text, expected] of cases) assertEquals(proposition(`exists ${text}`), expected, text);
});

Deno.test("parseScenario() takes names that are words of the format elsewhere", () => {
  const text = `TDX TDX "T." { with = td zeros; exists = td zeros }
    mc: host after any | any: td any;
    load with with keyid0 -> expect | load exists;
    exists mc:expect = zeros /\\ mc expect: Never`;
  const { problem, condition } = parse(text);
  assertEquals(problem.threads.map(({ name, after, kind }) => [name, after, kind]), [
    ["mc", [1], "sequence"],
    ["any", [], "any"],
  ]);
  assertEquals(problem.registers, ["mc:expect"]);
  assertEquals(condition.text, "exists mc:expect = zeros /\\ mc");
});

Deno.test("parseScenario() takes a statement that any of its agents can make true", () => {
  const cases: [thread: string, step: string, statement: string][] = [
    ["host", "load X", "mc"],
    ["td", "load X", "td-mc"],
    ["module", "load X", "td-mc"],
    ["td", "load X", "retired X"],
    ["host", "store X host | load X", "lost X"],
    ["host", "store X host | dma-read X", "lost X"],
    ["device", "dma-write X host | load X", "lost X"],
    ["device", "dma-partial-write X host | dma-read X", "lost X"],
  ];
  for (const [thread, step, statement] of cases) {
    const [first, second = "poison X"] = step.split(" | ");
    const reader = second.startsWith("dma") ? "device" : "host";
    const text = `TDX t "T." { X = td zeros } seam-nr yes
      a: ${thread} | b: ${reader}; ${first} | ${second}; exists ${statement} expect: Never`;
    assertEquals(parse(text).condition.text, `exists ${statement}`);
  }
});

Deno.test("parseScenario() takes a text of 2^20 characters and a name of 64", () => {
  const text = MINIMAL.replace("minimal", "n".repeat(64));
  assertEquals(parse(text.padEnd(2 ** 20)).problem.name.length, 64);
  assertThrows(() => parse(text.padEnd(2 ** 20 + 1)), SyntaxError, "got 1048577");
});
