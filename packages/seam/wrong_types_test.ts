import { PhysicalMemory } from "@tdx/core";
import { type WrongType, wrongTypes } from "../../tests/wrong_types_suite.ts";
import { GUEST, keyIds, newModule, platform } from "./_fixtures_test.ts";
import { buildTd, decodeStatus, status, TdxModule } from "./mod.ts";

const PLAN = { hkid: 33, vcpus: 1, control: 0, memory: [GUEST] };
const memory = new PhysicalMemory({ bytes: 2 ** 30, platform, keyIds });
const build = (plan: object) => buildTd(newModule(), { ...PLAN, ...plan });
const inject = (faults: unknown) => newModule().inject(faults as never);
const { mem, mng, phymem, vp } = newModule();
const FROM_1 = "to be a whole number from 1 to 2^53 - 1";
const FROM_0 = "to be a whole number from 0 to 2^53 - 1";

wrongTypes({
  "status()": [
    [status, "SUCCES", RangeError, 'Expected name to be the name of a status, got "SUCCES"'],
    [
      (operand) => status("OPERAND_BUSY", operand),
      "rcx",
      RangeError,
      'Expected operand to be the name of an operand, got "rcx"',
    ],
  ],
  "decodeStatus()": [
    [decodeStatus, 0, TypeError, "Expected value to be a bigint, got 0"],
    [decodeStatus, 1n << 64n, RangeError, `Expected value to be a 64-bit value, got ${1n << 64n}n`],
  ],
  "buildTd()": [
    [
      build,
      { levels: 1 },
      TypeError,
      "Expected plan to have only hkid, vcpus, control, memory, level, got levels",
    ],
    [
      build,
      { vcpus: NaN },
      RangeError,
      `Expected vcpus to be a whole number from 1 to 2^53 - 1, got NaN`,
    ],
    [build, { level: 3 }, RangeError, "Expected level to be a whole number from 0 to 2, got 3"],
  ],
  "new TdxModule()": [
    [
      (options) => new TdxModule(options),
      { memory, package: 1 },
      TypeError,
      "Expected options to have only memory, packages, tdmrs, reserved, dynamicPamt, got package",
    ],
    [
      (packages) => new TdxModule({ memory, packages }),
      33,
      RangeError,
      "Expected packages to be a whole number from 1 to 32, got 33",
    ],
  ],
  "TdxModule.inject()": [
    [
      inject,
      { interrupt: 3 },
      TypeError,
      "Expected faults to have only busyAfter, interrupts, noEntropy, acceptInterrupt, got interrupt",
    ],
    [inject, { interrupts: 0.5 }, RangeError, `Expected interrupts ${FROM_0}, got 0.5`],
    [
      inject,
      { busyAfter: () => -1 },
      RangeError,
      "Expected busyAfter() to be a whole number from 0 or Infinity, got -1",
    ],
  ],
  "TdxModule.pagesOf()": [
    [
      (type) => newModule().pagesOf(0, type),
      "reg",
      RangeError,
      'Expected type to be one of NDA, RSVD, REG, TDR, TDCX, TDVPR, EPT, PAMT, got "reg"',
    ],
  ],
  "a SEAMCALL": [
    [(hkid) => mng.create(0, hkid), "33", TypeError, 'Expected hkid to be a number, got "33"'],
    [(tdr) => mng.init(tdr), NaN, RangeError, `Expected tdr ${FROM_0}, got NaN`],
    [
      (pkg) => mng.keyConfig(0, pkg),
      2,
      RangeError,
      "Expected package to be a whole number from 0 to 1, got 2",
    ],
    [
      (pkg) => phymem.cacheWb(pkg, 0),
      2,
      RangeError,
      "Expected package to be a whole number from 0 to 1, got 2",
    ],
    [(times) => mem.track(0, times), 0, RangeError, `Expected times ${FROM_1}, got 0`],
    [(pages) => mem.rangeBlock(0, 0, 0, pages), 0, RangeError, `Expected pages ${FROM_1}, got 0`],
    [(pages) => mem.rangeUnblock(0, 0, 0, pages), 0, RangeError, `Expected pages ${FROM_1}, got 0`],
    [(pages) => mem.pageRemove(0, 0, 0, pages), 0, RangeError, `Expected pages ${FROM_1}, got 0`],
    ...[vp.init, vp.enter, vp.flush].map((leaf): WrongType => [
      (lp) => leaf.call(vp, 0, lp),
      2 ** 32,
      RangeError,
      `Expected lp to be a whole number from 0 to 2^32 - 1, got ${2 ** 32}`,
    ]),
    [(pa) => phymem.pageReclaim(pa), -4096, RangeError, `Expected pages ${FROM_0}, got -4096`],
    [
      (hkid) => phymem.pageWbinvd(0, hkid),
      5,
      RangeError,
      "Expected hkid to be 0 or a private KeyID, got 5",
    ],
  ],
});
