import { assertEquals, assertThrows } from "@std/assert";
import { consumedPoison } from "@tdx/core";
import { gnr } from "@tdx/platform-gnr";
import { type WrongType, wrongTypes } from "../../tests/wrong_types_suite.ts";
import { meter } from "./meter/mod.ts";
import {
  archiveSource,
  assessMachineCheck,
  audit,
  decodeMcaError,
  folderSource,
  liveSource,
  MachineCheckPages,
  matchPlatform,
  parseCpuidDump,
  parseCpuinfo,
  printKernelLog,
  readKernelLog,
  readKeyIdLayout,
  readMachineChecks,
  readMceInject,
  readMcelog,
  readRasdaemon,
  type Source,
  summarizeFleet,
} from "./mod.ts";

const CPU = { vendor: "GenuineIntel", family: 6, model: 0xad, stepping: 1 };
const RECORD = consumedPoison({ address: 0, seamNr: true });
const SOURCE: Source = { files: async function* () {} };
const later = { ...gnr, name: "dmr", contract: 2 };

/** A call that takes platforms under a name. */
const platforms = (take: (value: never) => unknown, name: string): WrongType[] => [
  [take, gnr.name, TypeError, `Expected ${name} to be an array, got "gnr"`],
  [
    take,
    [gnr, { ...gnr, name: "copy" }],
    TypeError,
    `Expected ${name}[1] to be one from definePlatform() for contract 1, got ` +
    `${JSON.stringify({ ...gnr, name: "copy" }).slice(0, 79)}…`,
  ],
  [
    take,
    [gnr, later],
    RangeError,
    'Expected platform "dmr" to be written for contract 1, got contract 2',
  ],
];

/** A call that takes a text and its name. */
const text = (take: (text: never, name?: never) => unknown): WrongType[] => [
  [take, undefined, TypeError, "Expected text to be a string, got undefined"],
  [
    take,
    new Uint8Array(1),
    TypeError,
    "Expected text to be a string, got one of class Uint8Array",
  ],
  [(name) => take("" as never, name), 1, TypeError, "Expected name to be a string, got 1"],
];

/** A call that takes a text in pieces and its name. */
const chunks = (take: (chunks: never, name?: never) => AsyncGenerator): WrongType[] => [
  [
    take,
    undefined,
    TypeError,
    "Expected chunks to be a text or an iterable of texts, got undefined",
  ],
  [take, 5, TypeError, "Expected chunks to be a text or an iterable of texts, got 5"],
  [
    (chunks) => take(chunks).next(),
    new Blob(["MCE 0"]).stream(),
    TypeError,
    "Expected a piece of the text to be a string, got one of class Uint8Array",
  ],
  [(name) => take("" as never, name), null, TypeError, "Expected name to be a string, got null"],
];

/** A call that takes a stream of bytes under a name. */
const bytes = (take: (value: never) => unknown, name: string): WrongType[] => [
  [take, undefined, TypeError, `Expected ${name} to be a stream of bytes, got undefined`],
  [take, "{}", TypeError, `Expected ${name} to be a stream of bytes, got "{}"`],
  [
    take,
    new Uint8Array(512),
    TypeError,
    `Expected ${name} to be a stream of bytes, got one of class Uint8Array`,
  ],
];

/** A call that takes a source. */
const source = (take: (value: never) => unknown): WrongType[] => [
  [take, "/proc", TypeError, 'Expected source to be an object, got "/proc"'],
  [take, {}, TypeError, "Expected source.files to be a function, got undefined"],
];

wrongTypes({
  "parseCpuidDump()": text(parseCpuidDump),
  "parseCpuinfo()": text(parseCpuinfo),
  "matchPlatform()": [
    ...platforms((platforms) => matchPlatform(CPU, platforms), "platforms"),
    [
      (cpu) => matchPlatform(cpu, [gnr]),
      undefined,
      TypeError,
      "Expected cpu to be an object, got undefined",
    ],
    [
      (model) => matchPlatform({ ...CPU, model }, [gnr]),
      "0xad",
      TypeError,
      'Expected cpu.model to be a number, got "0xad"',
    ],
  ],
  "archiveSource()": bytes(archiveSource, "archive"),
  "a source of archiveSource()": [
    [
      (piece) =>
        Array.fromAsync(
          archiveSource((async function* () {
            yield piece;
          })()).files([]),
        ),
      "proc/cpuinfo",
      TypeError,
      'Expected a piece of bytes to be an object of class Uint8Array, got "proc/cpuinfo"',
    ],
  ],
  "folderSource()": [
    [folderSource, undefined, TypeError, "Expected folder to be a string, got undefined"],
  ],
  "the sources of archiveSource(), folderSource() and liveSource()": [
    archiveSource(new Blob([]).stream()),
    folderSource("none"),
    liveSource(),
  ].flatMap(
    ({ files }) => {
      const all = (paths: never) => Array.fromAsync(files(paths));
      const rows: WrongType[] = [
        [
          all,
          "proc/cpuinfo",
          TypeError,
          'Expected paths to be an array, got "proc/cpuinfo"',
        ],
        [all, [5], TypeError, "Expected paths[0] to be a string, got 5"],
      ];
      return rows;
    },
  ),
  "summarizeFleet()": [
    ...bytes(summarizeFleet, "lines"),
    [
      (piece) =>
        summarizeFleet((async function* () {
          yield piece;
        })()),
      "{}",
      TypeError,
      'Expected a piece of bytes to be an object of class Uint8Array, got "{}"',
    ],
  ],
  "audit()": [
    ...source((source) => audit(source, [gnr])),
    ...platforms((platforms) => audit(SOURCE, platforms), "platforms"),
  ],
  "readKeyIdLayout()": source(readKeyIdLayout),
  "readKernelLog()": chunks(readKernelLog),
  "readMcelog()": chunks(readMcelog),
  "readMceInject()": chunks(readMceInject),
  "readMachineChecks()": [
    ...chunks((chunks, name) =>
      readMachineChecks(chunks, name === undefined ? { format: "mcelog" } : { name })
    ),
    [
      (options) => readMachineChecks("", options),
      "log",
      TypeError,
      'Expected options to be an object, got "log"',
    ],
    [
      (format) => readMachineChecks("", { format }),
      "mcelogs",
      RangeError,
      'Expected format to be one of kernel, mcelog, mce-inject, got "mcelogs"',
    ],
    [
      (format) => readMachineChecks("", { format }),
      null,
      TypeError,
      "Expected format to be one of kernel, mcelog, mce-inject, got null",
    ],
    [
      (options) => readMachineChecks("", options),
      { form: "mcelog" },
      TypeError,
      "Expected options to have only name, format, got form",
    ],
  ],
  "readRasdaemon()": [
    [readRasdaemon, undefined, TypeError, "Expected path to be a string, got undefined"],
  ],
  "assessMachineCheck()": [
    [
      assessMachineCheck,
      undefined,
      TypeError,
      "Expected evidence to be an object, got undefined",
    ],
    // The record itself, where what the log says of it is asked for.
    [
      (evidence) => assessMachineCheck(evidence),
      { bank: 1 },
      TypeError,
      "Expected evidence.record to be an object, got undefined",
    ],
    [
      (status) => assessMachineCheck({ record: { ...RECORD, status } }),
      0,
      TypeError,
      "Expected evidence.record.status to be a bigint, got 0",
    ],
    [
      (address) => assessMachineCheck({ record: { ...RECORD, address } }),
      "80a5669600",
      TypeError,
      'Expected evidence.record.address to be a bigint, got "80a5669600"',
    ],
    [
      (said) => assessMachineCheck({ record: RECORD, said }),
      "Fatal",
      TypeError,
      'Expected evidence.said to be an array, got "Fatal"',
    ],
    [
      (host) => assessMachineCheck({ record: RECORD }, host),
      null,
      TypeError,
      "Expected host to be an object, got null",
    ],
    [
      (mode) => assessMachineCheck({ record: RECORD }, { mode }),
      "guest",
      RangeError,
      'Expected host.mode to be one of kernel, user, got "guest"',
    ],
    [
      (keyIdBits) => assessMachineCheck({ record: RECORD }, { keyIdBits }),
      "6",
      TypeError,
      'Expected host.keyIdBits to be a number, got "6"',
    ],
    [
      (platform) => assessMachineCheck({ record: RECORD }, { platform }),
      later,
      RangeError,
      'Expected platform "dmr" to be written for contract 1, got contract 2',
    ],
    ...platforms(
      (platforms) => assessMachineCheck({ record: RECORD }, { platforms }),
      "host.platforms",
    ),
    [
      (host) => assessMachineCheck({ record: RECORD }, host),
      { keyidBits: 7 },
      TypeError,
      "Expected host to have only mode, platform, platforms, maxPa, keyIdBits, sharedKeyIds, " +
      "got keyidBits",
    ],
  ],
  "MachineCheckPages": [
    [
      (limit) => new MachineCheckPages(limit),
      "10",
      TypeError,
      'Expected limit to be a number, got "10"',
    ],
    [
      (assessment) => new MachineCheckPages().add(assessment),
      undefined,
      TypeError,
      "Expected assessment to be an object, got undefined",
    ],
    [
      (assessment) => new MachineCheckPages().add(assessment),
      { record: {} },
      TypeError,
      "Expected assessment.cause to be an object, got undefined",
    ],
  ],
  "decodeMcaError()": [
    [decodeMcaError, 0x134n, TypeError, "Expected mcaCod to be a number, got 308n"],
    [
      decodeMcaError,
      NaN,
      RangeError,
      "Expected mcaCod to be a whole number from 0 to 65535, got NaN",
    ],
  ],
  "printKernelLog()": [
    [printKernelLog, undefined, TypeError, "Expected record to be an object, got undefined"],
    [printKernelLog, {}, TypeError, "Expected record.bank to be a number, got undefined"],
    [
      (misc) => printKernelLog({ ...RECORD, misc }),
      0x86,
      TypeError,
      "Expected record.misc to be a bigint, got 134",
    ],
    [
      (ip) => printKernelLog(RECORD, { cs: 0x10, ip }),
      0,
      TypeError,
      "Expected interrupted.ip to be a bigint, got 0",
    ],
  ],
  "meter()": [
    [meter, null, TypeError, "Expected options to be an object, got null"],
    [(threads) => meter({ threads }), "1", TypeError, 'Expected threads to be a number, got "1"'],
    [
      (seconds) => meter({ seconds }),
      null,
      TypeError,
      "Expected seconds to be a number, got null",
    ],
    [
      (methods) => meter({ methods }),
      "movnti",
      TypeError,
      'Expected methods to be an array, got "movnti"',
    ],
    [
      (page) => meter({ pages: [page] }),
      4096,
      TypeError,
      "Expected pages[0] to be one of 4KiB, huge, got 4096",
    ],
    [
      (step) => meter({ steps: [4096, step] }),
      "2MiB",
      TypeError,
      'Expected steps[1] to be a number, got "2MiB"',
    ],
    [
      (bytesPerThread) => meter({ bytesPerThread }),
      2n ** 30n,
      TypeError,
      "Expected bytesPerThread to be a number, got 1073741824n",
    ],
    [
      (signal) => meter({ signal }),
      new AbortController(),
      TypeError,
      "Expected signal to be an object of class AbortSignal, got one of class AbortController",
    ],
    [
      (onProgress) => meter({ onProgress }),
      true,
      TypeError,
      "Expected onProgress to be a function, got true",
    ],
    [
      meter,
      { bytes: 4096 },
      TypeError,
      "Expected options to have only methods, steps, pages, bytesPerThread, threads, seconds, " +
      "signal, onProgress, got bytes",
    ],
  ],
});

Deno.test("a refused assessment leaves MachineCheckPages as they were", () => {
  const pages = new MachineCheckPages();
  const assessment = assessMachineCheck({ record: RECORD });
  pages.add(assessment);
  const before = pages.reports();
  assertThrows(() => pages.add({ ...assessment, grades: "panic" as never }), TypeError);
  assertEquals([pages.reports(), pages.dropped], [before, 0]);
});
