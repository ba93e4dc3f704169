import { wrongTypes } from "../../tests/wrong_types_suite.ts";
import { defineLinux, gradeMachineCheck, linux } from "./mod.ts";

const RECORD = { bank: 1, status: 0xBD80000000100134n, mcgStatus: 0xFn };
const grade = (context: object) =>
  gradeMachineCheck(RECORD, { mode: "kernel", ...context } as never);
const define = (change: object) => defineLinux({ ...linux("6.18"), ...change });

wrongTypes({
  "linux()": [
    [
      linux,
      6.18,
      TypeError,
      "Expected release to be a string, or a kernel from linux() or defineLinux(), got 6.18",
    ],
    [linux, "six", RangeError, 'Expected release to be a version of Linux such as 6.18, got "six"'],
    [
      linux,
      "6.15",
      RangeError,
      'Expected release to be Linux 6.16 or later, which can host TDs, got "6.15"',
    ],
    [
      (evidence) => linux("6.18", evidence),
      { symbol: [] },
      TypeError,
      "Expected evidence to have only symbols, log, got symbol",
    ],
  ],
  "defineLinux()": [
    [
      define,
      { reset: "sometimes" },
      RangeError,
      'Expected reset of kernel "6.18" to be one of always, quirk, unknown, got "sometimes"',
    ],
    [
      define,
      { kexec: undefined },
      TypeError,
      'Expected kexec of kernel "6.18" to be given, got undefined',
    ],
    [
      define,
      { dynamicPamt: "yes" },
      RangeError,
      'Expected dynamicPamt of kernel "6.18" to be one of true, false, unknown, got "yes"',
    ],
    [
      define,
      { resets: "always" },
      TypeError,
      'Expected kernel "6.18" to have only version, reset, refusedGuestPage, refusedControlPage, ' +
      "kexec, moduleVersion, runtimeUpdate, dynamicPamt, heedsSeamNr, retiresSeamNrPage, " +
      "resetSymbol, confidence, note, sources, got resets",
    ],
  ],
  "gradeMachineCheck()": [
    [
      grade,
      { erratum: true },
      TypeError,
      "Expected context to have only mode, occasion, kernel, keyIdInAddress, ser, erratumFlag, " +
      "tdPrivatePage, got erratum",
    ],
    [
      grade,
      { mode: "td" },
      RangeError,
      'Expected mode to be one of kernel, kernel-recoverable, user, got "td"',
    ],
    [
      grade,
      { occasion: "nmi" },
      RangeError,
      'Expected occasion to be one of exception, polled, boot, got "nmi"',
    ],
    [
      grade,
      { kernel: 6.18 },
      TypeError,
      "Expected release to be a string, or a kernel from linux() or defineLinux(), got 6.18",
    ],
    [
      (status) => gradeMachineCheck({ ...RECORD, status }, { mode: "kernel" }),
      -1n,
      RangeError,
      "Expected MCi_STATUS to be a 64-bit value, got -1n",
    ],
  ],
});
