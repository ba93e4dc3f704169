/**
 * Makes mistakes in a package, one at a time, and counts how many its own tests notice:
 * `deno task mutate --package core --sample 100 --seed 1`.
 *
 * Our own, for StrykerJS takes no seeded sample, its command runner starts all tests for every
 * mistake, and which one is active it says in an environment variable, for which every test would need
 * `--allow-env`. Here the tests are one module, those in the folder of the mistake come first, and the
 * first that fails ends the run. All happens in a copy of the workspace.
 *
 * @module
 */
import { parseArgs } from "@std/cli";
import { dirname } from "@std/path";
import { randomNumbers } from "@tdx/reclaim";
import { outputOf, run } from "../run.ts";
import { type Mutant, mutantsOf } from "./mutants.ts";

const USAGE = "Usage: deno task mutate --package NAME [--sample N] [--seed N]";
const refuse = (message: string): never => {
  console.error(`${message}\n${USAGE}`);
  Deno.exit(1);
};
const args = parseArgs(Deno.args, {
  string: ["package", "sample", "seed"],
  unknown: (argument) => refuse(`Expected no ${argument}`),
}) as Readonly<Record<string, string | undefined>>;
const folder = args["package"] === "explorer" ? "explorer" : `packages/${args["package"]}`;
const [sample, seed] = [Number(args["sample"] ?? 100), Number(args["seed"] ?? 1)];
if (!Number.isSafeInteger(sample) || !Number.isSafeInteger(seed)) refuse("Expected whole numbers");

const files = (await outputOf("git", ["ls-files", "-co", "--exclude-standard", folder])).trim()
  .split("\n");
const tests = files.filter((file) => file.endsWith("_test.ts") && !file.endsWith(".slow_test.ts"));
const sources = files.filter((file) => /\.tsx?$/.test(file) && !file.endsWith("_test.ts"));
if (tests.length === 0) refuse("Expected --package with the name of a package");

const copy = await Deno.makeTempDir({ prefix: "tdx-mutate-" });
const pack = `git ls-files -co --exclude-standard -z | tar --null -cT - | tar -xC ${copy}`;
try {
  await outputOf("sh", ["-c", pack]);
  await testMutants(drawn());
} finally {
  await Deno.remove(copy, { recursive: true });
}

function drawn(): Mutant[] {
  const all = sources.flatMap((file) => mutantsOf(file, Deno.readTextFileSync(file)));
  const random = randomNumbers(seed);
  for (let i = 0; i < Math.min(sample, all.length); i++) {
    const other = i + Math.floor(random() * (all.length - i));
    [all[i], all[other]] = [all[other]!, all[i]!];
  }
  console.log(
    `${all.length} mistakes possible in ${folder}, ${Math.min(sample, all.length)} drawn`,
  );
  return all.slice(0, sample);
}

async function testMutants(mutants: readonly Mutant[]): Promise<void> {
  const started = performance.now();
  if (!await passes(sources[0]!)) refuse(`Expected ${folder} to pass its tests as it is`);
  const limit = 5_000 + 5 * (performance.now() - started);
  let caught = 0;
  let judged = 0;
  for (const mutant of mutants) {
    const path = `${copy}/${mutant.file}`;
    const source = Deno.readTextFileSync(path);
    const { start, end, text } = mutant;
    Deno.writeTextFileSync(path, source.slice(0, start) + text + source.slice(end));
    const survives = await passes(mutant.file, limit);
    // What does not compile is noticed sooner, and says nothing about the tests.
    const counts = !survives || await compiles(mutant.file);
    Deno.writeTextFileSync(path, source);
    if (!counts) continue;
    judged++;
    if (survives) console.log(shown(mutant, source));
    else caught++;
    console.error(`${caught} of ${judged}`);
  }
  const percent = Math.floor(caught / judged * 100);
  console.log(`${folder}: ${caught} of ${judged} noticed, ${percent} %`);
}

/** Whether the tests of the package pass: those in the folder of a file, then the others. */
async function passes(file: string, limitMs = 600_000): Promise<boolean> {
  const isNear = (test: string) => dirname(test) === dirname(file);
  const [near, far] = [tests.filter(isNear), tests.filter((test) => !isNear(test))];
  return await pass(near, limitMs) && await pass(far, limitMs);
}

/** Whether some tests pass, as one module: to start each file by itself takes several times as long. */
async function pass(tests: readonly string[], limitMs: number): Promise<boolean> {
  if (tests.length === 0) return true;
  const all = `${copy}/${folder}/all_of_them_test.ts`;
  const modules = tests.map((test) => `import ".${test.slice(folder.length)}";\n`);
  Deno.writeTextFileSync(all, modules.join(""));
  const deno = ["test", "--quiet", "--no-check", "--fail-fast", "--allow-read", "--allow-run", all];
  const limit = String(Math.ceil(limitMs / 1000));
  const { code } = await run("timeout", [limit, "nice", "-n", "19", Deno.execPath(), ...deno], {
    cwd: copy,
  });
  return code === 0;
}

async function compiles(file: string): Promise<boolean> {
  const { code } = await run("nice", ["-n", "19", Deno.execPath(), "check", "--quiet", file], {
    cwd: copy,
  });
  return code === 0;
}

function shown({ file, start, end, text }: Mutant, source: string): string {
  const line = source.slice(0, start).split("\n").length;
  const [first, last] = [source.lastIndexOf("\n", start) + 1, source.indexOf("\n", end)];
  const before = source.slice(first, last).trim();
  const after = (source.slice(first, start) + text + source.slice(end, last)).trim();
  return `${file}:${line}\n  - ${before}\n  + ${after}`;
}
