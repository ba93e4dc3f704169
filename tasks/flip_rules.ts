/**
 * Flips every outcome of every rule, one at a time, and asks the verdict table and the scenarios
 * whether they notice. A flip that nothing notices is a rule that is untested or not needed.
 *
 * @module
 */
import { RULES, type RuleTable } from "@tdx/core";
import { runScenario, verdict, verdictQuestions } from "@tdx/litmus";
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

const corpus = readCorpus();
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
    if (red) {
      return `the verdict table (${question.platform.name} ${question.mode} ${question.hostKeys} ${question.policy})`;
    }
  }
  for (const { name, scenario } of corpus) {
    for (const platform of GOLDEN_PLATFORMS) {
      for (const mode of scenario.modes) {
        const red = await runScenario(scenario, { platform, mode, rules })
          .then(({ ok }) => !ok, () => true);
        if (red) return `scenario ${name} (${platform.name} ${mode})`;
      }
    }
  }
  return undefined;
}
