import type { Platform } from "@tdx/core";
import { requireOptions } from "@tdx/core/arguments";
import { parseCondition } from "./_parse_condition.ts";
import { parseExpectations } from "./_parse_expectations.ts";
import { parseSettings } from "./_parse_settings.ts";
import { parseThreads } from "./_parse_threads.ts";
import type { HostKeys } from "@tdx/reclaim";
import {
  type Content,
  HOST_KEY_NAMES,
  KEY_NAMES,
  type KeyName,
  KEYS,
  type Problem,
} from "../model/problem.ts";
import type { Scenario } from "./scenario.ts";
import { OPERATION_WORDS, WRITTEN_DATA } from "./scenario_words.ts";
import { TokenReader } from "./_token_reader.ts";

/** What {@link parseScenario} needs besides the text. */
export interface ParseScenarioOptions {
  /** The name of the file, for messages; default `scenario`. */
  readonly file?: string;
  /** All known platforms or their names; others are refused, and `all` stands for these. */
  readonly platforms: readonly (Platform | string)[];
}

const OPTIONS: readonly (keyof ParseScenarioOptions)[] = ["file", "platforms"];

const MAX_LINES = 8;

/**
 * Reads a scenario from its text.
 *
 * The format is described in `SCENARIOS.md`. It takes LF, CRLF or CR, tabs, and a byte order mark.
 *
 * @param text The text, at most 2^20 characters.
 * @param options The known platforms, and the file's name.
 * @returns The scenario. `speculation` holds the shared keys of all steps of host and devices, and
 * that of `hosts`.
 * @throws {TypeError} If an option is not known.
 * @throws {SyntaxError} If the text is not a scenario, or one that says nothing: a statement that no
 * step can make true, threads that wait for each other, a platform without an expectation. The
 * message is `file:line:column: Expected …, got …`, the line and a caret.
 *
 * @example
 * ```ts
 * import { parseScenario } from "@tdx/litmus";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const text = `TDX load-zeros
 * "The host loads a line that a TD has written."
 * { X = td secret; }
 * host ;
 * load X -> r0 ;
 * forall (host:r0 = zeros)
 * expect: Always`;
 *
 * const scenario = parseScenario(text, { platforms: ["spr", "gnr"] });
 * assertEquals(scenario.problem.registers, ["host:r0"]);
 *
 * const cut = text.replace("load X", "load Y");
 * assertThrows(
 *   () => parseScenario(cut, { file: "cut.litmus", platforms: ["spr"] }),
 *   SyntaxError,
 *   "cut.litmus:5:6: Expected a line (X), got Y",
 * );
 * ```
 */
export function parseScenario(text: string, options: ParseScenarioOptions): Scenario {
  requireOptions("options", options, OPTIONS);
  const { file = "scenario" } = options;
  const platforms = options.platforms.map((each) => typeof each === "string" ? each : each.name);
  const reader = new TokenReader({ file, text: text.replace(/^\uFEFF/, "") });
  reader.expect("TDX", "TDX and the name of the scenario");
  const name = reader.name("the name of the scenario").text;
  const sentence = parseSentence(reader);
  const lines = parseLines(reader);
  const { seamNr, ...runsOn } = parseSettings(reader, platforms);
  const lineNames = lines.map(({ name }) => name);
  const { threads, registers } = parseThreads(reader, lineNames, runsOn.hostKeys);
  const speculation = speculationKeys(threads, runsOn.hostKeys);
  const problem = { name, lines, threads, registers, speculation, seamNr };
  const condition = parseCondition(reader, problem);
  const expectations = parseExpectations(reader, runsOn);
  return { problem, sentence, ...runsOn, condition, expectations };
}

function parseSentence(reader: TokenReader): string {
  const { kind, text } = reader.next;
  const sentence = text.trim().replace(/\s+/g, " ");
  if (kind !== "sentence" || sentence === "") reader.fail("a sentence in double quotes");
  reader.take();
  return sentence;
}

function parseLines(reader: TokenReader): Problem["lines"] {
  const lines: { name: string; content: Content }[] = [];
  reader.expect("{");
  do {
    const token = reader.name("the name of a line");
    const name = token.text;
    if (lines.some((line) => line.name === name)) {
      reader.error(`Expected a new line name, got ${name} again`, token);
    }
    reader.expect("=");
    const key = reader.oneOf("a KeyID", KEY_NAMES);
    const data = reader.oneOf("data", WRITTEN_DATA);
    if (lines.push({ name, content: { key, data } }) > MAX_LINES) {
      reader.error(`Expected at most ${MAX_LINES} lines, got one more`, token);
    }
    if (!reader.skip(";") && !reader.at("}")) reader.fail("; or }");
  } while (!reader.skip("}"));
  return lines;
}

// A fault goes through no mapping; the key of its step says nothing.
const FAULTS = new Set(
  OPERATION_WORDS.filter(({ fault }) => fault).map(({ operation }) => operation),
);

/**
 * The keys under which a host may read speculatively (rule K8): those it maps the lines with, which
 * are its own and the shared ones of all steps of host and devices.
 */
function speculationKeys(threads: Problem["threads"], hostKeys: HostKeys): KeyName[] {
  const keys = new Set<KeyName>([HOST_KEY_NAMES[hostKeys]]);
  for (const { agent, steps } of threads) {
    for (const { operation, key } of steps) {
      const outside = agent === "host" || agent === "device" || operation === "clear";
      if (outside && !FAULTS.has(operation)) keys.add(key);
    }
  }
  return KEY_NAMES.filter((name) => keys.has(name) && KEYS[name].access === "shared");
}
