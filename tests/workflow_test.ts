// The workflows cannot run here: their steps are held against the commands that do.
import { assert, assertEquals } from "@std/assert";
import { load } from "js-yaml";
import { ROOT } from "../tasks/workspace.ts";

interface Step {
  readonly run?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly "runs-on": string;
  readonly needs?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly strategy?: { readonly matrix: { readonly os: readonly string[] } };
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const FOLDER = `${ROOT}.github/workflows/`;
const read = (file: string) => Deno.readTextFileSync(ROOT + file);
const names = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).toSorted();
const texts = names.map((name) => Deno.readTextFileSync(FOLDER + name));
const [ci, publish] = texts.map((text) => load(text) as Workflow) as [Workflow, Workflow];
const jobs = [...Object.values(ci.jobs), ...Object.values(publish.jobs)];
const steps = jobs.flatMap((job) => job.steps);
const tasks: Readonly<Record<string, unknown>> = JSON.parse(read("deno.json")).tasks;

/** What a step may run beside a task. */
const COMMANDS = [".ci/run", "deno check", "deno publish"];
/** The commits of the actions, which nobody can move as a tag can be, with their versions. */
const ACTIONS: Readonly<Record<string, string>> = {
  "actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd": "v6.0.2",
  "denoland/setup-deno@667a34cdef165d8d2b2e98dde39547c9daac7282": "v2.0.4",
};

const commandsOf = (job: Job) => job.steps.flatMap(({ run }) => run === undefined ? [] : [run]);

Deno.test("workflows: there are two, one for changes and one for tags", () => {
  assertEquals(names, ["ci.yml", "publish.yml"]);
  assertEquals(ci.on, { push: { branches: ["main"] }, pull_request: null });
  assertEquals(publish.on, { push: { tags: ["v*"] } });
});

Deno.test("workflows: every step runs a task of deno.json or one of a few commands", () => {
  for (const job of jobs) {
    for (const command of commandsOf(job)) {
      const task = /^deno task (\S+)( "\$GITHUB_REF_NAME")?$/.exec(command)?.[1];
      const known = task === undefined ? COMMANDS.includes(command) : task in tasks;
      assert(known, `Expected a task or one of ${COMMANDS.join(", ")}, got ${command}`);
    }
  }
});

Deno.test("workflows: every action is one of a few, by its commit, its version beside it", () => {
  for (const { uses, run } of steps) {
    assertEquals((uses === undefined) !== (run === undefined), true, "one of uses and run");
    if (uses !== undefined) assert(Object.hasOwn(ACTIONS, uses), uses);
  }
  for (const text of texts) {
    for (const [, action, version] of text.matchAll(/uses: (\S+)(?: # (\S+))?$/gm)) {
      assertEquals(version, ACTIONS[action!]);
    }
  }
});

Deno.test("workflows: no job may write, but the one that publishes may say who it is", () => {
  for (const { permissions } of [ci, publish]) assertEquals(permissions, { contents: "read" });
  for (const job of jobs) {
    const publishes = commandsOf(job).includes("deno publish");
    const permissions = { contents: "read", "id-token": "write" };
    assertEquals(job.permissions, publishes ? permissions : undefined);
  }
});

Deno.test("ci.yml: the systems and their commands are those that it lists at its head", () => {
  const listed = [...texts[0]!.matchAll(/^# - (\S+): (.+)$/gm)].map(([, os, commands]) => [
    os,
    commands!.split("; "),
  ]);
  const actual = Object.values(ci.jobs).flatMap((job) =>
    (job.strategy?.matrix.os ?? [job["runs-on"]]).map((os) => [os, commandsOf(job)])
  );
  assertEquals(listed, actual);
  assertEquals(listed.map(([os]) => os), ["ubuntu-latest", "macos-latest", "windows-latest"]);
});

Deno.test("publish.yml: publishes only after the tag and all checks were found right", () => {
  const { check, publish: last } = publish.jobs as { check: Job; publish: Job };
  assertEquals(commandsOf(check), ['deno task release:tag "$GITHUB_REF_NAME"', ".ci/run"]);
  assertEquals([last.needs, commandsOf(last)], ["check", ["deno publish"]]);
});

Deno.test("one version of Deno: workflows, .ci/run and README agree", () => {
  const versions = (text: string) =>
    [...text.matchAll(/\bdeno@([\d.]*\d)/g)].map(([, found]) => found);
  const [expected] = versions(read(".ci/run"));
  assert(expected !== undefined, "Expected .ci/run to name a version of Deno");
  const installed = steps.filter(({ uses }) => uses?.startsWith("denoland/setup-deno@"));
  assertEquals(
    installed.map((step) => step.with),
    installed.map(() => ({ "deno-version": expected })),
  );
  for (const file of [".ci/run", "README.md"]) {
    const found = versions(read(file));
    assertEquals(found, found.map(() => expected), file);
  }
});

Deno.test(".ci/run: every task that it runs is one of deno.json", () => {
  const run = [...read(".ci/run").matchAll(/\bdeno task ([\w:]+)/g)].map(([, name]) => name!);
  assertEquals(run.filter((name) => !(name in tasks)), []);
});
