import type { Mode, Platform } from "@tdx/core";
import { parseScenario, type Scenario } from "@tdx/litmus";
import { PLATFORMS } from "../platforms.ts";
import { readInput } from "../shell/input.ts";
import type { Options } from "../shell/options.ts";
import type { Stdio } from "../shell/stdio.ts";
import { readModes, readPlatforms } from "./questions.ts";

/** Reads a scenario from a file, or from standard input for `-`. */
export async function loadScenario(path: string, stdio: Stdio): Promise<Scenario> {
  const platforms = PLATFORMS.map(({ name }) => name);
  return parseScenario(await readInput(path, stdio), { file: path, platforms });
}

/** The machines on which a scenario runs, among those that the options leave. */
export function machinesOf(
  scenario: Scenario,
  options: Options,
): { readonly platform: Platform; readonly mode: Mode }[] {
  const modes = readModes(options).filter((mode) => scenario.modes.includes(mode));
  return readPlatforms(options).filter(({ name }) => scenario.platforms.includes(name))
    .flatMap((platform) => modes.map((mode) => ({ platform, mode })));
}
