/** The teardowns that SPIN is asked about besides us: the smallest, without any reduction. */
import type { Mode } from "@tdx/core";
import { linuxTeardown, parseTeardown, type TeardownBound, teardownToPromela } from "@tdx/litmus";
import { spr } from "@tdx/platform-spr";
import { LineSets } from "../packages/litmus/teardown/_line_sets.ts";
import { programOf } from "../packages/litmus/teardown/parse_teardown.ts";
import { Search } from "../packages/litmus/teardown/_search.ts";
import { TeardownSystem } from "../packages/litmus/teardown/_system.ts";
import { World } from "../packages/litmus/teardown/_world.ts";
import { modelHash } from "./spin_cases.ts";

/** A teardown, what can go wrong, and the line that is followed. */
export interface TeardownCase extends TeardownBound {
  readonly name: string;
  readonly text: string;
  /** The page whose line is followed, or `any page`; none if not given. */
  readonly line?: string;
  readonly mode?: Mode;
}

/** What SPIN said of them: name, states, properties that do not hold, hash of the model. */
export const TEARDOWN_RECORD = "packages/litmus/promela/testdata/spin_teardowns.tsv";

const ONE = { pages: 1, vcpus: 1, packages: 1, faults: 0, busy: 0 } as const;
const GUEST = "guest page 0";
const REMOVE = "TDH.MEM.PAGE.REMOVE";

/** The teardowns. */
export function teardownCases(): TeardownCase[] {
  const linuxOf = (version: string, path: "dynamic" | "terminate" = "dynamic") => ({
    ...ONE,
    name: `Linux ${version} ${path}`,
    text: linuxTeardown(version, path),
  });
  const example = (name: string) => ({
    ...ONE,
    name,
    text: Deno.readTextFileSync(`packages/litmus/teardown/examples/${name}.teardown`),
  });
  // Where no line is followed 6.16 is as 6.18.
  const all = [
    linuxOf("6.18"),
    linuxOf("6.19"),
    linuxOf("7.4"),
    linuxOf("7.3", "terminate"),
  ];
  return [
    ...all.map((one) => ({ ...one, busy: 1 })),
    ...all.map((one) => ({ ...one, faults: 1 })),
    { ...linuxOf("6.18"), faults: 1, fail: REMOVE, line: GUEST },
    { ...linuxOf("6.19"), faults: 1, fail: REMOVE, line: GUEST },
    { ...linuxOf("6.19"), line: "TDR", mode: "Ci" },
    { ...linuxOf("7.4"), line: "PAMT page 0 of the control region" },
    { ...example("flush-after-reset"), line: GUEST },
    example("freeid-before-flush"),
    { ...example("kick-left-out"), line: GUEST },
    { ...example("t6-left-out"), line: "TDR" },
    { ...example("track-left-out"), line: GUEST },
    {
      ...ONE,
      name: "crossed locks",
      text: `TEARDOWN crossed
thread a { lock x lock y unlock y unlock x }
thread b { lock y lock x unlock x unlock y }`,
    },
    {
      ...ONE,
      faults: 1,
      busy: 1,
      line: "any page",
      name: "returned while blocked",
      text: `TEARDOWN hasty
thread t { dead each page in guest { TDH.MEM.RANGE.BLOCK page return page } }`,
    },
  ];
}

/** A name that tells all of a case. */
export function titleOfCase({ name, faults, fail, busy, line, mode = "Li" }: TeardownCase): string {
  const followed = line === undefined ? "no line" : `line of ${line}, ${mode}`;
  return `${name}, ${faults} failures${
    fail === undefined ? "" : ` of ${fail}`
  }, ${busy} busy, ${followed}`;
}

/** What an exploration and SPIN must agree on. */
export interface TeardownFigures {
  readonly states: number;
  /** The properties that do not hold. */
  readonly broken: string;
}

/** What our exploration says without any reduction; SPIN's states are one more, before the first. */
export function figuresOfTeardown(one: TeardownCase): TeardownFigures {
  const program = programOf(parseTeardown(one.text));
  const { pages = 1, vcpus = 1, packages = 1, faults = 0, busy = 0, fail, mode = "Li" } = one;
  const world = new World({ pages, vcpus, packages }, program.dynamicPamt, spr);
  const lines = new LineSets([{ platform: spr, mode }], world);
  const followed = one.line === undefined
    ? [[]]
    : world.pages.flatMap(({ name }, page) =>
      one.line === "any page" || one.line === name ? [[page]] : []
    );
  const broken = new Set<string>();
  let states = 1;
  for (const pages of followed) {
    const how = { faults, busy, fail, symmetry: false, independence: false, followed: pages };
    const system = new TeardownSystem(world, lines, program, how);
    const search = new Search(system);
    search.run(Infinity);
    search.findStuck();
    states += system.size;
    for (const property of search.found.keys()) broken.add(property);
  }
  return { states, broken: [...broken].sort().join(" ") };
}

/** The model of a case, and what SPIN is told to make of it. */
export async function teardownModel(one: TeardownCase): Promise<{ model: string; spin: string[] }> {
  const { name: _name, text, line, mode = "Li", ...bound } = one;
  const model = await teardownToPromela(parseTeardown(text), { ...bound, platform: spr });
  const modeOption = `-DMODE=${mode.toUpperCase()}`;
  if (line === "any page") return { model, spin: [modeOption] };
  const page = line === undefined ? "PAGES" : new RegExp(`^ +(\\d+) ${line}$`, "m").exec(model)![1];
  return { model, spin: [`-DLINE=${page}`, modeOption] };
}

/** What the record has to say of some cases, by our exploration. */
export async function recordOf(cases: readonly TeardownCase[]): Promise<string[]> {
  return await Array.fromAsync(cases, async (one) => {
    const { model } = await teardownModel(one);
    return await recordLine(one, figuresOfTeardown(one), model);
  });
}

/** The lines of the record that are about some cases. */
export function readRecord(isWanted: (one: TeardownCase) => boolean): string[] {
  const lines = Deno.readTextFileSync(TEARDOWN_RECORD).trimEnd().split("\n");
  const cases = teardownCases();
  return lines.filter((_, i) => isWanted(cases[i]!));
}

/** Whether a case is explored in no time. */
export function isSmall({ faults, line }: TeardownCase): boolean {
  return line === "any page" || (faults === 0 && (line === undefined || line === "TDR"));
}

/** A line of the record. */
export async function recordLine(
  one: TeardownCase,
  { states, broken }: TeardownFigures,
  model: string,
): Promise<string> {
  return [titleOfCase(one), states, broken, await modelHash(model)].join("\t");
}
