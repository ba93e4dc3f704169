import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { GiB } from "@tdx/core";
import { gnr } from "@tdx/platform-gnr";
import { runOf } from "@tdx/core";
import { type WrongType, wrongTypes } from "../../tests/wrong_types_suite.ts";
import { record, smallHost } from "./_fixtures_test.ts";
import {
  clearOrigin,
  createReclaimer,
  createTdHost,
  decide,
  estimate,
  followPages,
  gaps,
  poisonAtRandom,
  randomNumbers,
  scatterFrames,
  simulatedTime,
} from "./mod.ts";

const TD = { platform: gnr, guestBytes: 18 * GiB, vcpus: 4 };
const host = smallHost(gnr);
const { memory, module, tdr } = host;
const reclaimer = createReclaimer({ memory });
const report = await (() => {
  const other = smallHost(gnr);
  return createReclaimer({ memory: other.memory }).teardown(other.module, other.tdr);
})();

/** A call that takes an options object. */
const options = (take: (value: never) => unknown): WrongType[] => [
  [take, undefined, TypeError, "Expected options to be an object, got undefined"],
  [take, null, TypeError, "Expected options to be an object, got null"],
  [take, gnr.name, TypeError, 'Expected options to be an object, got "gnr"'],
];

/** A call that takes a platform. */
const platform = (take: (value: never) => unknown): WrongType[] => [
  [
    take,
    "gnr",
    TypeError,
    'Expected platform to be one from definePlatform() for contract 1, got "gnr"',
  ],
  [
    take,
    { bugs: [], memory: {} },
    TypeError,
    "Expected platform to be one from definePlatform() for contract 1, got " +
    '{"bugs":[],"memory":{}}',
  ],
  // What was compiled against a later @tdx/core may have whatever that brought.
  [
    take,
    { ...gnr, name: "dmr", contract: 2, act: true },
    RangeError,
    'Expected platform "dmr" to be written for contract 1, got contract 2',
  ],
];

wrongTypes({
  "decide()": [
    ...options(decide),
    ...platform((platform) => decide({ platform })),
    [
      (policy) => decide({ platform: gnr, policy }),
      "somtimes",
      RangeError,
      'Expected policy to be one of always, quirk, never, got "somtimes"',
    ],
    [
      (policy) => decide({ platform: gnr, policy }),
      null,
      TypeError,
      "Expected policy to be one of always, quirk, never, got null",
    ],
    [
      (hostKeys) => decide({ platform: gnr, hostKeys }),
      0,
      TypeError,
      "Expected hostKeys to be one of keyid0, shared, shared-integrity, got 0",
    ],
    [
      (mode) => decide({ platform: gnr, mode }),
      ["Ci"],
      TypeError,
      'Expected mode to be one of Li, Ci, got ["Ci"]',
    ],
    [
      decide,
      { platform: gnr, hostkeys: "shared-integrity" },
      TypeError,
      "Expected options to have only platform, hostKeys, policy, mode, got hostkeys",
    ],
  ],
  "createReclaimer()": [
    ...options(createReclaimer),
    [
      (memory) => createReclaimer({ memory }),
      { platform: gnr },
      TypeError,
      "Expected memory to be an object of class PhysicalMemory, got " +
      '{"platform":{"contract":1,"name":"gnr","title":"Granite Rapids","cpus":[{"famil…',
    ],
    [
      (policy) => createReclaimer({ memory, policy }),
      true,
      TypeError,
      "Expected policy to be one of always, quirk, never, got true",
    ],
    [
      createReclaimer,
      { memory, polciy: "never" },
      TypeError,
      "Expected options to have only memory, hostKeys, policy, got polciy",
    ],
  ],
  "Reclaimer.teardown()": [
    [
      (module) => reclaimer.teardown(module, tdr),
      host,
      TypeError,
      "Expected module to be an object of class TdxModule, got " +
      `${JSON.stringify(host).slice(0, 79)}…`,
    ],
    [
      (tdr) => reclaimer.teardown(module, tdr),
      undefined,
      TypeError,
      "Expected tdr to be a number, got undefined",
    ],
    [
      (options) => reclaimer.teardown(module, tdr, options),
      "dynamic",
      TypeError,
      'Expected options to be an object, got "dynamic"',
    ],
    [
      (path) => reclaimer.teardown(module, tdr, { path }),
      1,
      TypeError,
      "Expected path to be one of terminate, dynamic, got 1",
    ],
    [
      (onProgress) => reclaimer.teardown(module, tdr, { onProgress }),
      true,
      TypeError,
      "Expected onProgress to be a function, got true",
    ],
    [
      (onBack) => reclaimer.teardown(module, tdr, { onBack }),
      followPages(host),
      TypeError,
      "Expected onBack to be a function, got {}",
    ],
    [
      (signal) => reclaimer.teardown(module, tdr, { signal }),
      new AbortController(),
      TypeError,
      "Expected signal to be an object of class AbortSignal, got one of class AbortController",
    ],
    [
      (reuse) => reclaimer.teardown(module, tdr, { reuse }),
      "yes",
      TypeError,
      'Expected reuse to be a boolean, got "yes"',
    ],
    [
      (options) => reclaimer.teardown(module, tdr, options),
      { re_use: true },
      TypeError,
      "Expected options to have only path, onProgress, onBack, signal, reuse, got re_use",
    ],
  ],
  "estimate()": [
    ...options(estimate),
    ...platform((platform) => estimate({ ...TD, platform })),
    [
      (guestBytes) => estimate({ ...TD, guestBytes }),
      "18GiB",
      TypeError,
      'Expected guestBytes to be a number, got "18GiB"',
    ],
    [
      (vcpus) => estimate({ ...TD, vcpus }),
      "4",
      TypeError,
      'Expected vcpus to be a number, got "4"',
    ],
    [
      (path) => estimate({ ...TD, path }),
      "dynamical",
      RangeError,
      'Expected path to be one of terminate, dynamic, got "dynamical"',
    ],
    [
      (clear) => estimate({ ...TD, clear }),
      410n,
      TypeError,
      "Expected clear to be published, measured, what a meter measured or a positive number of " +
      "nanoseconds a page, got 410n",
    ],
  ],
  "clearOrigin()": [
    [
      clearOrigin,
      undefined,
      TypeError,
      "Expected clear to be published, measured, what a meter measured or a positive number of " +
      "nanoseconds a page, got undefined",
    ],
    [
      clearOrigin,
      "fast",
      RangeError,
      "Expected clear to be published, measured, what a meter measured or a positive number of " +
      'nanoseconds a page, got "fast"',
    ],
  ],
  "estimate() with what a meter measured": [
    [
      (nsPerPage) => estimate({ ...TD, clear: { nsPerPage, source: "a meter" } }),
      410,
      TypeError,
      "Expected clear.nsPerPage to be an object, got 410",
    ],
    [
      (low) => estimate({ ...TD, clear: { nsPerPage: { low, high: 1 }, source: "a meter" } }),
      "1",
      TypeError,
      'Expected clear.nsPerPage.low to be a number, got "1"',
    ],
    [
      (source) => estimate({ ...TD, clear: { nsPerPage: { low: 1, high: 1 }, source } }),
      undefined,
      TypeError,
      "Expected clear.source to be a string, got undefined",
    ],
    [
      estimate,
      { ...TD, clears: "measured" },
      TypeError,
      "Expected options to have only platform, guestBytes, vcpus, path, clear, got clears",
    ],
  ],
  "simulatedTime()": [
    [
      (report) => simulatedTime(report, TD),
      undefined,
      TypeError,
      "Expected report to be an object, got undefined",
    ],
    [
      (report) => simulatedTime(report, TD),
      Promise.resolve(),
      TypeError,
      "Expected report.path to be one of terminate, dynamic, got undefined",
    ],
    [
      (control) => simulatedTime({ ...report, control }, TD),
      {},
      TypeError,
      "Expected report.control.pagesReclaimed to be a number, got undefined",
    ],
    [
      (pagesReclaimed) => simulatedTime({ ...report, pagesReclaimed }, TD),
      NaN,
      RangeError,
      "Expected report.pagesReclaimed to be a whole number from 0 to 2^53 - 1, got NaN",
    ],
    [
      (linesCleared) =>
        simulatedTime({ ...report, control: { ...report.control, linesCleared } }, TD),
      -64,
      RangeError,
      "Expected report.control.linesCleared to be a whole number from 0 to 2^53 - 1, got -64",
    ],
    [
      (flushes) => simulatedTime({ ...report, seamcalls: { "TDH.VP.FLUSH": flushes } }, TD),
      "4",
      TypeError,
      'Expected report.seamcalls["TDH.VP.FLUSH"] to be a number, got "4"',
    ],
    [
      (writeBacks) =>
        simulatedTime({ ...report, seamcalls: { "TDH.PHYMEM.CACHE.WB": writeBacks } }, TD),
      0.5,
      RangeError,
      'Expected report.seamcalls["TDH.PHYMEM.CACHE.WB"] to be a whole number from 0 to 2^53 - 1, ' +
      "got 0.5",
    ],
    ...options((options) => simulatedTime(report, options)),
    [
      (vcpus) => simulatedTime(report, { guestBytes: 18 * GiB, vcpus }),
      undefined,
      TypeError,
      "Expected vcpus to be a number, got undefined",
    ],
    [
      (options) => simulatedTime(report, options),
      { guestBytes: 18 * GiB, vcpus: 4, clears: "measured" },
      TypeError,
      "Expected options to have only guestBytes, vcpus, clear, got clears",
    ],
  ],
  "followPages()": [
    [followPages, undefined, TypeError, "Expected host to be an object, got undefined"],
    [
      (memory) => followPages({ ...host, memory }),
      2 ** 30,
      TypeError,
      "Expected host.memory to be an object of class PhysicalMemory, got 1073741824",
    ],
    [
      (module) => followPages({ ...host, module }),
      null,
      TypeError,
      "Expected host.module to be an object of class TdxModule, got null",
    ],
    [
      (tdr) => followPages({ ...host, tdr }),
      "0x1000",
      TypeError,
      'Expected host.tdr to be a number, got "0x1000"',
    ],
    [
      (tdr) => followPages({ ...host, tdr }),
      0,
      RangeError,
      "Expected host.tdr to be the address of a TDR, got 0",
    ],
    [
      (pages) => followPages(host).onBack(pages, true),
      0x1000,
      TypeError,
      "Expected chunk to be an object, got 4096",
    ],
    [
      (used) => followPages(host).onBack(runOf(0, 1), used),
      undefined,
      TypeError,
      "Expected used to be a boolean, got undefined",
    ],
  ],
  "poisonAtRandom()": [
    [
      (host) => poisonAtRandom(host, 0.1, 1),
      undefined,
      TypeError,
      "Expected host to be an object, got undefined",
    ],
    [
      (host) => poisonAtRandom(host, 0.1, 1),
      memory,
      TypeError,
      "Expected host.memory to be an object of class PhysicalMemory, got undefined",
    ],
    [
      (tdr) => poisonAtRandom({ ...host, tdr }, 0.1, 1),
      0,
      RangeError,
      "Expected host.tdr to be the address of the TDR of a TD with a key, got 0",
    ],
    [
      (rate) => poisonAtRandom(host, rate, 1),
      "0.1",
      TypeError,
      'Expected rate to be a number, got "0.1"',
    ],
    [
      (seed) => poisonAtRandom(host, 0.1, seed),
      undefined,
      TypeError,
      "Expected seed to be a number, got undefined",
    ],
  ],
  "gaps()": [
    [(rate) => gaps(rate, () => 0), NaN, RangeError, "Expected rate to be from 0 to 1, got NaN"],
    [(random) => gaps(0.5, random), 7, TypeError, "Expected random to be a function, got 7"],
  ],
  "randomNumbers()": [
    [randomNumbers, "7", TypeError, 'Expected seed to be a number, got "7"'],
    [
      randomNumbers,
      0.5,
      RangeError,
      "Expected seed to be a whole number from -(2^53 - 1) to 2^53 - 1, got 0.5",
    ],
  ],
  "scatterFrames()": [
    [
      (frames) => scatterFrames(frames, 1, 1),
      "512",
      TypeError,
      'Expected frames to be a number, got "512"',
    ],
    [
      (count) => scatterFrames(512, count, 1),
      null,
      TypeError,
      "Expected count to be a number, got null",
    ],
    [
      (count) => scatterFrames(512, count, 1),
      -1,
      RangeError,
      "Expected count to be a whole number from 0 to 2^53 - 1, got -1",
    ],
    [
      (seed) => scatterFrames(512, 1, seed),
      undefined,
      TypeError,
      "Expected seed to be a number, got undefined",
    ],
  ],
  "createTdHost()": [
    ...options(createTdHost),
    ...platform((platform) => createTdHost({ ...TD, platform })),
    [
      (guestBytes) => createTdHost({ ...TD, guestBytes }),
      2n ** 30n,
      TypeError,
      "Expected guestBytes to be a number, got 1073741824n",
    ],
    [
      (vcpus) => createTdHost({ ...TD, vcpus }),
      undefined,
      TypeError,
      "Expected vcpus to be a number, got undefined",
    ],
    [
      (mode) => createTdHost({ ...TD, mode }),
      "li",
      RangeError,
      'Expected options.mode to be one of Li, Ci, got "li"',
    ],
    [
      (keyIds) => createTdHost({ ...TD, keyIds }),
      {},
      TypeError,
      "Expected keyIds to be an object of class KeyIdSpace, got {}",
    ],
    [
      (hostBytes) => createTdHost({ ...TD, hostBytes }),
      "1TiB",
      TypeError,
      'Expected hostBytes to be a number, got "1TiB"',
    ],
    [
      (scatterSeed) => createTdHost({ ...TD, scatterSeed }),
      true,
      TypeError,
      "Expected scatterSeed to be a number, got true",
    ],
    [
      createTdHost,
      { ...TD, scatter: 1 },
      TypeError,
      "Expected options to have only platform, guestBytes, vcpus, mode, keyIds, hostBytes, " +
      "scatterSeed, got scatter",
    ],
  ],
});

Deno.test("a refused call leaves TD and memory as they were, and issues no SEAMCALL", async () => {
  const { memory, module, tdr } = smallHost(gnr);
  const reclaimer = createReclaimer({ memory, policy: "always" });
  const look = () => [module.td(tdr), memory.counts];
  const before = look();
  const log = record(module);
  const wrong = "0" as never;
  for (
    const options of [
      { path: wrong },
      { onProgress: wrong },
      { onBack: wrong },
      { signal: wrong },
      { reuse: wrong },
    ]
  ) await assertRejects(() => reclaimer.teardown(module, tdr, options), Error, 'got "0"');
  assertThrows(() => poisonAtRandom({ memory, module, tdr }, 0.5, wrong), TypeError);
  assertEquals(look(), before);
  assertEquals(log, []);
});
