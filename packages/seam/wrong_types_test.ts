import { assertEquals, assertThrows } from "@std/assert";
import { PhysicalMemory } from "@tdx/core";
import { type WrongType, wrongTypes } from "../../tests/wrong_types_suite.ts";
import { buildTd, checkInvariants, decodeStatus, status, TdxModule } from "./mod.ts";
import { GUEST, keyIds, liveTd, look, newModule, platform } from "./_fixtures_test.ts";

const PLAN = { hkid: 33, vcpus: 1, control: 0, memory: [GUEST] };
const memory = () => new PhysicalMemory({ bytes: 2 ** 30, platform, keyIds });
const build = (plan: object) => buildTd(newModule(), { ...PLAN, ...plan });
const inject = (faults: unknown) => newModule().inject(faults as never);

/** A call that takes a number under a name. */
const number = (take: (value: never) => unknown, name: string): WrongType[] => [
  [take, "4096", TypeError, `Expected ${name} to be a number, got "4096"`],
  [take, 4096n, TypeError, `Expected ${name} to be a number, got 4096n`],
  [take, undefined, TypeError, `Expected ${name} to be a number, got undefined`],
];

/** A call that takes an address or frames. */
const pages = (take: (value: never) => unknown): WrongType[] => [
  [take, "1", TypeError, 'Expected pages to be an address or a chunk of frames, got "1"'],
  [take, null, TypeError, "Expected pages to be an address or a chunk of frames, got null"],
  [take, {}, TypeError, "Expected frame to be a number, got undefined"],
  [take, { ...GUEST, count: "512" }, TypeError, 'Expected count to be a number, got "512"'],
  [
    take,
    { ...GUEST, words: undefined },
    TypeError,
    "Expected words to be an object of class Uint32Array, got undefined",
  ],
  [
    take,
    { ...GUEST, words: new Uint32Array(16), at: "0" },
    TypeError,
    'Expected at to be a number, got "0"',
  ],
  [take, NaN, RangeError, "Expected pages to be a whole number from 0 to 2^53 - 1, got NaN"],
];

const { mem, mng, mr, phymem, vp } = newModule();

wrongTypes({
  "status()": [
    [status, 0, TypeError, "Expected name to be a string, got 0"],
    [status, "SUCCES", RangeError, 'Expected name to be the name of a status, got "SUCCES"'],
    [
      (operand) => status("OPERAND_BUSY", operand),
      1,
      TypeError,
      "Expected operand to be a string, got 1",
    ],
    [
      (operand) => status("OPERAND_BUSY", operand),
      "rcx",
      RangeError,
      'Expected operand to be the name of an operand, got "rcx"',
    ],
  ],
  "decodeStatus()": [
    [decodeStatus, 0, TypeError, "Expected value to be a bigint, got 0"],
    [
      decodeStatus,
      "c000030000000001",
      TypeError,
      'Expected value to be a bigint, got "c000030000000001"',
    ],
  ],
  "checkInvariants()": [
    [
      checkInvariants,
      undefined,
      TypeError,
      "Expected module to be an object of class TdxModule, got undefined",
    ],
  ],
  "buildTd()": [
    [
      (module) => buildTd(module, PLAN),
      {},
      TypeError,
      "Expected module to be an object of class TdxModule, got {}",
    ],
    [
      (plan) => buildTd(newModule(), plan),
      undefined,
      TypeError,
      "Expected plan to be an object, got undefined",
    ],
    ...number((hkid) => build({ hkid }), "hkid"),
    ...number((vcpus) => build({ vcpus }), "vcpus"),
    ...number((control) => build({ control }), "control"),
    [(level) => build({ level }), "0", TypeError, 'Expected level to be a number, got "0"'],
    [
      (memory) => build({ memory }),
      GUEST,
      TypeError,
      "Expected memory to be an iterable of chunks, got " +
      '{"frame":262144,"count":512,"value":0,"words":null,"at":0}',
    ],
    [(chunk) => build({ memory: [chunk] }), 5, TypeError, "Expected chunk to be an object, got 5"],
    [
      (plan) => buildTd(newModule(), plan),
      { ...PLAN, levels: 1 },
      TypeError,
      "Expected plan to have only hkid, vcpus, control, memory, level, got levels",
    ],
  ],
  "new TdxModule()": [
    [
      (options) => new TdxModule(options),
      undefined,
      TypeError,
      "Expected options to be an object, got undefined",
    ],
    [
      (memory) => new TdxModule({ memory }),
      2 ** 30,
      TypeError,
      "Expected memory to be an object of class PhysicalMemory, got 1073741824",
    ],
    [
      (packages) => new TdxModule({ memory: memory(), packages }),
      "2",
      TypeError,
      'Expected packages to be a number, got "2"',
    ],
    [
      (tdmrs) => new TdxModule({ memory: memory(), tdmrs }),
      { base: 0, size: 2 ** 30 },
      TypeError,
      'Expected tdmrs to be an array, got {"base":0,"size":1073741824}',
    ],
    [
      (reserved) => new TdxModule({ memory: memory(), reserved }),
      [{ base: 0 }],
      TypeError,
      "Expected reserved[0].size to be a number, got undefined",
    ],
    [
      (options) => new TdxModule(options),
      { memory: memory(), package: 1 },
      TypeError,
      "Expected options to have only memory, packages, tdmrs, reserved, got package",
    ],
  ],
  "TdxModule.inject()": [
    [inject, undefined, TypeError, "Expected faults to be an object, got undefined"],
    [inject, { busyAfter: 3 }, TypeError, "Expected busyAfter to be a function, got 3"],
    [
      inject,
      { busyAfter: () => "3" },
      TypeError,
      'Expected busyAfter() to be a number, got "3"',
    ],
    [inject, { interrupts: null }, TypeError, "Expected interrupts to be a number, got null"],
    [
      inject,
      { interrupt: 3 },
      TypeError,
      "Expected faults to have only busyAfter, interrupts, got interrupt",
    ],
  ],
  "the other methods of TdxModule": [
    ...number((pa) => newModule().lock(pa), "pa"),
    ...number((pa) => newModule().unlock(pa), "pa"),
    ...number((tdr) => newModule().kick(tdr), "tdr"),
    ...number((tdr) => newModule().td(tdr), "tdr"),
    ...number((pa) => newModule().page(pa), "pa"),
    ...number((tdr) => newModule().accept(tdr, 0, 0), "tdr"),
    ...number((gpa) => newModule().accept(0, gpa, 0), "gpa"),
    ...number((level) => newModule().accept(0, 0, level), "level"),
    ...number((tdr) => newModule().pagesOf(tdr, "REG"), "tdr"),
    [
      (type) => newModule().pagesOf(0, type),
      "reg",
      RangeError,
      'Expected type to be one of NDA, RSVD, REG, TDR, TDCX, TDVPR, EPT, got "reg"',
    ],
    [
      (visit) => newModule().forEachPages(visit),
      undefined,
      TypeError,
      "Expected visit to be a function, got undefined",
    ],
  ],
  "the TDH.MNG and TDH.MR leaves": [
    ...number((tdr) => mng.create(tdr, 33), "tdr"),
    ...number((hkid) => mng.create(0, hkid), "hkid"),
    ...number((tdr) => mng.keyConfig(tdr, 0), "tdr"),
    ...number((pkg) => mng.keyConfig(0, pkg), "package"),
    ...number((tdcx) => mng.addcx(tdcx, 0), "tdcx"),
    ...number((tdr) => mng.addcx(0, tdr), "tdr"),
    ...number(mng.init, "tdr"),
    ...number(mng.vpflushdone, "tdr"),
    ...number(mng.keyFreeid, "tdr"),
    ...number(mr.finalize, "tdr"),
  ],
  "the TDH.VP leaves": [
    ...number((tdvpr) => vp.create(tdvpr, 0), "tdvpr"),
    ...number((tdr) => vp.create(0, tdr), "tdr"),
    ...number((tdcx) => vp.addcx(tdcx, 0), "tdcx"),
    ...number((tdvpr) => vp.addcx(0, tdvpr), "tdvpr"),
    ...[vp.init, vp.enter, vp.flush].flatMap((leaf) => [
      ...number((tdvpr) => leaf(tdvpr, 0), "tdvpr"),
      ...number((lp) => leaf(0, lp), "lp"),
    ]),
  ],
  "the TDH.MEM leaves": [
    ...number((tdr) => mem.septAdd(tdr, 0, 1, 0), "tdr"),
    ...number((gpa) => mem.pageAdd(0, gpa, 0), "gpa"),
    ...number((level) => mem.pageAug(0, 0, level, 0), "level"),
    ...pages((pages) => mem.septAdd(0, 0, 1, pages)),
    ...pages((pages) => mem.pageAdd(0, 0, pages)),
    ...pages((pages) => mem.pageAug(0, 0, 0, pages)),
    ...number((tdr) => mem.track(tdr), "tdr"),
    ...[mem.rangeBlock, mem.pageRemove].flatMap((leaf) => [
      ...number((tdr) => leaf(tdr, 0, 0), "tdr"),
      ...number((gpa) => leaf(0, gpa, 0), "gpa"),
      ...number((level) => leaf(0, 0, level), "level"),
    ]),
    [
      (pages) => mem.pageRemove(0, 0, 0, pages),
      null,
      TypeError,
      "Expected pages to be a number, got null",
    ],
  ],
  "the TDH.PHYMEM leaves": [
    ...number((pkg) => phymem.cacheWb(pkg, 0), "package"),
    ...number((command) => phymem.cacheWb(0, command), "command"),
    ...pages(phymem.pageReclaim),
    ...pages((pages) => phymem.pageWbinvd(pages, 0)),
    ...number((hkid) => phymem.pageWbinvd(0, hkid), "hkid"),
  ],
});

Deno.test("a refused call leaves the module as it was, and counts no SEAMCALL", () => {
  const module = newModule();
  const { tdr } = liveTd(module);
  module.inject({ busyAfter: () => 1000 });
  const seen =
    () => [look(module, [0, GUEST.frame]), new Map(module.calls), module.callsUntilFault];
  const before = seen();
  const wrong = "0" as never;
  for (
    const call of [
      () => module.inject({ busyAfter: () => 5, interrupts: wrong }),
      () => module.inject({ busyAfter: wrong }),
      () => module.lock(wrong),
      () => module.kick(wrong),
      () => module.accept(tdr, 0, 0, wrong),
      () => module.mng.vpflushdone(wrong),
      () => module.mem.rangeBlock(tdr, 0, 0, wrong),
      () => module.mem.pageAug(tdr, 0, 0, wrong),
      () => module.phymem.pageReclaim({ ...GUEST, count: wrong }),
      () => module.phymem.pageWbinvd(GUEST, wrong),
      () => buildTd(module, { ...PLAN, hkid: 34, control: 4096, memory: wrong }),
    ]
  ) assertThrows(call, TypeError);
  assertEquals(seen(), before);
});
