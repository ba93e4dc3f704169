/**
 * Every rule id of the workspace with its words, and the files that name it.
 *
 * @module
 */
import { ASSUMPTIONS, type RuleId, RULES, type RuleText, ruleText } from "@tdx/core";
import { LINUX_RULES } from "@tdx/linux";
import { ESTIMATE_ASSUMPTIONS } from "@tdx/reclaim";
import { MODULE_ASSUMPTIONS } from "@tdx/seam";
import { typescriptFiles } from "./workspace.ts";

/** A rule or assumption. */
export interface Rule extends Partial<Omit<RuleText, "text">> {
  readonly id: string;
  readonly text: string;
}

/** Rules of one kind. */
export interface RuleGroup {
  readonly title: string;
  /** Where their words stand. */
  readonly home: string;
  /** The code that follows them, whichever id it is. */
  readonly followedBy: string;
  readonly rules: readonly Rule[];
}

const LEAVES = "packages/seam/leaves";
/** What the SEAMCALLs were read in. */
const SEAM_SOURCE = { confidence: "exact", source: "TDX module 1.5.01, source" } as const;

/** Every group, in the order of the specification. */
export function ruleGroups(): RuleGroup[] {
  const lines = {
    home: "packages/core/line/rules.ts",
    followedBy: "packages/core/line/line_step.ts",
  };
  const calls = { home: LEAVES, followedBy: "packages/reclaim/teardown" };
  const seam = seamcalls();
  return [
    { title: "Reads", ...lines, rules: worded(RULES.reads) },
    { title: "Writes", ...lines, rules: sorted(worded(RULES.writes)) },
    { title: "Who may use a private KeyID", ...lines, rules: worded(RULES.access) },
    { title: "Caches", ...lines, rules: worded(RULES.caches) },
    { title: "Teardown", ...calls, rules: seam.filter(({ id }) => id[0] === "T") },
    { title: "Removal while the TD runs", ...calls, rules: seam.filter(({ id }) => id[0] === "D") },
    { title: "Linux, version by version", ...ofLinux("kernel"), rules: linux("X") },
    { title: "Machine checks", ...ofLinux("machine_check"), rules: linux("N") },
    { title: "Assumptions on lines", ...lines, rules: assumed(ASSUMPTIONS) },
    {
      title: "Assumptions on the module",
      home: "packages/seam/assumptions.ts",
      followedBy: "packages/seam",
      rules: assumed(MODULE_ASSUMPTIONS),
    },
    {
      title: "Assumptions of estimates",
      home: "packages/reclaim/estimate/figures.ts",
      followedBy: "packages/reclaim/estimate",
      rules: assumed(ESTIMATE_ASSUMPTIONS),
    },
  ];
}

function ofLinux(room: string): Pick<RuleGroup, "home" | "followedBy"> {
  return { home: "packages/linux/rules.ts", followedBy: `packages/linux/${room}` };
}

function linux(letter: string): Rule[] {
  return Object.entries(LINUX_RULES).filter(([id]) => id.startsWith(letter))
    .map(([id, rule]) => ({ id, ...rule, confidence: "exact" }));
}

function worded(rows: readonly { readonly id: RuleId }[]): Rule[] {
  return rows.map(({ id }) => ({ id, ...ruleText(id) }));
}

function assumed(texts: Readonly<Record<string, string>>): Rule[] {
  return Object.entries(texts).map(([id, text]) => ({ id, text, confidence: "inferred" }));
}

/** T and D have no table: each is a SEAMCALL, whose documentation names the id. */
function seamcalls(): Rule[] {
  const files = [...typescriptFiles(LEAVES)].filter((file) => !isTest(file));
  const named = files.flatMap((file) => {
    const words = comments(Deno.readTextFileSync(file));
    return [...words.matchAll(/(TDH\.[A-Z.]+) \(([TD]\d(?:, [TD]\d)*)\)[^:.]*: ([^.:]+)/g)];
  });
  return sorted(
    named.flatMap(([, leaf, ids, does]) =>
      ids!.split(", ").map((id) => ({ id, text: `${leaf}: ${does}.`, ...SEAM_SOURCE }))
    ),
  );
}

/** The text of the JSDoc comments on one line, without stars. */
function comments(source: string): string {
  return [...source.matchAll(/\/\*\*([^]*?)\*\//g)].map(([, words]) => words)
    .join(" ").replaceAll(/\s*\n\s*\* ?/g, " ").replaceAll(/ {2,}/g, " ");
}

function sorted<T extends { readonly id: string }>(rules: readonly T[]): T[] {
  return rules.toSorted((a, b) => a.id < b.id ? -1 : 1);
}

/** Where letter and digit are something else, or where an id is only a value to refuse. */
const NO_RULES = [
  "packages/host/mce/assess/mca_error.ts", // cache levels
  "packages/host/meter/", // bytes of machine code
  "packages/host/audit/readers/kernel_log_test.ts", // a task
  "/wrong_types_test.ts",
  "tests/rules_page_test.ts", // the page itself
];
/** Eight ids in a row, and more: a list of all says of none what it does. */
const LIST_OF_IDS = /(?:\b[A-Z]\d{1,2}\b[\s",+]*){8,}/g;

/** Whether a file is a test, or a part of some. */
export function isTest(file: string): boolean {
  return /_test\.ts$|^tests\//.test(file);
}

/** The files that name each id, `T1 to T4` naming four; tests that only list all ids are none. */
export function filesByRule(ids: ReadonlySet<string>): Map<string, string[]> {
  const files = new Map<string, string[]>([...ids].map((id) => [id, []]));
  for (
    const file of ["packages", "platforms", "tests"].flatMap((root) => [...typescriptFiles(root)])
  ) {
    if (NO_RULES.some((path) => file.includes(path))) continue;
    const text = Deno.readTextFileSync(file);
    for (const id of idsIn(isTest(file) ? text.replaceAll(LIST_OF_IDS, "") : text)) {
      files.get(id)?.push(file);
    }
  }
  return files;
}

function idsIn(text: string): Set<string> {
  const ids = new Set<string>();
  for (
    const [, letter, first, last] of text.matchAll(/\b([A-Z])(\d{1,2})(?: to \1(\d{1,2}))?\b/g)
  ) {
    for (let n = Number(first); n <= Number(last ?? first); n++) ids.add(`${letter}${n}`);
  }
  return ids;
}
