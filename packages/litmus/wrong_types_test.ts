import { assertEquals, assertRejects } from "@std/assert";
import { gnr } from "@tdx/platform-gnr";
import { type WrongType, wrongTypes } from "../../tests/wrong_types_suite.ts";
import {
  checkClaims,
  closureProblem,
  explore,
  hostKeyNames,
  parseScenario,
  parseTeardown,
  proveTeardown,
  runScenario,
  scenarioReport,
  System,
  teardownToPromela,
  toPromela,
  verdict,
  verdictQuestions,
} from "./mod.ts";

const SCENARIO = parseScenario(
  'TDX one "A load." { X = td secret; } host ; load X -> r0 ; exists mc expect: Never',
  { platforms: ["gnr"] },
);
const TEARDOWN = parseTeardown("TEARDOWN one thread a { TDH.MEM.TRACK }");
const QUESTION = {
  platform: gnr,
  mode: "Ci",
  hostKeys: "keyid0",
  policy: "quirk",
  poison: "none",
  expected: "Never",
} as const;
const { expected: _, ...unanswered } = QUESTION;
const { problem, machine } = closureProblem(unanswered);
const system = new System(problem, machine);
const RUN = { platform: gnr, mode: "Ci" } as const;
const FOREIGN = { ...gnr, name: "dmr", contract: 2 };
const CONTRACT = 'Expected platform "dmr" to be written for contract 1, got contract 2';

/** A call that takes one value of a wrong name. */
const misspelt = (
  call: (value: never) => unknown,
  value: object,
  name: string,
  known: string,
): WrongType => [
  call,
  value,
  TypeError,
  `Expected ${name} to have only ${known}, got ${Object.keys(value).at(-1)}`,
];

/** A call that takes a question of the verdict table. */
const questions = (ask: (question: never) => unknown): WrongType[] => {
  const asked = (change: object) => ask({ ...QUESTION, ...change } as never);
  const known =
    "platform, mode, hostKeys, kernel, policy, poison, pageRetired, flush, rules, expected";
  return [
    misspelt(ask, { ...QUESTION, flushed: false }, "question", known),
    [(platform) => asked({ platform }), FOREIGN, RangeError, CONTRACT],
    [asked, { mode: "ci" }, RangeError, 'Expected mode to be one of Li, Ci, got "ci"'],
    [
      asked,
      { hostKeys: "keyid1" },
      RangeError,
      "Expected hostKeys to be one of keyid0, shared, shared-integrity, keyid0+integrity, " +
      'got "keyid1"',
    ],
    [
      asked,
      { policy: "Never" },
      RangeError,
      'Expected policy to be one of always, quirk, never, got "Never"',
    ],
    [
      asked,
      { poison: false },
      TypeError,
      "Expected poison to be one of none, unconsumed, consumed, logged, got false",
    ],
  ];
};

const MACHINE = "platform, mode, kernel, policy, rules";
const LIMITS = "stateLimit, signal, onProgress, until";

wrongTypes({
  "checkClaims()": [[(platform) => checkClaims([platform]), FOREIGN, RangeError, CONTRACT]],
  "closureProblem()": questions(closureProblem),
  "verdict()": [
    ...questions(verdict),
    misspelt((how) => verdict(QUESTION, how), { rule: {} }, "options", `rules, ${LIMITS}`),
    [
      (expected) => verdict({ ...QUESTION, expected }),
      "never",
      RangeError,
      'Expected expected to be one of Never, Sometimes, Always, got "never"',
    ],
  ],
  "verdictQuestions()": [[verdictQuestions, FOREIGN, RangeError, CONTRACT]],
  "hostKeyNames()": [[
    hostKeyNames,
    "keyid1",
    RangeError,
    'Expected hostKeys to be one of keyid0, shared, shared-integrity, keyid0+integrity, got "keyid1"',
  ]],
  "new System()": [
    misspelt(
      (machine) => new System(problem, machine),
      { ...machine, rule: {} },
      "machine",
      MACHINE,
    ),
    [
      (mode) => new System(problem, { ...machine, mode }),
      "ci",
      RangeError,
      'Expected mode to be one of Li, Ci, got "ci"',
    ],
  ],
  "the methods of System": [system.isFinal, system.events, system.valuation].map((method) => [
    method.bind(system),
    system.bound,
    RangeError,
    `Expected state to be a whole number from 0 to ${system.bound - 1}, got ${system.bound}`,
  ]),
  "explore()": [
    misspelt((how) => explore(system, how), { limit: 1000 }, "options", LIMITS),
    [
      (stateLimit) => explore(system, { stateLimit }),
      0,
      RangeError,
      "Expected stateLimit to be a whole number from 1 to 2^53 - 1, got 0",
    ],
  ],
  "parseScenario()": [
    misspelt(
      (options) => parseScenario("", options),
      { platforms: [], name: "one.tdx" },
      "options",
      "file, platforms",
    ),
  ],
  "runScenario()": [
    misspelt(
      (options) => runScenario(SCENARIO, options),
      { ...RUN, polciy: "never" },
      "options",
      `platform, mode, kernel, policy, rules, ${LIMITS}`,
    ),
    [(platform) => runScenario(SCENARIO, { ...RUN, platform }), FOREIGN, RangeError, CONTRACT],
    [
      (policy) => runScenario(SCENARIO, { ...RUN, policy }),
      "always ",
      RangeError,
      'Expected policy to be one of always, quirk, never, got "always "',
    ],
  ],
  "scenarioReport()": [
    misspelt(
      (options) => runScenario(SCENARIO, RUN).then((result) => scenarioReport(result, options)),
      { hash: "", trace: true, time: false, times: true },
      "options",
      "hash, trace, time",
    ),
  ],
  "teardownToPromela()": [
    misspelt(
      (options) => teardownToPromela(TEARDOWN, options),
      { platform: gnr, fault: 0 },
      "options",
      "platform, pages, vcpus, packages, faults, fail, busy, stateLimit, signal, onProgress",
    ),
  ],
  "proveTeardown()": [
    misspelt(
      (options) => proveTeardown(TEARDOWN, options),
      { platforms: [gnr], fault: 0 },
      "options",
      "platforms, pages, vcpus, packages, faults, fail, busy, symmetry, independence, " +
        "stateLimit, signal, onProgress",
    ),
    ...([
      ["pages", 0, "1 to 16"],
      ["pages", 17, "1 to 16"],
      ["vcpus", 0, "1 to 8"],
      ["vcpus", 9, "1 to 8"],
      ["packages", 0, "1 to 8"],
      ["packages", 9, "1 to 8"],
      ["faults", -1, "0 to 8"],
      ["faults", 9, "0 to 8"],
      ["busy", -1, "0 to 8"],
      ["busy", 9, "0 to 8"],
      ["stateLimit", 0, "1 to 2^53 - 1"],
    ] as const).map(([name, value, range]): WrongType => [
      (value) => proveTeardown(TEARDOWN, { platforms: [gnr], [name]: value }),
      value,
      RangeError,
      `Expected ${name} to be a whole number from ${range}, got ${value}`,
    ]),
  ],
  "toPromela()": [
    misspelt(
      (machine) => toPromela(problem, machine),
      { ...machine, rule: {} },
      "machine",
      MACHINE,
    ),
    misspelt(
      (options) => toPromela(problem, machine, options),
      { formula: { kind: "mc" } },
      "options",
      "watch, proposition",
    ),
  ],
});

Deno.test("a refused exploration tells nobody, and leaves the system as it was", async () => {
  const told: number[] = [];
  const onProgress = (count: number) => told.push(count);
  await assertRejects(() => explore(system, { onProgress, stateLimit: 0.5 }), RangeError);
  assertEquals(told, []);
  assertEquals((await explore(system)).states, (await explore(system)).states);
});
