/**
 * Flips every outcome of every rule, one at a time, and asks the verdict table and the scenarios
 * whether they notice. A flip that nothing notices is a rule that is untested or not needed.
 *
 * @module
 */
import { type Mode, type Platform, RULES, type RuleTable } from "@tdx/core";
import { runScenario, type Scenario, verdict, verdictQuestions } from "@tdx/litmus";
import { GOLDEN_PLATFORMS, readCorpus } from "./corpus.ts";

/** The outcomes of a rule, and what else each could be. */
const OUTCOMES: Readonly<Record<string, readonly unknown[]>> = {
  data: ["zeros", "decrypted", "poison"],
  poisons: [true, false],
  underFill: [true, false],
  owner: [0, 1, "unchanged"],
  mac: ["new", "none", "by-key", "unchanged"],
  poison: ["cleared", "kept", "set"],
  fills: [true, false],
  writesBack: [true, false],
  drops: [true, false],
  poisonTravels: [true, false],
};

interface Flip {
  readonly name: string;
  readonly rule: string;
  readonly rules: RuleTable;
}

/** A scenario on one platform in one mode, and what it shows by the rules as they are. */
interface ScenarioCase {
  readonly scenario: Scenario;
  readonly platform: Platform;
  readonly mode: Mode;
  readonly shown: string;
}

const cases: ScenarioCase[] = [];
for (const { scenario } of readCorpus()) {
  for (const platform of GOLDEN_PLATFORMS) {
    for (const mode of scenario.modes) {
      const run = { scenario, platform, mode };
      cases.push({ ...run, shown: await show(run, RULES) });
    }
  }
}
const questions = GOLDEN_PLATFORMS.flatMap(verdictQuestions);
const noticed = new Map<string, number>();
const unnoticed: string[] = [];
for (const { name, rule, rules } of flips(RULES)) {
  const by = await whoNotices(rules);
  if (by === undefined) unnoticed.push(name);
  noticed.set(rule, (noticed.get(rule) ?? 0) + Number(by !== undefined));
  console.log(`${name}: ${by === undefined ? "NOT NOTICED" : `noticed by ${by}`}`);
}
const blind = [...noticed].filter(([, count]) => count === 0).map(([rule]) => rule);
console.log(
  `${noticed.size} rules, ${unnoticed.length} flips not noticed, ` +
    `${blind.length} rules without a flip that is noticed${blind.length ? `: ${blind}` : ""}`,
);
if (blind.length > 0) Deno.exit(1);

function* flips(rules: RuleTable): Generator<Flip> {
  for (const table of ["reads", "writes", "caches"] as const) {
    for (const [i, row] of rules[table].entries()) {
      for (const [field, value] of Object.entries(row)) {
        for (const other of OUTCOMES[field] ?? []) {
          if (other === value) continue;
          const flipped = rules[table].with(i, { ...row, [field]: other } as never);
          const name = `${row.id}.${field}: ${value} to ${other}`;
          yield { name, rule: row.id, rules: { ...rules, [table]: flipped } };
        }
      }
    }
  }
}

/** The first check that turns red; an error counts as red. */
async function whoNotices(rules: RuleTable): Promise<string | undefined> {
  for (const question of questions) {
    const red = await verdict(question, { rules }).then(({ ok }) => !ok, () => true);
    if (red) return `the verdict table: ${name(question)}`;
  }
  for (const run of cases) {
    const shown = await show(run, rules).catch(() => "an error");
    if (shown !== run.shown) return `scenario ${run.scenario.problem.name}: ${name(run)}`;
  }
  return undefined;
}

/** What a scenario's golden output says in short. */
async function show(
  { scenario, platform, mode }: Omit<ScenarioCase, "shown">,
  rules: RuleTable,
): Promise<string> {
  const { observation, positive, negative } = await runScenario(scenario, {
    platform,
    mode,
    rules,
  });
  return `${observation} ${positive} ${negative}`;
}

function name({ platform, mode }: { platform: Platform; mode: Mode }): string {
  return `${platform.name} ${mode}`;
}
