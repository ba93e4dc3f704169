import {
  requireArray,
  requireBoolean,
  requireObject,
  requireOneOf,
  requireWhole,
} from "../arguments.ts";
import type { CachedCopy, LineMemory, LineState } from "./line_state.ts";
import type { LineEnvironment } from "./line_step.ts";
import { AGENTS, DATA, type Operation, OPERATION_KINDS, type Poison } from "./operation.ts";
import { PARTIAL_WRITES } from "../platform.ts";
import { MODES, type RuleTable } from "./rules.ts";
import type { Key } from "../key.ts";

const POISONS: readonly Poison[] = [
  "integrity",
  "partial-write",
  "hardware-transient",
  "hardware-stuck",
];
const MOST_KEY_ID = 2 ** 15 - 1;

/**
 * Refuses what is no key. Whether a machine has such a key is for its `KeyIdSpace` to say.
 *
 * @param name The parameter, for the message.
 * @param value Its value.
 * @throws {TypeError} Where it or a part of it is of a wrong type.
 * @throws {RangeError} Where a part of it is out of range.
 *
 * @example
 * ```ts
 * import { requireKey } from "@tdx/core";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => requireKey("key", 33), TypeError, "Expected key to be an object, got 33");
 * ```
 */
export function requireKey(name: string, value: unknown): void {
  requireObject(name, value);
  const { keyId, generation, access, integrity } = value as Key;
  requireWhole(`${name}.keyId`, keyId, 0, MOST_KEY_ID);
  requireWhole(`${name}.generation`, generation, 0);
  requireOneOf(`${name}.access`, access, ["private", "shared"]);
  requireBoolean(`${name}.integrity`, integrity);
}

/** Refuses what is no operation; its key too. */
export function requireOperation(name: string, value: unknown): void {
  requireObject(name, value);
  const { kind, by, key, data } = value as Operation;
  requireOneOf(`${name}.kind`, kind, OPERATION_KINDS);
  requireOneOf(`${name}.by`, by, AGENTS);
  requireKey(`${name}.key`, key);
  if (data !== undefined) requireOneOf(`${name}.data`, data, DATA);
}

/** Refuses what is no state of a line. */
export function requireLineState(name: string, value: unknown): void {
  requireObject(name, value);
  const { memory, copies } = value as LineState;
  requireMemory(`${name}.memory`, memory);
  requireArray(`${name}.copies`, copies, requireCopy);
}

/** Refuses what is no environment of a line. */
export function requireEnvironment(name: string, value: unknown): void {
  requireObject(name, value);
  const { mode, partialWriteToOwnedLine, rules } = value as LineEnvironment;
  requireOneOf(`${name}.mode`, mode, MODES);
  requireOneOf(`${name}.partialWriteToOwnedLine`, partialWriteToOwnedLine, PARTIAL_WRITES);
  requireObject(`${name}.rules`, rules);
  const { reads, writes, caches } = rules as RuleTable;
  requireArray(`${name}.rules.reads`, reads, requireObject);
  requireArray(`${name}.rules.writes`, writes, requireObject);
  requireArray(`${name}.rules.caches`, caches, requireObject);
}

function requireMemory(name: string, value: unknown): void {
  requireObject(name, value);
  const { key, data, owner, macMatches, poison } = value as LineMemory;
  if (key !== null) requireKey(`${name}.key`, key);
  if (data !== null) requireOneOf(`${name}.data`, data, DATA);
  requireWhole(`${name}.owner`, owner, 0, 1);
  requireBoolean(`${name}.macMatches`, macMatches);
  if (poison !== null) requireOneOf(`${name}.poison`, poison, POISONS);
}

function requireCopy(name: string, value: unknown): void {
  requireObject(name, value);
  const { keyId, data, dirty, poison } = value as CachedCopy;
  requireWhole(`${name}.keyId`, keyId, 0, MOST_KEY_ID);
  if (data !== null) requireOneOf(`${name}.data`, data, DATA);
  requireBoolean(`${name}.dirty`, dirty);
  if (poison !== null) requireOneOf(`${name}.poison`, poison, POISONS);
}
