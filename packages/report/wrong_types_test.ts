import { FrameMap, MiB } from "@tdx/core";
import { parseScenario, runScenario, scenarioHash, verdict, verdictQuestions } from "@tdx/litmus";
import { gnr } from "@tdx/platform-gnr";
import { createReclaimer, createTdHost, followPages, simulatedTime } from "@tdx/reclaim";
import { type WrongType, wrongTypes } from "../../tests/wrong_types_suite.ts";
import { ORIGIN } from "./fixtures_test.ts";
import {
  mapMemory,
  scenariosHtml,
  type ScenariosPage,
  teardownHtml,
  type TeardownPage,
  verdictsHtml,
  type VerdictsPage,
} from "./mod.ts";

const TD = { guestBytes: 4 * MiB, vcpus: 1 };
const host = createTdHost({ platform: gnr, ...TD });
const { onBack, fates } = followPages(host);
const { decision, teardown } = createReclaimer({ memory: host.memory });
const report = await teardown(host.module, host.tdr, { onBack });
const time = { clearAs: "published", ...simulatedTime(report, TD) };
const compared = { platform: gnr, policy: "quirk", report, times: [time] } as const;
const TEARDOWN: TeardownPage = {
  origin: ORIGIN,
  platform: gnr,
  mode: "Ci",
  ...TD,
  decision,
  report,
  rules: host.memory.counts.rules,
  map: mapMemory(host, fates(), { cells: 1 }),
  compared: [compared],
};

const VERDICTS: VerdictsPage = {
  origin: ORIGIN,
  platforms: [gnr],
  verdicts: [await verdict(verdictQuestions(gnr)[0]!)],
};

const scenario = parseScenario(
  'TDX one "A load." { X = td secret; } host ; load X -> r0 ; exists mc expect: Never',
  { platforms: ["gnr"] },
);
const run = {
  ...await runScenario(scenario, { platform: gnr, mode: "Ci" }),
  hash: await scenarioHash(scenario),
};
const SCENARIOS: ScenariosPage = { origin: ORIGIN, platforms: [gnr], runs: [run] };

const onTeardown = (change: object) => teardownHtml({ ...TEARDOWN, ...change });
const onReport = (change: object) => onTeardown({ report: { ...report, ...change } });
const onMap = (change: object) => onTeardown({ map: { ...TEARDOWN.map, ...change } });
const onCompared = (change: object) =>
  onTeardown({ compared: [compared, { ...compared, ...change }] });
const onTime = (change: object) => onCompared({ times: [{ ...time, ...change }] });
const onVerdict = (change: object) =>
  verdictsHtml({ ...VERDICTS, verdicts: [{ ...VERDICTS.verdicts[0]!, ...change }] });
const onRun = (change: object) => scenariosHtml({ ...SCENARIOS, runs: [{ ...run, ...change }] });

/** A function that takes a page with an origin. */
const pages = (write: (page: never) => unknown, page: object): WrongType[] => {
  const origin = (change: object) => write({ ...page, origin: { ...ORIGIN, ...change } } as never);
  return [
    [write, undefined, TypeError, "Expected page to be an object, got undefined"],
    [write, "page", TypeError, 'Expected page to be an object, got "page"'],
    [
      write,
      { ...page, origin: "tdx" },
      TypeError,
      'Expected origin to be an object, got "tdx"',
    ],
    [
      (commandLine) => origin({ commandLine }),
      ["tdx", "check"],
      TypeError,
      'Expected origin.commandLine to be a string, got ["tdx","check"]',
    ],
    [
      (date) => origin({ date }),
      "2026-03-04",
      TypeError,
      'Expected origin.date to be an object of class Date, got "2026-03-04"',
    ],
    [
      (date) => origin({ date }),
      new Date(NaN),
      RangeError,
      'Expected origin.date to be a valid date, got "Invalid Date"',
    ],
    [
      (version) => origin({ version }),
      0.1,
      TypeError,
      "Expected origin.version to be a string, got 0.1",
    ],
  ];
};

/** A function that takes platforms. */
const platforms = (write: (platforms: never) => unknown): WrongType[] => [
  [write, gnr.name, TypeError, 'Expected platforms to be an array, got "gnr"'],
  [
    write,
    [gnr, "spr"],
    TypeError,
    'Expected platforms[1] to be one from definePlatform() for contract 1, got "spr"',
  ],
];

/** A function that takes a way through a system under a name. */
const traces = (write: (trace: never) => unknown, name: string): WrongType[] => [
  [write, null, TypeError, `Expected ${name}.trace to be an array, got null`],
  [
    write,
    [{ thread: "host", line: 0 }],
    TypeError,
    `Expected ${name}.trace[0].line to be a string, got 0`,
  ],
];

wrongTypes({
  "mapMemory()": [
    [
      (host) => mapMemory(host, fates()),
      undefined,
      TypeError,
      "Expected host to be an object, got undefined",
    ],
    [
      (memory) => mapMemory({ ...host, memory }, fates()),
      2 ** 30,
      TypeError,
      "Expected host.memory to be an object of class PhysicalMemory, got 1073741824",
    ],
    [
      (module) => mapMemory({ ...host, module }, fates()),
      null,
      TypeError,
      "Expected host.module to be an object of class TdxModule, got null",
    ],
    [
      (map) => mapMemory(host, map),
      fates,
      TypeError,
      "Expected fates to be an object of class FrameMap, got a function",
    ],
    [
      (map) => mapMemory(host, map),
      new FrameMap(host.memory.bytes / 4096, 6),
      RangeError,
      "Expected fates to be a map of indexes into PAGE_FATES, got 6",
    ],
    [
      (options) => mapMemory(host, fates(), options),
      256,
      TypeError,
      "Expected options to be an object, got 256",
    ],
    [
      (cells) => mapMemory(host, fates(), { cells }),
      "256",
      TypeError,
      'Expected cells to be a number, got "256"',
    ],
    [
      (list) => mapMemory(host, fates(), { list }),
      "all",
      TypeError,
      'Expected list to be a number, got "all"',
    ],
    [
      (list) => mapMemory(host, fates(), { list }),
      -1,
      RangeError,
      "Expected list to be a whole number from 0 to 2^53 - 1, got -1",
    ],
    [
      (options) => mapMemory(host, fates(), options),
      { cell: 256 },
      TypeError,
      "Expected options to have only cells, list, got cell",
    ],
  ],
  "teardownHtml()": [
    ...pages(teardownHtml, TEARDOWN),
    [
      (platform) => onTeardown({ platform }),
      "gnr",
      TypeError,
      'Expected platform to be one from definePlatform() for contract 1, got "gnr"',
    ],
    [
      (mode) => onTeardown({ mode }),
      "ci",
      RangeError,
      'Expected mode to be one of Li, Ci, got "ci"',
    ],
    [
      (guestBytes) => onTeardown({ guestBytes }),
      "4MiB",
      TypeError,
      'Expected guestBytes to be a number, got "4MiB"',
    ],
    [
      (vcpus) => onTeardown({ vcpus }),
      undefined,
      TypeError,
      "Expected vcpus to be a number, got undefined",
    ],
    [
      (decision) => onTeardown({ decision }),
      undefined,
      TypeError,
      "Expected decision to be an object, got undefined",
    ],
    [
      (hostKeys) => onTeardown({ decision: { ...decision, hostKeys } }),
      0,
      TypeError,
      "Expected decision.hostKeys to be one of keyid0, shared, shared-integrity, got 0",
    ],
    [
      (report) => onTeardown({ report }),
      Promise.resolve(report),
      TypeError,
      "Expected report.pagesReclaimed to be a number, got undefined",
    ],
    [
      (path) => onReport({ path }),
      "dynamical",
      RangeError,
      'Expected report.path to be one of terminate, dynamic, got "dynamical"',
    ],
    [
      (control) => onReport({ control }),
      {},
      TypeError,
      "Expected report.control.pagesReclaimed to be a number, got undefined",
    ],
    [
      (count) => onReport({ seamcalls: { "TDH.VP.FLUSH": count } }),
      "4",
      TypeError,
      'Expected report.seamcalls.TDH.VP.FLUSH to be a number, got "4"',
    ],
    [
      (leakedHkid) => onReport({ leakedHkid }),
      33,
      TypeError,
      "Expected report.leakedHkid to be a boolean, got 33",
    ],
    [
      (retiredPages) => onReport({ retiredPages }),
      NaN,
      RangeError,
      "Expected report.retiredPages to be a whole number from 0 to 2^53 - 1, got NaN",
    ],
    [
      (rules) => onTeardown({ rules }),
      [12],
      TypeError,
      "Expected rules to be an object, got [12]",
    ],
    [
      (count) => onTeardown({ rules: { fired: count } }),
      true,
      TypeError,
      "Expected rules.fired to be a number, got true",
    ],
    [(map) => onTeardown({ map }), null, TypeError, "Expected map to be an object, got null"],
    [
      (cellBytes) => onMap({ cellBytes }),
      "1MiB",
      TypeError,
      'Expected map.cellBytes to be a number, got "1MiB"',
    ],
    [
      (cell) => onMap({ cells: [cell] }),
      { other: 1 },
      TypeError,
      "Expected map.cells[0].free to be a number, got undefined",
    ],
    [
      (count) => onMap({ retiredBy: { integrity: count } }),
      "1",
      TypeError,
      'Expected map.retiredBy.integrity to be a number, got "1"',
    ],
    [
      (fate) => onMap({ listed: [{ pa: 0, fate }] }),
      5,
      TypeError,
      "Expected map.listed[0].fate to be one of other, free, used, leaked, poisoned, retired, " +
      "got 5",
    ],
    [
      (compared) => onTeardown({ compared }),
      {},
      TypeError,
      "Expected compared to be an array, got {}",
    ],
    [
      (policy) => onCompared({ policy }),
      "somtimes",
      RangeError,
      'Expected compared[1].policy to be one of always, quirk, never, got "somtimes"',
    ],
    [
      (report) => onCompared({ report }),
      undefined,
      TypeError,
      "Expected compared[1].report to be an object, got undefined",
    ],
    [
      (times) => onCompared({ times }),
      time,
      TypeError,
      `Expected compared[1].times to be an array, got ${JSON.stringify(time).slice(0, 79)}…`,
    ],
    [
      (times) => onCompared({ times }),
      [],
      RangeError,
      "Expected compared[1].times to have at least one time, got none",
    ],
    [
      (clearAs) => onTime({ clearAs }),
      410,
      TypeError,
      "Expected compared[1].times[0].clearAs to be a string, got 410",
    ],
    [
      (clearAs) => onTime({ clearAs }),
      "measured",
      RangeError,
      "Expected compared[1].times to be by the readings published (4 phases), " +
      'got "measured (4 phases)"',
    ],
    [
      (seconds) => onTime({ total: { ...time.total, seconds } }),
      24,
      TypeError,
      "Expected compared[1].times[0].total.seconds to be an object, got 24",
    ],
    [
      (source) => onTime({ terms: [{ ...time.total, source }] }),
      undefined,
      TypeError,
      "Expected compared[1].times[0].terms[0].source to be a string, got undefined",
    ],
  ],
  "verdictsHtml()": [
    ...pages(verdictsHtml, VERDICTS),
    ...platforms((platforms) => verdictsHtml({ ...VERDICTS, platforms })),
    [
      (verdicts) => verdictsHtml({ ...VERDICTS, verdicts }),
      undefined,
      TypeError,
      "Expected verdicts to be an array, got undefined",
    ],
    [
      (verdict) => verdictsHtml({ ...VERDICTS, verdicts: [verdict] }),
      Promise.resolve(),
      TypeError,
      "Expected verdicts[0].name to be a string, got undefined",
    ],
    [
      (hostKeys) => onVerdict({ hostKeys }),
      "keyid1",
      RangeError,
      "Expected verdicts[0].hostKeys to be one of keyid0, shared, shared-integrity, " +
      'keyid0+integrity, got "keyid1"',
    ],
    [
      (poison) => onVerdict({ poison }),
      null,
      TypeError,
      "Expected verdicts[0].poison to be one of none, unconsumed, consumed, got null",
    ],
    [
      (decided) => onVerdict({ decided }),
      undefined,
      TypeError,
      "Expected verdicts[0].decided to be one of Never, Sometimes, Always, got undefined",
    ],
    [
      (states) => onVerdict({ states }),
      12n,
      TypeError,
      "Expected verdicts[0].states to be a number, got 12n",
    ],
    ...traces((trace) => onVerdict({ trace }), "verdicts[0]"),
  ],
  "scenariosHtml()": [
    ...pages(scenariosHtml, SCENARIOS),
    ...platforms((platforms) => scenariosHtml({ ...SCENARIOS, platforms })),
    [
      (runs) => scenariosHtml({ ...SCENARIOS, runs }),
      run.hash,
      TypeError,
      `Expected runs to be an array, got "${run.hash}"`,
    ],
    [
      (hash) => onRun({ hash }),
      undefined,
      TypeError,
      "Expected runs[0].hash to be a string, got undefined",
    ],
    [
      (sentence) => onRun({ scenario: { ...scenario, sentence } }),
      null,
      TypeError,
      "Expected runs[0].scenario.sentence to be a string, got null",
    ],
    [
      (observation) => onRun({ observation }),
      "never",
      RangeError,
      'Expected runs[0].observation to be one of Never, Sometimes, Always, got "never"',
    ],
    [
      (exploration) => onRun({ exploration }),
      {},
      TypeError,
      "Expected runs[0].exploration.states to be a number, got undefined",
    ],
    ...traces((trace) => onRun({ trace }), "runs[0]"),
  ],
});
