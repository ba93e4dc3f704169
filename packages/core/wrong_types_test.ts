import { assertEquals, assertThrows } from "@std/assert";
import { type WrongType, wrongTypes } from "../../tests/wrong_types_suite.ts";
import * as anotherCopy from "./define_platform.ts?another-copy";
import { DECLARATION, KEY0, keyIds, PLATFORMS } from "./fixtures_test.ts";
import {
  consumedPoison,
  countBits,
  definePlatform,
  describeLine,
  describeOperation,
  FrameMap,
  gradeMachineCheck,
  KeyIdSpace,
  keyName,
  LineAutomaton,
  type Operation,
  PhysicalMemory,
  requireKey,
  requirePlatform,
  RULES,
  ruleText,
  showSize,
  splitMciAddress,
  stepLine,
} from "./mod.ts";

const RANGES = { maxPa: 52, keyIdBits: 6, shared: 31, private: 32 };
const LOAD: Operation = { kind: "load", by: "host", key: KEY0 };
const FRESH = LineAutomaton.fresh(KEY0);
const ENVIRONMENT = { mode: "Ci", partialWriteToOwnedLine: "merge", rules: RULES } as const;
const MSRS = { tmeActivate: 6n << 32n, keyIdPartitioning: 63n, maxPa: 52 };
const RECORD = { bank: 1, status: 0n, mcgStatus: 0n };
const KINDS = "load, store, partial-write, movdir64b, clflush, prefetch, evict, cache-wb, " +
  "page-wbinvd, dma-read, dma-write, dma-partial-write, poison, poison-stuck, corrupt";

const RULE_IDS = "Expected id to be one of R0, C1, C2, C3, C4, C5, C6, C7, C8, L1, L2, L3, L4, " +
  "W1, W2, W3, W5, W4, K1, K2, K3, K4, K5, K6, K7, K8, W6, F1, got ";
const RUN = { frame: 0, count: 1, value: 0, words: null, at: 0 };

const map = () => new FrameMap(1000, 0);
const memory = () =>
  new PhysicalMemory({ bytes: 2 ** 21, platform: PLATFORMS.merge, keyIds, mode: "Li" });
const memoryWith = (options: object) =>
  new PhysicalMemory({ bytes: 2 ** 21, platform: PLATFORMS.merge, keyIds, ...options });
const line = () => new LineAutomaton({ partialWriteToOwnedLine: "merge" });

/** A function that takes an operation. */
const operation = (take: (value: never) => unknown): WrongType[] => [
  [take, undefined, TypeError, "Expected operation to be an object, got undefined"],
  [take, "load", TypeError, 'Expected operation to be an object, got "load"'],
  [
    take,
    { ...LOAD, kind: "laod" },
    RangeError,
    `Expected operation.kind to be one of ${KINDS}, got "laod"`,
  ],
  [
    take,
    { ...LOAD, by: 0 },
    TypeError,
    "Expected operation.by to be one of host, td, module, device, cache, got 0",
  ],
  [take, { ...LOAD, key: 0 }, TypeError, "Expected operation.key to be an object, got 0"],
  [
    take,
    { ...LOAD, key: { ...KEY0, keyId: "0" } },
    TypeError,
    'Expected operation.key.keyId to be a number, got "0"',
  ],
  [
    take,
    { ...LOAD, data: null },
    TypeError,
    "Expected operation.data to be one of zeros, host, guest, garbage, secret, got null",
  ],
];

/** A function that takes a line state under a name. */
const lineState = (take: (value: never) => unknown, name: string): WrongType[] => [
  [take, null, TypeError, `Expected ${name} to be an object, got null`],
  [take, {}, TypeError, `Expected ${name}.memory to be an object, got undefined`],
  [
    take,
    { memory: { ...FRESH.memory, owner: "1" }, copies: [] },
    TypeError,
    `Expected ${name}.memory.owner to be a number, got "1"`,
  ],
  [
    take,
    { memory: { ...FRESH.memory, poison: true }, copies: [] },
    TypeError,
    `Expected ${name}.memory.poison to be one of integrity, partial-write, hardware-transient, ` +
    "hardware-stuck, got true",
  ],
  [
    take,
    { memory: FRESH.memory, copies: {} },
    TypeError,
    `Expected ${name}.copies to be an array, got {}`,
  ],
  [
    take,
    { memory: FRESH.memory, copies: [{ keyId: 0, data: "host", dirty: 1, poison: null }] },
    TypeError,
    `Expected ${name}.copies[0].dirty to be a boolean, got 1`,
  ],
];

/** A function that takes a chunk of frames. */
const chunk = (take: (value: never) => unknown): WrongType[] => [
  [take, undefined, TypeError, "Expected chunk to be an object, got undefined"],
  [take, 4096, TypeError, "Expected chunk to be an object, got 4096"],
  [take, { ...RUN, frame: "0" }, TypeError, 'Expected frame to be a number, got "0"'],
  [take, { ...RUN, count: undefined }, TypeError, "Expected count to be a number, got undefined"],
  [
    take,
    { ...RUN, words: [1, 2] },
    TypeError,
    "Expected words to be an object of class Uint32Array, got [1,2]",
  ],
  [
    take,
    { ...RUN, words: new Uint32Array(16), at: undefined },
    TypeError,
    "Expected at to be a number, got undefined",
  ],
];

/** A function that takes a platform. */
const platform = (take: (value: never) => unknown): WrongType[] => [
  [
    take,
    undefined,
    TypeError,
    "Expected platform to be one from definePlatform() for contract 1, got undefined",
  ],
  [
    take,
    "spr",
    TypeError,
    'Expected platform to be one from definePlatform() for contract 1, got "spr"',
  ],
  [
    take,
    { contract: 1, name: "demo" },
    TypeError,
    "Expected platform to be one from definePlatform() for contract 1, got " +
    '{"contract":1,"name":"demo"}',
  ],
  [
    take,
    { contract: "2", name: "demo" },
    TypeError,
    "Expected platform to be one from definePlatform() for contract 1, got " +
    '{"contract":"2","name":"demo"}',
  ],
  [
    take,
    { ...PLATFORMS.merge, contract: 2, act: true },
    RangeError,
    'Expected platform "demo" to be written for contract 1, got contract 2',
  ],
];

wrongTypes({
  "countBits()": [
    [
      (words) => countBits(words, 0),
      [1],
      TypeError,
      "Expected words to be an object of class Uint32Array, got [1]",
    ],
    [
      (at) => countBits(new Uint32Array(16), at),
      undefined,
      TypeError,
      "Expected at to be a number, got undefined",
    ],
  ],
  "new KeyIdSpace()": [
    [
      (ranges) => new KeyIdSpace(ranges),
      undefined,
      TypeError,
      "Expected ranges to be an object, got undefined",
    ],
    [
      (shared) => new KeyIdSpace({ ...RANGES, shared }),
      31n,
      TypeError,
      "Expected shared to be a number, got 31n",
    ],
    [
      (integrityAllowed) => new KeyIdSpace({ ...RANGES, integrityAllowed }),
      "no",
      TypeError,
      'Expected integrityAllowed to be a boolean, got "no"',
    ],
    [
      (ranges) => new KeyIdSpace(ranges),
      { ...RANGES, integrity: false },
      TypeError,
      "Expected ranges to have only maxPa, keyIdBits, shared, private, integrityAllowed, got " +
      "integrity",
    ],
  ],
  "KeyIdSpace.fromMsrs()": [
    [KeyIdSpace.fromMsrs, [], TypeError, "Expected msrs to be an object, got []"],
    [
      (tmeActivate) => KeyIdSpace.fromMsrs({ ...MSRS, tmeActivate }),
      0x982,
      TypeError,
      "Expected tmeActivate to be a bigint, got 2434",
    ],
    [
      (maxPa) => KeyIdSpace.fromMsrs({ ...MSRS, maxPa }),
      NaN,
      RangeError,
      "Expected maxPa to be a whole number from 32 to 52, got NaN",
    ],
    [
      KeyIdSpace.fromMsrs,
      { ...MSRS, tmeCapabilty: 0n },
      TypeError,
      "Expected msrs to have only tmeActivate, keyIdPartitioning, maxPa, tmeCapability, got " +
      "tmeCapabilty",
    ],
  ],
  "the methods of KeyIdSpace": [
    [(id) => keyIds.kind(id), "33", TypeError, 'Expected keyId to be a number, got "33"'],
    [(pa) => keyIds.encode(pa, 0), 4096n, TypeError, "Expected pa to be a number, got 4096n"],
    [
      (pa) => keyIds.encode(pa, 0),
      NaN,
      RangeError,
      "Expected pa to be a whole number from 0 to 2^46 - 1, got NaN",
    ],
    [(pa) => keyIds.decode(pa), null, TypeError, "Expected address to be a number, got null"],
    [(id) => keyIds.key(id), undefined, TypeError, "Expected keyId to be a number, got undefined"],
    [(how) => keyIds.key(0, how), null, TypeError, "Expected options to be an object, got null"],
    [
      (integrity) => keyIds.key(1, { integrity }),
      1,
      TypeError,
      "Expected integrity to be a boolean, got 1",
    ],
    [
      (generation) => keyIds.key(1, { generation }),
      "1",
      TypeError,
      'Expected generation to be a number, got "1"',
    ],
    [
      (how) => keyIds.key(1, how),
      { integrty: true },
      TypeError,
      "Expected options to have only generation, integrity, got integrty",
    ],
  ],
  "requireKey()": [
    [
      (access) => requireKey("key", { ...KEY0, access }),
      "tme",
      RangeError,
      'Expected key.access to be one of private, shared, got "tme"',
    ],
  ],
  "keyName()": [
    [keyName, undefined, TypeError, "Expected key to be an object, got undefined"],
    [keyName, { keyId: 1 }, TypeError, "Expected key.generation to be a number, got undefined"],
  ],
  "describeOperation()": operation(describeOperation),
  "describeLine()": lineState(describeLine, "state"),
  "stepLine()": [
    ...lineState((before) => stepLine(before, LOAD, ENVIRONMENT), "before"),
    ...operation((operation) => stepLine(FRESH, operation, ENVIRONMENT)),
    [
      (environment) => stepLine(FRESH, LOAD, environment),
      undefined,
      TypeError,
      "Expected environment to be an object, got undefined",
    ],
    [
      (mode) => stepLine(FRESH, LOAD, { ...ENVIRONMENT, mode }),
      "ci",
      RangeError,
      'Expected environment.mode to be one of Li, Ci, got "ci"',
    ],
  ],
  "new LineAutomaton()": [
    [
      (options) => new LineAutomaton(options),
      "poison",
      TypeError,
      'Expected options to be an object, got "poison"',
    ],
    [
      (options) => new LineAutomaton(options),
      {},
      TypeError,
      "Expected options.partialWriteToOwnedLine to be one of poison, merge, got undefined",
    ],
    [
      (rules) => new LineAutomaton({ partialWriteToOwnedLine: "merge", rules }),
      { reads: [] },
      TypeError,
      "Expected options.rules.writes to be an array, got undefined",
    ],
    [
      (options) => new LineAutomaton(options),
      { partialWriteToOwnedLine: "merge", Mode: "Li" },
      TypeError,
      "Expected options to have only mode, partialWriteToOwnedLine, rules, got Mode",
    ],
  ],
  "LineAutomaton.fresh()": [
    [LineAutomaton.fresh, 0, TypeError, "Expected key to be an object, got 0"],
  ],
  "LineAutomaton.intern()": lineState((state) => line().intern(state), "state"),
  "LineAutomaton.operation()": operation((operation) => line().operation(operation)),
  "LineAutomaton.state()": [
    [(id) => line().state(id), "0", TypeError, 'Expected id to be a number, got "0"'],
    [
      (id) => line().state(id),
      NaN,
      RangeError,
      "Expected state to be the id of a known state, got NaN",
    ],
  ],
  "LineAutomaton.step()": [
    [
      (id) => line().step(0, id),
      undefined,
      TypeError,
      "Expected operation to be a number, got undefined",
    ],
    [
      (id) => {
        const automaton = line();
        return automaton.step(id, automaton.operation(LOAD));
      },
      null,
      TypeError,
      "Expected id to be a number, got null",
    ],
  ],
  "ruleText()": [
    [ruleText, undefined, TypeError, RULE_IDS + "undefined"],
    [ruleText, "constructor", RangeError, RULE_IDS + '"constructor"'],
  ],
  "definePlatform()": [
    [definePlatform, [], TypeError, "Expected declaration to be an object, got []"],
    [
      (contract) => definePlatform({ ...DECLARATION, contract }),
      "2",
      TypeError,
      'Expected contract of platform "demo" to be the number 1, got "2"',
    ],
    [
      (contract) => definePlatform({ ...DECLARATION, contract }),
      2,
      RangeError,
      'Expected platform "demo" to be written for contract 1, got contract 2',
    ],
    [
      (name) => definePlatform({ ...DECLARATION, name }),
      1n,
      TypeError,
      "Expected name of platform 1n to be lower-case letters, digits and hyphens, got 1n",
    ],
  ],
  "showSize()": [
    [showSize, undefined, TypeError, "Expected bytes to be a number, got undefined"],
    [showSize, 4096n, TypeError, "Expected bytes to be a number, got 4096n"],
    [
      showSize,
      NaN,
      RangeError,
      "Expected bytes to be a whole number from 0 to 2^53 - 1, got NaN",
    ],
  ],
  "requirePlatform()": platform((value) => requirePlatform("platform", value)),
  "new PhysicalMemory()": [
    ...platform((platform) => memoryWith({ platform })),
    [
      (options) => new PhysicalMemory(options),
      undefined,
      TypeError,
      "Expected options to be an object, got undefined",
    ],
    [
      (bytes) => memoryWith({ bytes }),
      "1GiB",
      TypeError,
      'Expected bytes to be a number, got "1GiB"',
    ],
    [
      (keyIds) => memoryWith({ keyIds }),
      RANGES,
      TypeError,
      "Expected keyIds to be an object of class KeyIdSpace, got " +
      '{"maxPa":52,"keyIdBits":6,"shared":31,"private":32}',
    ],
    [
      (mode) => memoryWith({ mode }),
      "li",
      RangeError,
      'Expected options.mode to be one of Li, Ci, got "li"',
    ],
    [
      memoryWith,
      { Mode: "Li" },
      TypeError,
      "Expected options to have only bytes, platform, keyIds, mode, got Mode",
    ],
  ],
  "PhysicalMemory.state()": [
    [(pa) => memory().state(pa), "0x1000", TypeError, 'Expected pa to be a number, got "0x1000"'],
  ],
  "PhysicalMemory.step()": [
    ...operation((operation) => memory().step(operation, 0)),
    [(pa) => memory().step(LOAD, pa), 0n, TypeError, "Expected pa to be a number, got 0n"],
  ],
  "PhysicalMemory.apply()": [
    ...operation((operation) => memory().apply(operation, 0, 64)),
    [(pa) => memory().apply(LOAD, pa, 64), null, TypeError, "Expected pa to be a number, got null"],
    [
      (bytes) => memory().apply(LOAD, 0, bytes),
      undefined,
      TypeError,
      "Expected bytes to be a number, got undefined",
    ],
  ],
  "PhysicalMemory.applyChunk()": [
    ...operation((operation) => memory().applyChunk(operation, RUN)),
    ...chunk((chunk) => memory().applyChunk(LOAD, chunk)),
  ],
  "PhysicalMemory.countLines()": [
    [
      (wanted) => memory().countLines(wanted),
      undefined,
      TypeError,
      "Expected wanted to be a function, got undefined",
    ],
    [
      (pa) => memory().countLines(() => true, pa),
      "0",
      TypeError,
      'Expected pa to be a number, got "0"',
    ],
  ],
  "PhysicalMemory.forEachPagesWith()": [
    [
      (wanted) => memory().forEachPagesWith(wanted, () => {}),
      "poisoned",
      TypeError,
      'Expected wanted to be a function, got "poisoned"',
    ],
    [
      (visit) => memory().forEachPagesWith(() => true, visit),
      undefined,
      TypeError,
      "Expected visit to be a function, got undefined",
    ],
  ],
  "FrameMap": [
    [(frames) => new FrameMap(frames, 0), 4n, TypeError, "Expected frames to be a number, got 4n"],
    [(value) => new FrameMap(4, value), "0", TypeError, 'Expected value to be a number, got "0"'],
    [(frame) => map().get(frame), "1", TypeError, 'Expected frame to be a number, got "1"'],
    [(count) => map().set(0, count, 1), "1", TypeError, 'Expected count to be a number, got "1"'],
    [
      (value) => map().set(0, 1, value),
      undefined,
      TypeError,
      "Expected value to be a number, got undefined",
    ],
    [
      (change) => map().update(0, 0, change),
      1,
      TypeError,
      "Expected change to be a function, got 1",
    ],
    [
      (value) => map().update(0, 1, () => value),
      "1",
      TypeError,
      'Expected value to be a number, got "1"',
    ],
    [
      (change) => map().updateChunk({ ...RUN, words: new Uint32Array(16) }, change),
      null,
      TypeError,
      "Expected change to be a function, got null",
    ],
    ...chunk((chunk) => map().updateChunk(chunk, () => 1)),
    [
      (visit) => map().forEach(0, 0, visit),
      undefined,
      TypeError,
      "Expected visit to be a function, got undefined",
    ],
    [
      (predicate) => map().count(predicate),
      7,
      TypeError,
      "Expected predicate to be a function, got 7",
    ],
  ],
  "consumedPoison()": [
    [consumedPoison, undefined, TypeError, "Expected poison to be an object, got undefined"],
    [
      (address) => consumedPoison({ address, seamNr: true }),
      0x1000n,
      TypeError,
      "Expected address to be a number, got 4096n",
    ],
    [
      (seamNr) => consumedPoison({ address: 0, seamNr }),
      "yes",
      TypeError,
      'Expected seamNr to be a boolean, got "yes"',
    ],
    [
      (cpu) => consumedPoison({ address: 0, seamNr: true, cpu }),
      null,
      TypeError,
      "Expected cpu to be a number, got null",
    ],
    [
      (instruction) => consumedPoison({ address: 0, seamNr: true, instruction }),
      1,
      TypeError,
      "Expected instruction to be one of load, fetch, got 1",
    ],
    [
      consumedPoison,
      { address: 0, seamNr: true, instr: "fetch" },
      TypeError,
      "Expected poison to have only address, seamNr, instruction, cpu, got instr",
    ],
  ],
  "splitMciAddress()": [
    [
      (address) => splitMciAddress(address, { maxPa: 52, keyIdBits: 6 }),
      0x1000,
      TypeError,
      "Expected MCi_ADDR to be a bigint, got 4096",
    ],
    [
      (layout) => splitMciAddress(0n, layout),
      undefined,
      TypeError,
      "Expected layout to be an object, got undefined",
    ],
    [
      (maxPa) => splitMciAddress(0n, { maxPa, keyIdBits: 6 }),
      "52",
      TypeError,
      'Expected maxPa to be a number, got "52"',
    ],
  ],
  "gradeMachineCheck()": [
    [
      (record) => gradeMachineCheck(record, { mode: "kernel" }),
      undefined,
      TypeError,
      "Expected record to be an object, got undefined",
    ],
    [
      (status) => gradeMachineCheck({ ...RECORD, status }, { mode: "kernel" }),
      "0xbd80000000100134",
      TypeError,
      'Expected MCi_STATUS to be a bigint, got "0xbd80000000100134"',
    ],
    [
      (context) => gradeMachineCheck(RECORD, context),
      undefined,
      TypeError,
      "Expected context to be an object, got undefined",
    ],
    [
      (mode) => gradeMachineCheck(RECORD, { mode }),
      undefined,
      TypeError,
      "Expected mode to be one of kernel, user, got undefined",
    ],
    [
      (erratumFlag) => gradeMachineCheck(RECORD, { mode: "user", erratumFlag }),
      "tdx_pw_mce",
      TypeError,
      'Expected erratumFlag to be a boolean, got "tdx_pw_mce"',
    ],
    [
      (context) => gradeMachineCheck(RECORD, context),
      { mode: "user", erratum: true },
      TypeError,
      "Expected context to have only mode, ser, erratumFlag, tdPrivatePage, got erratum",
    ],
  ],
});

Deno.test("a refused call leaves memory as it was", () => {
  const before = memory();
  before.apply({ kind: "store", by: "host", key: KEY0, data: "host" }, 0, 4096);
  const look = () => [
    before.counts,
    before.footprintBytes,
    before.countLines(({ copies }) => copies.length > 0),
  ];
  const seen = look();
  const shown = before.state(0);
  const [store, none] = [{ ...LOAD, kind: "store" } as const, undefined as never];
  for (
    const call of [
      () => before.apply({ ...store, data: "secrets" as never }, 0, 4096),
      () => before.apply({ ...store, by: none }, 0, 4096),
      () => before.apply(store, 0, none),
      () => before.applyChunk(store, { ...RUN, count: none }),
      () => before.applyChunk(store, { ...RUN, words: [] as never }),
      () => before.step(store, none),
      () => before.countLines(none),
      () => before.line.intern({ ...shown, copies: none }),
    ]
  ) assertThrows(call, Error);
  assertEquals(look(), seen);
  assertEquals(before.state(0), shown);
});

Deno.test("a refused change leaves a FrameMap as it was, and open to changes", () => {
  const frames = map();
  assertThrows(() => frames.update(0, 1000, "1" as never), TypeError);
  assertThrows(() => frames.set(0, 1000, "1" as never), TypeError);
  assertEquals(frames.count((value) => value === 0), 1000);
  frames.set(0, 1000, 1);
  assertEquals(frames.count((value) => value === 1), 1000);
});

Deno.test("requirePlatform() takes what another copy of this package made", () => {
  const made = anotherCopy.definePlatform(DECLARATION);
  requirePlatform("platform", made);
  assertEquals(memoryWith({ platform: made }).platform, made);
});

Deno.test("requirePlatform() takes a changed platform only by way of definePlatform()", () => {
  const changed = { ...PLATFORMS.merge, name: "other" };
  assertEquals(Object.keys(changed), Object.keys(DECLARATION));
  assertThrows(() => requirePlatform("platform", changed), TypeError);
  requirePlatform("platform", definePlatform(changed));
});
