import type { Problem, Thread, ThreadStep } from "../model/problem.ts";
import type { Expectation, Scenario } from "./scenario.ts";
import { AGENT_OF_NAME, defaultKey, OPERATION_WORDS } from "./scenario_words.ts";
import type { HostKeys } from "@tdx/reclaim";

/** How much of the SHA-256 names a scenario, in hexadecimal digits. */
const HASH_DIGITS = 16;

/**
 * Writes a scenario as text, in the one canonical way.
 *
 * Every setting is written out, `all` platforms by their names; what a thread or a step means
 * without saying it, its agent or its key, is left out. Comments of the text it was read from are
 * gone, and `accept` is a `movdir64b`.
 *
 * @param scenario A scenario as `parseScenario` returns it.
 * @returns Its text, which `parseScenario` reads as an equal scenario.
 *
 * @example
 * ```ts
 * import { parseScenario, printScenario } from "@tdx/litmus";
 * import { assertEquals } from "@std/assert";
 *
 * const platforms = ["spr", "gnr"];
 * const text = 'TDX poisoned "A hardware fault." { X = keyid0 zeros } ' +
 *   "fault: cache ; poison X ; exists poison X expect: Sometimes";
 * const scenario = parseScenario(text, { platforms });
 * const printed = printScenario(scenario);
 *
 * assertEquals(printed.split("\n").slice(0, 2), ["TDX poisoned", '"A hardware fault."']);
 * assertEquals(parseScenario(printed, { platforms }), scenario);
 * ```
 */
export function printScenario(scenario: Scenario): string {
  const { problem, sentence, platforms, modes, hostKeys, policy, condition } = scenario;
  return `TDX ${problem.name}
"${sentence}"

{ ${
    problem.lines.map(({ name, content }) => `${name} = ${content.key} ${content.data};`).join(" ")
  } }

platforms ${platforms.join(" ")}
modes ${modes.join(" ")}
hosts ${hostKeys}
policy ${policy}
seam-nr ${problem.seamNr ? "yes" : "no"}

${table(problem, hostKeys)}

${condition.text}

${scenario.expectations.map(expectationText).join("\n")}
`;
}

/**
 * Identifies a scenario by its content, whatever its layout and comments, and wherever it runs:
 * `platforms all` means more with each new plugin, and the scenario is still the same.
 *
 * @param scenario The scenario.
 * @returns 16 hexadecimal digits of the SHA-256 of its canonical text.
 *
 * @example
 * ```ts
 * import { parseScenario, scenarioHash } from "@tdx/litmus";
 * import { assertEquals } from "@std/assert";
 *
 * const hash = (text: string) => scenarioHash(parseScenario(text, { platforms: ["gnr"] }));
 * const text = 'TDX load "The host loads an old line." { X = td secret } ' +
 *   "host ; load X -> r0 ; exists mc expect: Never";
 * assertEquals((await hash(text)).length, 16);
 * assertEquals(await hash(`// A comment.\n${text.replaceAll(";", "  ;\n")}`), await hash(text));
 * ```
 */
export async function scenarioHash(scenario: Scenario): Promise<string> {
  const bytes = new TextEncoder().encode(printScenario({ ...scenario, platforms: [] }));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("").slice(
    0,
    HASH_DIGITS,
  );
}

function table(problem: Problem, hostKeys: HostKeys): string {
  const columns = problem.threads.map((thread) => {
    const cells = [
      headerText(thread, problem),
      ...thread.steps.map((step) => stepText(step, thread, problem, hostKeys)),
    ];
    return { cells, width: Math.max(...cells.map((cell) => cell.length)) };
  });
  const rows = Math.max(...columns.map(({ cells }) => cells.length));
  const row = (i: number) =>
    columns.map(({ cells, width }) => (cells[i] ?? "").padEnd(width)).join(" | ");
  return Array.from({ length: rows }, (_, i) => ` ${row(i)} ;`).join("\n");
}

function headerText({ name, agent, after, kind }: Thread, { threads }: Problem): string {
  const names = after.map((index) => threads[index]!.name).join(", ");
  return name +
    (AGENT_OF_NAME.get(name) === agent ? "" : `: ${agent}`) +
    (after.length === 0 ? "" : ` after ${names}`) +
    (kind === "any" ? " any" : "");
}

function stepText(step: ThreadStep, thread: Thread, problem: Problem, hostKeys: HostKeys): string {
  const { operation, line, key, data, register } = step;
  const word = OPERATION_WORDS.find((word) => word.operation === operation)!;
  return `${word.word} ${problem.lines[line]!.name}` +
    (data === undefined ? "" : ` ${data}`) +
    (key === defaultKey(thread, word, hostKeys) ? "" : ` with ${key}`) +
    (register === undefined
      ? ""
      : ` -> ${problem.registers[register]!.slice(thread.name.length + 1)}`);
}

function expectationText({ platforms, modes, observation }: Expectation): string {
  return `${["expect", ...platforms, ...modes].join(" ")}: ${observation}`;
}
