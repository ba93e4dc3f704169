import { GiB } from "@tdx/core";
import { gnr } from "@tdx/platform-gnr";
import { type WrongType, wrongTypes } from "../../tests/wrong_types_suite.ts";
import { smallHost } from "./_fixtures_test.ts";
import {
  createReclaimer,
  createTdHost,
  decide,
  estimate,
  followPages,
  poisonAtRandom,
  policyClears,
  randomNumbers,
  simulatedTime,
  type TeardownReport,
} from "./mod.ts";

/** Counts go by the names of leaves and page types: a misspelt one is no property. */
export const misspeltCounts = (report: TeardownReport): unknown => [
  // @ts-expect-error -- It is TDH.PHYMEM.PAGE.RECLAIM.
  report.seamcalls["TDH.PHYMEM.RECLAIM"],
  // @ts-expect-error -- It is REG.
  report.pagesByType.PT_REG,
];

const TD = { guestBytes: GiB, vcpus: 4 };
const host = smallHost(gnr);
const { memory } = host;
const tearDown = (options: object) =>
  createReclaimer({ memory }).teardown(host.module, host.tdr, options);

/** A call that takes a platform, and gets that of another contract. */
const foreign = (call: (platform: never) => unknown): WrongType[] => [
  [
    call,
    { ...gnr, name: "dmr", contract: 2 },
    RangeError,
    'Expected platform "dmr" to be written for contract 1, got contract 2',
  ],
  [
    call,
    null,
    TypeError,
    "Expected platform to be one from definePlatform() for contract 1, got null",
  ],
];

/** A call that takes options, and gets one that is not known. */
const misspelt = (call: (options: never) => unknown, options: object, known: string): WrongType => [
  call,
  { ...options, misspelt: true },
  TypeError,
  `Expected options to have only ${known}, got misspelt`,
];

/** A call that takes one of some names, and gets another. */
const oneOf = (call: (name: never) => unknown, what: string, known: string): WrongType => [
  call,
  "sometimes",
  RangeError,
  `Expected ${what} to be one of ${known}, got "sometimes"`,
];

const POLICIES = "always, quirk, never";
const HOST_KEYS = "keyid0, shared, shared-integrity";
const PATHS = "dynamic, terminate";

wrongTypes({
  "decide()": [
    ...foreign((platform) => decide({ platform })),
    misspelt(decide, { platform: gnr }, "platform, hostKeys, kernel, policy, mode"),
    oneOf((policy) => decide({ platform: gnr, policy }), "policy", POLICIES),
    oneOf((hostKeys) => decide({ platform: gnr, hostKeys }), "hostKeys", HOST_KEYS),
    oneOf((mode) => decide({ platform: gnr, mode }), "mode", "Li, Ci"),
  ],
  "policyClears()": [
    ...foreign((platform) => policyClears("quirk", platform)),
    oneOf((policy) => policyClears(policy, gnr), "policy", POLICIES),
  ],
  "createReclaimer()": [
    misspelt(createReclaimer, { memory }, "memory, hostKeys, kernel, policy"),
    oneOf((policy) => createReclaimer({ memory, policy }), "policy", POLICIES),
    oneOf((hostKeys) => createReclaimer({ memory, hostKeys }), "hostKeys", HOST_KEYS),
  ],
  "Reclaimer.teardown()": [
    misspelt(tearDown, {}, "path, onProgress, onBack, signal, reuse, others"),
    oneOf((path) => tearDown({ path }), "path", PATHS),
    ...foreign((platform) => tearDown({ others: [{ platform, policy: "quirk" }] })),
    oneOf((policy) => tearDown({ others: [{ platform: gnr, policy }] }), "policy", POLICIES),
  ],
  "createTdHost()": [
    ...foreign((platform) => createTdHost({ ...TD, platform })),
    misspelt(
      createTdHost,
      { ...TD, platform: gnr },
      "platform, guestBytes, vcpus, mode, keyIds, hostBytes, scatterSeed, dynamicPamt",
    ),
    oneOf((mode) => createTdHost({ ...TD, platform: gnr, mode }), "mode", "Li, Ci"),
  ],
  "estimate()": [
    ...foreign((platform) => estimate({ ...TD, platform })),
    misspelt(
      estimate,
      { ...TD, platform: gnr },
      "platform, guestBytes, vcpus, path, clear, kernel",
    ),
    oneOf((path) => estimate({ ...TD, platform: gnr, path }), "path", PATHS),
  ],
  "simulatedTime()": [
    misspelt(
      (options) => simulatedTime({} as TeardownReport, options),
      TD,
      "guestBytes, vcpus, clear",
    ),
  ],
  "followPages(), poisonAtRandom() and randomNumbers()": [
    [
      (tdr) => followPages({ ...host, tdr }),
      0,
      RangeError,
      "Expected host.tdr to be the address of a TDR, got 0",
    ],
    [
      (tdr) => poisonAtRandom({ ...host, tdr }, 0.1, 1),
      0,
      RangeError,
      "Expected host.tdr to be the address of the TDR of a TD with a key, got 0",
    ],
    [
      randomNumbers,
      0.5,
      RangeError,
      "Expected seed to be a whole number from -(2^53 - 1) to 2^53 - 1, got 0.5",
    ],
  ],
});
