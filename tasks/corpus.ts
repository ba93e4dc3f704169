import type { Platform } from "@tdx/core";
import { parseScenario, type Scenario } from "@tdx/litmus";
import { join } from "@std/path";
import { PLATFORMS } from "../packages/cli/platforms.ts";

/** Where the scenarios live. */
export const CORPUS = "packages/litmus/scenarios";

/** The platforms whose output is kept: one with the erratum, one without. */
export const GOLDEN_PLATFORMS: readonly Platform[] = PLATFORMS.filter(({ name }) =>
  name === "spr" || name === "gnr"
);

/** Every scenario of the corpus, by name. */
export function readCorpus(): { name: string; file: string; scenario: Scenario }[] {
  const platforms = PLATFORMS.map(({ name }) => name);
  return [...Deno.readDirSync(CORPUS)].map(({ name }) => name)
    .filter((name) => name.endsWith(".tdx")).sort()
    .map((file) => ({
      name: file.slice(0, -".tdx".length),
      file: join(CORPUS, file),
      scenario: parseScenario(Deno.readTextFileSync(join(CORPUS, file)), { file, platforms }),
    }));
}
