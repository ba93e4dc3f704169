import { type Agent, WRITES_DATA } from "@tdx/core";
import type { HostKeys } from "@tdx/reclaim";
import type { Token } from "./_lexer.ts";
import { KEY_NAMES, type KeyName, KEYS, READS_DATA, type ThreadStep } from "../model/problem.ts";
import {
  defaultKey,
  OPERATION_WORDS,
  type OperationWord,
  PRIVATE_KEY_NAMES,
  WRITTEN_DATA,
} from "./scenario_words.ts";
import type { TokenReader } from "./_token_reader.ts";

/** What a step needs to know of its thread and its scenario. */
export interface StepContext {
  readonly name: string;
  readonly agent: Agent;
  readonly any: boolean;
  /** The names of the scenario's lines. */
  readonly lines: readonly string[];
  readonly hostKeys: HostKeys;
}

/** A step whose register is still a name. */
export interface ParsedStep {
  readonly step: ThreadStep;
  readonly register?: Token;
}

/**
 * Reads a step: `operation line [data] [with key] [-> register]`.
 *
 * @param instead What could stand here instead, for messages.
 */
export function parseStep(reader: TokenReader, context: StepContext, instead: string): ParsedStep {
  const start = reader.next;
  const word = parseOperation(reader, context.agent, instead);
  const line = context.lines.indexOf(reader.oneOf("a line", context.lines));
  const data = word.data ?? (writes(word) ? reader.oneOf("data", WRITTEN_DATA) : undefined);
  const key = parseKey(reader, context, word);
  refusePartialWithPrivateKey(reader, start, context.agent, word, key);
  const step = { operation: word.operation, line, key, ...(data === undefined ? {} : { data }) };
  const register = parseRegister(reader, context, word);
  return { step, ...(register === undefined ? {} : { register }) };
}

function parseOperation(reader: TokenReader, agent: Agent, instead: string): OperationWord {
  const words = OPERATION_WORDS.filter(({ agents }) => agents.includes(agent));
  const names = words.map(({ word }) => word);
  const found = words.find(({ word }) => reader.at(word));
  if (found === undefined) {
    return reader.fail(`an operation of agent ${agent} (${names.join(", ")})${instead}`);
  }
  reader.take();
  return found;
}

function parseKey(reader: TokenReader, context: StepContext, word: OperationWord): KeyName {
  const usual = defaultKey(context, word, context.hostKeys);
  if (usual === undefined) reader.expect("with", `with and a KeyID (${KEY_NAMES.join(", ")})`);
  else if (word.fault || !reader.skip("with")) return usual;
  return word.privateOnly
    ? reader.oneOf("a private KeyID", PRIVATE_KEY_NAMES)
    : reader.oneOf("a KeyID", KEY_NAMES);
}

/** The host's is refused by the CPU and a device's by the IOMMU; inside SEAM there is no rule. */
function refusePartialWithPrivateKey(
  reader: TokenReader,
  start: Token,
  agent: Agent,
  { operation }: OperationWord,
  key: KeyName,
): void {
  const inside = agent === "td" || agent === "module";
  if (operation !== "partial-write" || !inside || KEYS[key].access === "shared") return;
  reader.error(
    `Expected a shared KeyID for a partial write by agent ${agent}, ` +
      `for no rule covers a private one, got ${key}`,
    start,
  );
}

function parseRegister(
  reader: TokenReader,
  { name, any }: StepContext,
  { word, operation }: OperationWord,
): Token | undefined {
  const arrow = reader.next;
  if (!reader.skip("->")) return undefined;
  if (!READS_DATA.has(operation)) {
    reader.error(`Expected no register, for ${word} reads nothing, got ->`, arrow);
  }
  if (any) reader.error(`Expected no register in thread ${name} of kind any, got ->`, arrow);
  return reader.name("a register");
}

function writes({ operation }: OperationWord): boolean {
  return operation !== "clear" && WRITES_DATA.has(operation);
}
