/**
 * The page docs/RULES.md: of each rule its source, the code and the tests that name it, and the
 * scenarios in which it fires.
 *
 * @module
 */
import { basename } from "@std/path";
import { citationsIn } from "@tdx/core";
import type { ScenarioResult } from "@tdx/litmus";
import { GOLDEN_PLATFORMS, isGolden } from "./corpus.ts";
import { filesByRule, isTest, type Rule, ruleGroups } from "./rule_ids.ts";
import { outputOf } from "./run.ts";

/** Where the page is kept. */
export const RULES_PAGE = "docs/RULES.md";

/** More scenarios than these are only counted. */
const SHOWN_SCENARIOS = 6;

/** The rules that a scenario's runs meet. */
export interface MetRules {
  readonly file: string;
  /** Rules of the witnesses that are kept beside it. */
  readonly witnessed: ReadonlySet<string>;
  /** Rules of all its moves. */
  readonly met: ReadonlySet<string>;
}

/** Notes the rules of a scenario's runs. */
export function metRules(file: string, results: readonly ScenarioResult[]): MetRules {
  const kept = results.filter(isGolden);
  return {
    file,
    witnessed: new Set(kept.flatMap(({ trace }) => trace.flatMap(({ rules }) => rules))),
    met: new Set(kept.flatMap((result) => [...rulesOfMoves(result)])),
  };
}

/**
 * Writes the page.
 *
 * @param corpus The rules that each scenario meets.
 */
export async function rulesPage(corpus: readonly MetRules[]): Promise<string> {
  const groups = ruleGroups();
  const rules = groups.flatMap(({ rules }) => rules);
  const files = filesByRule(new Set(rules.map(({ id }) => id)));
  const sections = groups.map(({ title, home, followedBy, rules: group }) => [
    `## ${title}`,
    `Words: ${link(home)}. Followed by: ${link(followedBy)}.`,
    ...group.map((rule) => section(rule, rules, files.get(rule.id)!, corpus)),
  ]);
  return await format(`# Rules

\`deno task docs:rules\` writes this page from the rule table, the scenarios and the files that name
an id; a test holds it against them. [README.md](../README.md#how-sure-is-each-fact) says what
_exact_, _stated_ and _inferred_ mean.

A rule of lines and caches is a row of one table, and one function follows the whole table, so most
code names no id. Of the ${corpus.length} scenarios a rule shows those that take it in the witness
kept beside them, the plainest first, and counts those in which any sequence of steps on
${GOLDEN_PLATFORMS.map(({ name }) => name).join(" or ")} meets it. Teardown and removal (T, D) have
no table: each id is a SEAMCALL of the TDX module, whose documentation names it. Scenarios begin
where SEAMCALLs end: the cache steps K6 and K7 stand for T3, T6 and D4.

${sections.flat().join("\n\n")}
`);
}

function section(
  rule: Rule,
  rules: readonly Rule[],
  files: string[],
  corpus: readonly MetRules[],
): string {
  const { id, text, confidence, source, assumes } = rule;
  const leaning = rules.filter(({ assumes }) => assumes?.some((name) => name === id));
  const tests = files.filter(isTest);
  const code = files.filter((file) => !isTest(file));
  const sure = [
    confidence,
    source && linked(source),
    assumes && `assumes ${assumes.map(anchor).join(", ")}`,
  ];
  return [
    `### ${id}\n\n${text}\n`,
    `- Source: ${sure.filter(Boolean).join("; ")}`,
    ...(leaning.length > 0
      ? [`- Leaning on it: ${leaning.map((r) => anchor(r.id)).join(", ")}`]
      : []),
    `- Code: ${code.map(link).join(", ")}`,
    `- Tests: ${tests.map(link).join(", ") || "none names it"}`,
    ...scenarios(id, corpus),
  ].join("\n");
}

/** Scenarios that show a rule; none for what is beyond a scenario. */
function scenarios(id: string, corpus: readonly MetRules[]): string[] {
  const meeting = corpus.filter(({ met }) => met.has(id));
  if (meeting.length === 0) return [];
  const shown = meeting.toSorted((a, b) =>
    Number(b.witnessed.has(id)) - Number(a.witnessed.has(id)) || a.met.size - b.met.size
  ).slice(0, SHOWN_SCENARIOS);
  const links = shown.map(({ file }) => `[${basename(file, ".tdx")}](../${file})`);
  return [`- Scenarios: ${links.join(", ")}; met in ${meeting.length}`];
}

/** A text in which what it cites is a link. */
function linked(text: string): string {
  return citationsIn(text).map(({ text, url }) => url === undefined ? text : `[${text}](${url})`)
    .join("");
}

function link(path: string): string {
  return `[${path.replace(/^packages\//, "")}](../${path})`;
}

function anchor(id: string): string {
  return `[${id}](#${id.toLowerCase()})`;
}

/** The page as `deno fmt` would have it. */
async function format(page: string): Promise<string> {
  const args = ["fmt", "--quiet", "--ext=md", "-"];
  return await outputOf(Deno.execPath(), args, { input: page });
}

function rulesOfMoves({ exploration, system }: ScenarioResult): Set<string> {
  const rules = new Set<string>();
  for (let i = 0; i < exploration.states; i++) {
    for (const move of system.moves(exploration.state(i))) {
      for (const rule of move.rules) rules.add(rule);
    }
  }
  return rules;
}
