import { consumedPoison } from "@tdx/core";
import { gnr } from "@tdx/platform-gnr";
import { type WrongType, wrongTypes } from "../../tests/wrong_types_suite.ts";
import { meter } from "./meter/mod.ts";
import {
  assessMachineCheck,
  audit,
  decodeMcaError,
  MachineCheckPages,
  matchPlatform,
  readMachineChecks,
} from "./mod.ts";

const copy = { ...gnr, name: "copy" };
const later = { ...gnr, name: "dmr", contract: 2 };

/** A call that takes platforms under a name. */
const platforms = (take: (value: never) => unknown, name: string): WrongType[] => [
  [
    take,
    [gnr, copy],
    TypeError,
    `Expected ${name}[1] to be one from definePlatform() for contract 1, got ` +
    `${JSON.stringify(copy).slice(0, 79)}…`,
  ],
  [
    take,
    [later],
    RangeError,
    'Expected platform "dmr" to be written for contract 1, got contract 2',
  ],
];

/** `@tdx/host/cpu` */
const cpu = { vendor: "GenuineIntel", family: 6, model: 0xad, stepping: 1 };
wrongTypes({
  "matchPlatform()": platforms((value) => matchPlatform(cpu, value), "platforms"),
});

/** `@tdx/host` */
const record = consumedPoison({ address: 0, seamNr: true });
const assess = (host: never) => assessMachineCheck({ record }, host);
wrongTypes({
  "audit()": platforms((value) => audit({ files: async function* () {} }, value), "platforms"),
  "readMachineChecks()": [
    [
      (options) => readMachineChecks("", options),
      { form: "mcelog" },
      TypeError,
      "Expected options to have only name, format, onUncleaned, onEnd, got form",
    ],
    [
      (format) => readMachineChecks("", { format }),
      "mcelogs",
      RangeError,
      "Expected format to be one of kernel, apei, amd, trace-event, rasdaemon-text, esxi, registers, " +
      'mcelog, mce-inject, got "mcelogs"',
    ],
  ],
  "assessMachineCheck()": [
    ...platforms((value) => assessMachineCheck({ record }, { platforms: value }), "host.platforms"),
    [
      assess,
      { keyidBits: 7 },
      TypeError,
      "Expected host to have only mode, platform, platforms, kernel, maxPa, keyIdBits, " +
      "sharedKeyIds, " +
      "got keyidBits",
    ],
    [
      assess,
      { mode: "guest" },
      RangeError,
      'Expected host.mode to be one of kernel, kernel-recoverable, user, got "guest"',
    ],
  ],
  "MachineCheckPages": [
    [
      (limit) => new MachineCheckPages(limit),
      0,
      RangeError,
      "Expected limit to be a whole number from 1 to 2^53 - 1, got 0",
    ],
  ],
  "decodeMcaError()": [
    [
      decodeMcaError,
      NaN,
      RangeError,
      "Expected mcaCod to be a whole number from 0 to 65535, got NaN",
    ],
  ],
});

/** `@tdx/host/meter` */
wrongTypes({
  "meter()": [
    [
      meter,
      { bytes: 4096 },
      TypeError,
      "Expected options to have only methods, steps, pages, bytesPerThread, threads, seconds, " +
      "signal, onProgress, got bytes",
    ],
    [
      (page) => meter({ pages: [page] }),
      "2MiB",
      RangeError,
      'Expected pages[0] to be one of 4KiB, huge, got "2MiB"',
    ],
    [
      (method) => meter({ methods: [method] }),
      "movntdq",
      RangeError,
      "Expected methods[0] to be one of movdir64b, movdir64b-one-fence, rep-stosb, movnti, " +
      'clflushopt, got "movntdq"',
    ],
    [
      (seconds) => meter({ seconds }),
      0,
      RangeError,
      "Expected seconds to be above 0 and at most 86400, one day, got 0",
    ],
  ],
});
