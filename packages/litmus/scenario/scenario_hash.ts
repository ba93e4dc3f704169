import { printScenario } from "./print_scenario.ts";
import { requireScenario } from "../litmus_arguments.ts";
import type { Scenario } from "./scenario.ts";

const DIGITS = 16;

/**
 * Identifies a scenario by its content, whatever its layout and comments, and wherever it runs:
 * `platforms all` means more with each new plugin, and the scenario is still the same.
 *
 * @param scenario The scenario.
 * @returns 16 hexadecimal digits of the SHA-256 of its canonical text.
 * @throws {TypeError} Where it is no scenario.
 * @throws {RangeError} Where a word in it is not known.
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
  requireScenario("scenario", scenario);
  const bytes = new TextEncoder().encode(printScenario({ ...scenario, platforms: [] }));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("").slice(0, DIGITS);
}
