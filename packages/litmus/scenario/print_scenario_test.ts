import type { Agent, Mode } from "@tdx/core";
import { HOST_KEYS, POLICIES } from "@tdx/reclaim";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseScenario } from "./parse_scenario.ts";
import { printScenario } from "./print_scenario.ts";
import type { KeyName, Problem, Thread, ThreadStep } from "../model/problem.ts";
import { foldProposition, type Proposition } from "../model/proposition.ts";
import type { Expectation, Scenario } from "./scenario.ts";

const PLATFORMS = ["spr", "emr", "gnr", "srf"];
const DATA = ["zeros", "host", "guest", "secret"] as const;
const SHARED: readonly KeyName[] = ["keyid0", "shared", "integrity"];
const PRIVATE: readonly KeyName[] = ["td", "td2", "td3", "global"];
const MODES = ["Li", "Ci"] as const;
const VALUES = [...DATA, "garbage", "poison"] as const;
const NAMES = ["X", "r0", "mc", "any", "after", "poison", "a-b", "x.1+2", "0", "with", "exists"];
const THREADS = [...NAMES, "host", "td", "td2", "td3", "reclaim", "device", "cache", "module"];
const SOFTWARE = ["load", "store", "partial-write", "movdir64b", "clflush", "prefetch"] as const;
const OPERATIONS: Readonly<Record<Agent, readonly ThreadStep["operation"][]>> = {
  host: [...SOFTWARE, "clear"],
  td: SOFTWARE,
  module: [...SOFTWARE, "clear", "cache-wb", "page-wbinvd"],
  device: ["dma-read", "dma-write", "dma-partial-write"],
  cache: ["evict"],
};
const FAULTS: readonly ThreadStep["operation"][] = ["poison", "poison-stuck", "corrupt"];
const WRITES: readonly ThreadStep["operation"][] = [
  "store",
  "partial-write",
  "movdir64b",
  "dma-write",
  "dma-partial-write",
];

Deno.test("printScenario() writes the canonical text", () => {
  const text = `TDX canon "As
    it is printed." { X=td secret;Y = keyid0 zeros }
    policy never
    td2:td|reclaim after td2|nic:device after reclaim,td2 any;
    load Y with td2->r0|accept X|dma-write X host with td;
    store Y secret||(* nothing *);
    poison X|cache-wb X with td3|dma-read Y with keyid0;
    forall(td2:r0=zeros   \\/~ td-mc)
    expect:Never expect gnr Li:Always`;
  const printed = printScenario(parseScenario(text, { platforms: ["spr", "gnr"] }));
  assertEquals(
    printed,
    `TDX canon
"As it is printed."

{ X = td secret; Y = keyid0 zeros; }

platforms spr gnr
modes Li Ci
hosts keyid0
policy never
seam-nr no

 td2            | reclaim after td2   | nic: device after reclaim, td2 any ;
 load Y -> r0   | movdir64b X zeros   | dma-write X host with td           ;
 store Y secret | cache-wb X with td3 | dma-read Y                         ;
 poison X       |                     |                                    ;

forall(td2:r0=zeros \\/~ td-mc)

expect gnr Li: Always
expect: Never
`,
  );
});

Deno.test("printScenario() writes what parseScenario() reads as the same scenario", () => {
  fc.assert(
    fc.property(fc.gen(), (gen) => {
      const scenario = anyScenario(gen);
      const text = printScenario(scenario);
      const parsed = parseScenario(text, { platforms: PLATFORMS });
      // What the host speculates through is no part of the text.
      const { speculation } = parsed.problem;
      assertEquals(parsed, { ...scenario, problem: { ...scenario.problem, speculation } });
      assertEquals(printScenario(parsed), text);
    }),
    { numRuns: 500 },
  );
});

type Gen = fc.GeneratorValue;

function one<T>(gen: Gen, values: readonly T[]): T {
  return values[gen(fc.nat, values.length - 1)]!;
}

function some<T>(gen: Gen, values: readonly T[], maxLength = values.length): T[] {
  return gen(fc.shuffledSubarray<T>, [...values], { minLength: 1, maxLength });
}

function anyScenario(gen: Gen): Scenario {
  const problem = anyProblem(gen);
  const proposition = anyProposition(gen, observable(problem), 4);
  const quantifier = one(gen, ["exists", "~exists", "forall"] as const);
  const platforms = some(gen, PLATFORMS);
  const modes = some(gen, MODES);
  return {
    problem,
    sentence: one(gen, ["A sentence.", "a; b | c (* d *) // e", "{ exists ~ }"]),
    platforms,
    modes,
    hostKeys: one(gen, HOST_KEYS),
    policy: one(gen, POLICIES),
    condition: { quantifier, proposition, text: `${quantifier} ${written(proposition, problem)}` },
    expectations: [
      anyExpectation(gen, some(gen, platforms), some(gen, modes)),
      anyExpectation(gen, some(gen, platforms), []),
      anyExpectation(gen, [], some(gen, modes)),
      anyExpectation(gen, [], []),
    ].slice(gen(fc.nat, 3)),
  };
}

function anyExpectation(gen: Gen, platforms: string[], modes: Mode[]): Expectation {
  return { platforms, modes, observation: one(gen, ["Never", "Sometimes", "Always"] as const) };
}

function anyProblem(gen: Gen): Problem {
  const lines = some(gen, NAMES, 3).map((name) => ({
    name,
    content: { key: one(gen, [...SHARED, ...PRIVATE]), data: one(gen, DATA) },
  }));
  const registers: string[] = [];
  const threads = some(gen, THREADS, 5).map((name, i): Thread => {
    const agent = one(gen, ["host", "td", "module", "device", "cache"] as const);
    const kind = one(gen, ["sequence", "any"] as const);
    const after = gen(fc.shuffledSubarray<number>, Array.from({ length: i }, (_, other) => other));
    const steps = Array.from(
      { length: gen(fc.integer, { min: 1, max: 4 }) },
      (_, n): ThreadStep => {
        const step = anyStep(gen, agent, gen(fc.nat, lines.length - 1));
        const reads = step.operation === "load" || step.operation === "dma-read";
        if (!reads || kind === "any" || gen(fc.boolean)) return step;
        return { ...step, register: registers.push(`${name}:r${n}`) - 1 };
      },
    );
    return { name, agent, after, kind, steps };
  });
  const name = one(gen, NAMES);
  return { name, lines, threads, registers, speculation: [], seamNr: gen(fc.boolean) };
}

function anyStep(gen: Gen, agent: Agent, line: number): ThreadStep {
  const operation = one(gen, [...OPERATIONS[agent], ...FAULTS]);
  if (FAULTS.includes(operation)) return { operation, line, key: "keyid0" };
  const inside = agent === "td" || agent === "module";
  const keys = [
    ...(operation === "cache-wb" ? [] : SHARED),
    ...(operation === "partial-write" && inside ? [] : PRIVATE),
  ];
  const step = { operation, line, key: one(gen, keys) };
  return WRITES.includes(operation) ? { ...step, data: one(gen, DATA) } : step;
}

/** Statements about the problem that some step can make true. */
function observable({ lines, threads, registers, seamNr }: Problem): Proposition[] {
  const does = (agents: Agent[], wanted: (step: ThreadStep) => boolean) =>
    threads.some(({ agent, steps }) => agents.includes(agent) && steps.some(wanted));
  const propositions: Proposition[] = registers.flatMap((_, register) =>
    VALUES.map((value) => ({ kind: "register", register, value }) as const)
  );
  if (does(["host"], ({ operation }) => operation === "load")) propositions.push({ kind: "mc" });
  if (does(["td"], ({ operation }) => operation === "load")) propositions.push({ kind: "td-mc" });
  lines.forEach((_, line) => {
    propositions.push({ kind: "poison", line });
    const loads = (step: ThreadStep) => step.line === line && step.operation === "load";
    const writes = (step: ThreadStep) => step.line === line && step.data === "host";
    if (seamNr && does(["td"], loads)) propositions.push({ kind: "retired", line });
    if (does(["host"], loads) && does(["device"], writes)) {
      propositions.push({ kind: "lost", line });
    }
  });
  return propositions;
}

function anyProposition(gen: Gen, statements: readonly Proposition[], depth: number): Proposition {
  const kind = depth === 0 ? "statement" : one(gen, ["statement", "not", "and", "or"] as const);
  if (kind === "statement") return one(gen, statements);
  if (kind === "not") return { kind, of: anyProposition(gen, statements, depth - 1) };
  const length = gen(fc.integer, { min: 2, max: 3 });
  return { kind, of: Array.from({ length }, () => anyProposition(gen, statements, depth - 1)) };
}

function written(proposition: Proposition, { lines, registers }: Problem): string {
  return foldProposition<string>(proposition, {
    atom: (atom) =>
      atom.kind === "register"
        ? `${registers[atom.register]} = ${atom.value}`
        : `${atom.kind}${"line" in atom ? ` ${lines[atom.line]!.name}` : ""}`,
    not: (of) => `~${of}`,
    and: (of) => `(${of.join(" /\\ ")})`,
    or: (of) => `(${of.join(" \\/ ")})`,
  });
}
