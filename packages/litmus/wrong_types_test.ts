import { assertEquals, assertRejects } from "@std/assert";
import { gnr } from "@tdx/platform-gnr";
import { type WrongType, wrongTypes } from "../../tests/wrong_types_suite.ts";
import {
  checkClaims,
  closureProblem,
  contentState,
  diffSystems,
  explore,
  hostKeyNames,
  parseScenario,
  printScenario,
  reportText,
  requireMove,
  requireScenario,
  runScenario,
  scenarioHash,
  scenarioMachine,
  System,
  toDot,
  toPromela,
  traceSteps,
  traceText,
  verdict,
  verdictQuestions,
  watchFor,
  witnessSteps,
} from "./mod.ts";

const KEYS = "keyid0, shared, integrity, global, td, td2, td3";
const SCENARIO = parseScenario(
  'TDX one "A load." { X = td secret; } host ; load X -> r0 ; exists mc expect: Never',
  { platforms: ["gnr"] },
);
const QUESTION = {
  platform: gnr,
  mode: "Ci",
  hostKeys: "keyid0",
  policy: "quirk",
  poison: "none",
} as const;
const { problem, machine } = closureProblem(QUESTION);
const WATCH = { lost: false };
const system = new System(problem, machine, WATCH);
const exploration = await explore(system);
const MOVE = { thread: "host", operation: null, line: "X", key: null, rules: [], after: null };
const RUN = { platform: gnr, mode: "Ci" } as const;
const RESULT = await runScenario(SCENARIO, RUN);
const SHOWN = { hash: "", trace: true, time: false };

/** A call that takes a platform. */
const platform = (take: (value: never) => unknown, name: string = "platform"): WrongType[] => [
  [
    take,
    undefined,
    TypeError,
    `Expected ${name} to be one from definePlatform() for contract 1, got undefined`,
  ],
  [
    take,
    { ...gnr, name: "dmr", contract: 2 },
    RangeError,
    'Expected platform "dmr" to be written for contract 1, got contract 2',
  ],
];

/** A call that takes an object under a name. */
const object = (take: (value: never) => unknown, name: string): WrongType[] => [
  [take, null, TypeError, `Expected ${name} to be an object, got null`],
  [take, [], TypeError, `Expected ${name} to be an object, got []`],
  [take, "one", TypeError, `Expected ${name} to be an object, got "one"`],
];

/** A call that takes a system under a name. */
const systems = (take: (value: never) => unknown, name: string): WrongType[] => [
  [
    take,
    { initial: 0 },
    TypeError,
    `Expected ${name} to be an object of class System, got {"initial":0}`,
  ],
];

/** A call that takes a problem. */
const problems = (take: (value: never) => unknown, name: string = "problem"): WrongType[] => {
  const [line] = problem.lines;
  const [thread] = problem.threads;
  const step = (change: object) => ({
    ...problem,
    threads: [{ ...thread, steps: [{ ...thread!.steps[0], ...change }] }],
  });
  return [
    ...object(take, name),
    [
      take,
      { ...problem, lines: "X" },
      TypeError,
      `Expected ${name}.lines to be an array, got "X"`,
    ],
    [
      take,
      { ...problem, lines: [{ ...line, content: { key: "td4", data: "zeros" } }] },
      RangeError,
      `Expected ${name}.lines[0].content.key to be one of ${KEYS}, got "td4"`,
    ],
    [
      take,
      { ...problem, threads: [{ ...thread, after: ["td"] }] },
      TypeError,
      `Expected ${name}.threads[0].after[0] to be a number, got "td"`,
    ],
    [
      take,
      step({ operation: 1 }),
      TypeError,
      `Expected ${name}.threads[0].steps[0].operation to be one of load, store, partial-write, ` +
      "movdir64b, clflush, prefetch, evict, cache-wb, page-wbinvd, dma-read, dma-write, " +
      "dma-partial-write, poison, poison-stuck, corrupt, clear, got 1",
    ],
    [
      take,
      step({ line: 1 }),
      RangeError,
      `Expected ${name}.threads[0].steps[0].line to be a whole number from 0 to 0, got 1`,
    ],
    [
      take,
      { ...problem, seamNr: undefined },
      TypeError,
      `Expected ${name}.seamNr to be a boolean, got undefined`,
    ],
  ];
};

/** A call that takes a machine. */
const machines = (take: (value: never) => unknown): WrongType[] => [
  ...object(take, "machine"),
  [
    take,
    { ...machine, mode: undefined },
    TypeError,
    "Expected machine.mode to be one of Li, Ci, got undefined",
  ],
  [
    take,
    { ...machine, clear: "quirk" },
    TypeError,
    'Expected machine.clear to be a boolean, got "quirk"',
  ],
  [
    take,
    { ...machine, rule: {} },
    TypeError,
    "Expected machine to have only mode, clear, partialWriteToOwnedLine, rules, got rule",
  ],
];

/** A call that takes a scenario. */
const scenarios = (take: (value: never) => unknown): WrongType[] => [
  ...object(take, "scenario"),
  ...problems((problem) => take({ ...SCENARIO, problem } as never), "scenario.problem"),
  [
    take,
    { ...SCENARIO, modes: "Ci" },
    TypeError,
    'Expected scenario.modes to be an array, got "Ci"',
  ],
  [
    take,
    { ...SCENARIO, condition: { ...SCENARIO.condition, formula: { kind: "lost", line: 3 } } },
    RangeError,
    "Expected scenario.condition.formula.line to be a whole number from 0 to 0, got 3",
  ],
  [
    take,
    { ...SCENARIO, expectations: [{ platforms: [], modes: [], observation: "never" }] },
    RangeError,
    "Expected scenario.expectations[0].observation to be one of Never, Sometimes, Always, " +
    'got "never"',
  ],
];

/** A call that takes options of an exploration, with the platform and mode that others need. */
const exploreOptions = (take: (value: never) => unknown, more: object = {}): WrongType[] => [
  ...object(take, "options"),
  [
    take,
    { ...more, stateLimit: "1000" },
    TypeError,
    'Expected stateLimit to be a number, got "1000"',
  ],
  [
    take,
    { ...more, signal: {} },
    TypeError,
    "Expected signal to be an object of class AbortSignal, got {}",
  ],
  [
    take,
    { ...more, onProgress: 1 },
    TypeError,
    "Expected onProgress to be a function, got 1",
  ],
  [take, { ...more, until: 7 }, TypeError, "Expected until to be a function, got 7"],
];

/** A call that takes moves. */
const moves = (take: (value: never) => unknown): WrongType[] => [
  [take, undefined, TypeError, "Expected moves to be an array, got undefined"],
  [take, ["host"], TypeError, 'Expected moves[0] to be an object, got "host"'],
  [
    take,
    [{ ...MOVE, rules: "W5" }],
    TypeError,
    'Expected moves[0].rules to be an array, got "W5"',
  ],
  [
    take,
    [{ ...MOVE, operation: undefined }],
    TypeError,
    "Expected moves[0].operation to be an object, got undefined",
  ],
  [
    take,
    [{ ...MOVE, operation: { kind: "load", by: "host", key: { keyId: 0 } } }],
    TypeError,
    "Expected moves[0].after to be an object, got null",
  ],
];

/** A call that takes a question of the verdict table. */
const questions = (ask: (question: never) => unknown): WrongType[] => {
  const asked = (change: object) => ask({ ...QUESTION, expected: "Never", ...change } as never);
  return [
    ...object(ask, "question"),
    ...platform((platform) => asked({ platform })),
    [(mode) => asked({ mode }), null, TypeError, "Expected mode to be one of Li, Ci, got null"],
    [
      (hostKeys) => asked({ hostKeys }),
      "keyid1",
      RangeError,
      "Expected hostKeys to be one of keyid0, shared, shared-integrity, keyid0+integrity, " +
      'got "keyid1"',
    ],
    [
      (policy) => asked({ policy }),
      undefined,
      TypeError,
      "Expected policy to be one of always, quirk, never, got undefined",
    ],
    [
      (poison) => asked({ poison }),
      false,
      TypeError,
      "Expected poison to be one of none, unconsumed, consumed, got false",
    ],
    [(flush) => asked({ flush }), 1, TypeError, "Expected flush to be a boolean, got 1"],
    [(rules) => asked({ rules }), [], TypeError, "Expected rules to be an object, got []"],
    [
      (flushed) => asked({ flushed }),
      false,
      TypeError,
      "Expected question to have only platform, mode, hostKeys, policy, poison, flush, rules, " +
      "expected, got flushed",
    ],
  ];
};

wrongTypes({
  "checkClaims()": [
    [
      checkClaims,
      gnr.name,
      TypeError,
      'Expected platforms to be an array, got "gnr"',
    ],
    ...platform((platform) => checkClaims([platform]), "platforms[0]"),
  ],
  "closureProblem()": questions(closureProblem),
  "hostKeyNames()": [
    [
      hostKeyNames,
      0,
      TypeError,
      "Expected hostKeys to be one of keyid0, shared, shared-integrity, keyid0+integrity, got 0",
    ],
    [
      hostKeyNames,
      "keyid1",
      RangeError,
      'Expected hostKeys to be one of keyid0, shared, shared-integrity, keyid0+integrity, got "keyid1"',
    ],
  ],
  "contentState()": [
    ...object((content) => contentState(content, true), "content"),
    [
      (data) => contentState({ key: "td", data }, true),
      0,
      TypeError,
      "Expected content.data to be one of zeros, host, guest, garbage, secret, got 0",
    ],
    [
      (ci) => contentState({ key: "td", data: "zeros" }, ci),
      "Ci",
      TypeError,
      'Expected ci to be a boolean, got "Ci"',
    ],
  ],
  "new System()": [
    ...problems((problem) => new System(problem, machine, WATCH)),
    ...machines((machine) => new System(problem, machine, WATCH)),
    ...object((watch) => new System(problem, machine, watch), "watch"),
    [
      (lost) => new System(problem, machine, { lost }),
      undefined,
      TypeError,
      "Expected watch.lost to be a boolean, got undefined",
    ],
  ],
  "the methods of System": [
    ...[system.isFinal, system.events, system.valuation, system.moves].flatMap((method) => {
      const call = method.bind(system) as (state: never) => unknown;
      const rows: WrongType[] = [
        [call, "0", TypeError, 'Expected state to be a number, got "0"'],
        [call, undefined, TypeError, "Expected state to be a number, got undefined"],
      ];
      return rows;
    }),
    [
      (from) => system.move(from, 1),
      null,
      TypeError,
      "Expected state to be a number, got null",
    ],
    [(to) => system.move(0, to), "1", TypeError, 'Expected to to be a number, got "1"'],
  ],
  "diffSystems()": [
    ...systems((left) => diffSystems(left, system), "left"),
    ...systems((right) => diffSystems(system, right), "right"),
  ],
  "toDot()": [
    ...systems((system) => toDot(system, exploration), "system"),
    ...object((exploration) => toDot(system, exploration), "exploration"),
    [
      (exploration) => toDot(system, exploration),
      explore(system),
      TypeError,
      "Expected exploration.states to be a number, got undefined",
    ],
  ],
  "explore()": [
    ...systems((system) => explore(system), "system"),
    ...exploreOptions((options) => explore(system, options)),
    [
      (n) => exploration.state(n),
      undefined,
      TypeError,
      "Expected n to be a number, got undefined",
    ],
    [
      (state) => exploration.witness(state),
      "1",
      TypeError,
      'Expected state to be a number, got "1"',
    ],
    [
      (options) => explore(system, options),
      { limit: 1000 },
      TypeError,
      "Expected options to have only stateLimit, signal, onProgress, until, got limit",
    ],
  ],
  "watchFor()": [
    ...object(watchFor, "formula"),
    [
      watchFor,
      { kind: "machine check" },
      RangeError,
      "Expected formula.kind to be one of mc, td-mc, retired, poison, lost, register, not, and, " +
      'or, got "machine check"',
    ],
    [
      watchFor,
      { kind: "and", of: [{ kind: "mc" }, { kind: "lost" }] },
      TypeError,
      "Expected formula.of[1].line to be a number, got undefined",
    ],
  ],
  "parseScenario()": [
    [
      (text) => parseScenario(text, { platforms: ["gnr"] }),
      new Uint8Array(2),
      TypeError,
      "Expected text to be a string, got one of class Uint8Array",
    ],
    ...object((options) => parseScenario("", options), "options"),
    [
      (platforms) => parseScenario("", { platforms }),
      [gnr],
      TypeError,
      "Expected platforms[0] to be a string, got " + `${JSON.stringify(gnr).slice(0, 79)}…`,
    ],
    [
      (file) => parseScenario("", { platforms: [], file }),
      1,
      TypeError,
      "Expected file to be a string, got 1",
    ],
    [
      (options) => parseScenario("", options),
      { platforms: [], name: "one.tdx" },
      TypeError,
      "Expected options to have only file, platforms, got name",
    ],
  ],
  "printScenario()": scenarios(printScenario),
  "scenarioHash()": scenarios(scenarioHash),
  "runScenario()": [
    ...scenarios((scenario) => runScenario(scenario, RUN)),
    ...exploreOptions((options) => runScenario(SCENARIO, options), RUN),
    ...platform((platform) => runScenario(SCENARIO, { ...RUN, platform })),
    [
      (mode) => runScenario(SCENARIO, { ...RUN, mode }),
      undefined,
      TypeError,
      "Expected mode to be one of Li, Ci, got undefined",
    ],
    [
      (policy) => runScenario(SCENARIO, { ...RUN, policy }),
      "always ",
      RangeError,
      'Expected policy to be one of always, quirk, never, got "always "',
    ],
    [
      (options) => runScenario(SCENARIO, options),
      { ...RUN, polciy: "never" },
      TypeError,
      "Expected options to have only platform, mode, policy, rules, stateLimit, signal, " +
      "onProgress, until, got polciy",
    ],
  ],
  "scenarioMachine()": [
    ...object((scenario) => scenarioMachine(scenario, gnr, "Ci", "quirk"), "scenario"),
    ...platform((platform) => scenarioMachine(SCENARIO, platform, "Ci", "quirk")),
    [
      (policy) => scenarioMachine(SCENARIO, gnr, "Ci", policy),
      undefined,
      TypeError,
      "Expected policy to be one of always, quirk, never, got undefined",
    ],
  ],
  "reportText()": [
    ...object((result) => reportText(result, SHOWN), "result"),
    [
      (result) => reportText(result, SHOWN),
      runScenario(SCENARIO, RUN),
      TypeError,
      "Expected result.scenario to be an object, got undefined",
    ],
    ...object((options) => reportText(RESULT, options), "options"),
    [
      (hash) => reportText(RESULT, { ...SHOWN, hash }),
      scenarioHash(SCENARIO),
      TypeError,
      "Expected hash to be a string, got one of class Promise",
    ],
    [
      (trace) => reportText(RESULT, { ...SHOWN, trace }),
      1,
      TypeError,
      "Expected trace to be a boolean, got 1",
    ],
  ],
  "toPromela()": [
    ...problems((problem) => toPromela(problem, machine)),
    ...machines((machine) => toPromela(problem, machine)),
    ...object((options) => toPromela(problem, machine, options), "options"),
    [
      (formula) => toPromela(problem, machine, { formula }),
      { kind: "poison", line: 1 },
      RangeError,
      "Expected formula.line to be a whole number from 0 to 0, got 1",
    ],
    [
      (watch) => toPromela(problem, machine, { watch }),
      true,
      TypeError,
      "Expected watch to be an object, got true",
    ],
    [
      (options) => toPromela(problem, machine, options),
      { formulas: [] },
      TypeError,
      "Expected options to have only watch, formula, got formulas",
    ],
  ],
  "witnessSteps()": moves(witnessSteps),
  "traceSteps()": moves(traceSteps),
  "traceText()": moves(traceText),
  "requireMove()": [
    [
      (move) => requireMove("trace[3]", move),
      { ...MOVE, line: 0 },
      TypeError,
      "Expected trace[3].line to be a string, got 0",
    ],
  ],
  "requireScenario()": scenarios((scenario) => requireScenario("scenario", scenario)),
  "verdictQuestions()": platform(verdictQuestions),
  "verdict()": [
    ...questions(verdict),
    ...exploreOptions((options) => verdict({ ...QUESTION, expected: "Never" }, options)),
    [
      (expected) => verdict({ ...QUESTION, expected }),
      false,
      TypeError,
      "Expected expected to be one of Never, Sometimes, Always, got false",
    ],
    [
      (options) => verdict({ ...QUESTION, expected: "Never" }, options),
      { rule: {} },
      TypeError,
      "Expected options to have only rules, stateLimit, signal, onProgress, until, got rule",
    ],
  ],
});

Deno.test("a refused exploration tells nobody, and leaves the system as it was", async () => {
  const states: number[] = [];
  const options = { onProgress: (count: number) => states.push(count), until: 1 as never };
  await assertRejects(() => explore(system, options), TypeError);
  assertEquals(states, []);
  assertEquals((await explore(system)).states, exploration.states);
});
