// What a misspelt option, a word that is not known, a number out of range or a foreign plugin gets.
import { assertThrows } from "@std/assert";
import { KEY0, keyIds, PLATFORMS } from "./fixtures_test.ts";
import {
  consumedPoison,
  KeyIdSpace,
  LineAutomaton,
  PhysicalMemory,
  ruleText,
  runOf,
  splitMciAddress,
} from "./mod.ts";

// deno-lint-ignore no-explicit-any -- What TypeScript refuses is passed on purpose.
type Wrong = any;

const LOAD = { kind: "load", by: "host", key: KEY0 } as const;
const line = new LineAutomaton({ partialWriteToOwnedLine: "merge" });
const memory = (options: Wrong) =>
  new PhysicalMemory({ bytes: 4096, platform: PLATFORMS.merge, keyIds, ...options });
const ranges = (fields: Wrong) =>
  new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32, ...fields });
const msrs = (fields: Wrong) =>
  KeyIdSpace.fromMsrs({ tmeActivate: 0n, keyIdPartitioning: 0n, maxPa: 52, ...fields });

const REFUSED: readonly (readonly [() => unknown, typeof TypeError | typeof RangeError, string])[] =
  [
    [() => ranges({ keyBits: 6 }), TypeError, "ranges to have only maxPa, keyIdBits, shared"],
    [() => ranges({ maxPa: "52" }), TypeError, 'maxPa to be a number, got "52"'],
    [() => msrs({ tme: 1n }), TypeError, "msrs to have only tmeActivate, keyIdPartitioning"],
    [() => msrs({ tmeActivate: 982 }), TypeError, "tmeActivate to be a bigint, got 982"],
    [() => msrs({ keyIdPartitioning: 1 }), TypeError, "keyIdPartitioning to be a bigint, got 1"],
    [() => msrs({ tmeCapability: 1 }), TypeError, "tmeCapability to be a bigint, got 1"],
    [() => keyIds.key(1, { integrty: true } as Wrong), TypeError, "got integrty"],
    [() => keyIds.key(64), RangeError, "keyId to be a whole number from 0 to 63, got 64"],
    [() => new LineAutomaton({} as Wrong), TypeError, "one of poison, merge, got undefined"],
    [() => line.operation({ ...LOAD, kind: "laod" as Wrong }), RangeError, "operation.kind to be"],
    [() => line.operation({ ...LOAD, by: "guest" as Wrong }), RangeError, "operation.by to be one"],
    [() => line.operation({ ...LOAD, data: "x" as Wrong }), RangeError, "operation.data to be one"],
    [() => line.step(7, line.operation(LOAD)), RangeError, "the id of a known state, got 7"],
    [() => line.step(0, 7), RangeError, "the id of a known operation, got 7"],
    [() => memory({ Mode: "Li" }), TypeError, "only bytes, platform, keyIds, mode, got Mode"],
    [() => memory({ mode: "li" }), RangeError, 'mode to be one of Li, Ci, got "li"'],
    [() => memory({ platform: { name: "spr" } }), TypeError, "to be one from definePlatform()"],
    [() => memory({ platform: { contract: 2 } }), RangeError, "for contract 1, got contract 2"],
    [() => memory({}).apply(LOAD, "64" as Wrong, 64), TypeError, 'pa to be a number, got "64"'],
    [() => runOf(-1, 1), RangeError, "frame to be a whole number from 0 to 2^53 - 1, got -1"],
    [() => runOf(0, 0), RangeError, "count to be a whole number from 1 to 2^53 - 1, got 0"],
    [() => ruleText("W9" as Wrong), RangeError, 'K8, W6, F1, got "W9"'],
    [() => consumedPoison({ instr: "fetch" } as Wrong), TypeError, "poison to have only address"],
    [() => splitMciAddress(5 as Wrong, ranges({})), TypeError, "MCi_ADDR to be a bigint, got 5"],
  ];

Deno.test("a wrong value is refused in words that name parameter and value", () => {
  for (const [call, error, words] of REFUSED) assertThrows(call, error, words);
});
