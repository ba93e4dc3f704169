/**
 * Makes mistakes in a package, one at a time, and counts how many its own tests notice:
 * `deno task mutate --package core --sample 100 --seed 1`.
 *
 * Our own, for StrykerJS takes no seeded sample, its command runner starts all tests for every
 * mistake, and which one is active it says in an environment variable, for which every test would need
 * `--allow-env`. Here the tests are one module, the quickest come first, and the first that fails ends
 * the run; so does three times the processor time that all took. All happens in a copy of the
 * workspace.
 *
 * @module
 */
import { parseArgs } from "@std/cli";
import { dirname, extname } from "@std/path";
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
const sources = files.filter((file) =>
  /\.tsx?$/.test(file) && !file.endsWith("_test.ts") && !file.includes("/testdata/")
);
if (tests.length === 0) refuse("Expected --package with the name of a package");

const copy = await Deno.makeTempDir({ prefix: "tdx-mutate-" });
const pack = `git ls-files -co --exclude-standard -z | tar --null -cT - | tar -xC ${copy}`;
try {
  await outputOf("sh", ["-c", pack]);
  await testMutants(await compiling(drawn()));
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
  const { passed, stdout } = await runTests({}, 600);
  if (!passed) refuse(`Expected ${folder} to pass its tests as it is`);
  const times: Record<string, number> = {};
  for (const [, name, ms] of stdout.matchAll(/^@took (.*) (\d+)$/gm)) times[name!] = Number(ms);
  const cpu = stdout.match(/^(\d+)m([\d.]+)s (\d+)m([\d.]+)s$/gm)!.at(-1)!.match(/[\d.]+/g)!
    .map(Number);
  const limit = Math.ceil(3 * (60 * (cpu[0]! + cpu[2]!) + cpu[1]! + cpu[3]!));
  let caught = 0;
  let judged = 0;
  for (const mutant of mutants) {
    const path = `${copy}/${mutant.file}`;
    const source = Deno.readTextFileSync(path);
    Deno.writeTextFileSync(path, changed(mutant, source));
    const survives = (await runTests(times, limit)).passed;
    Deno.writeTextFileSync(path, source);
    if (survives) console.log(shown(mutant, source));
    else caught++;
    console.error(`${caught} of ${++judged}`);
  }
  console.log(`${folder}: ${caught} of ${judged} noticed, ${Math.floor(caught / judged * 100)} %`);
}

/**
 * Runs the tests of the package as one module, for to start each file by itself takes several times as
 * long; by the time that each took before, which it prints.
 */
async function runTests(times: Readonly<Record<string, number>>, cpuSeconds: number) {
  const all = `${copy}/${folder}/all_of_them_test.ts`;
  Deno.writeTextFileSync(
    all,
    `const found = [];
const test = Deno.test;
Deno.test = (...given) => void found.push(given);
${tests.map((test) => `await import(".${test.slice(folder.length)}");`).join("\n")}
const times = ${JSON.stringify(times)};
const nameOf = ([first]) => first.name ?? first;
const timed = (name, fn) => async (context) => {
  const start = performance.now();
  await fn(context);
  console.log(\`@took \${name} \${Math.round(performance.now() - start)}\`);
};
found.sort((a, b) => (times[nameOf(a)] ?? 0) - (times[nameOf(b)] ?? 0));
for (const given of found) {
  const name = nameOf(given);
  test(...given.map((part) =>
    typeof part === "function" ? timed(name, part) : part.fn ? { ...part, fn: timed(name, part.fn) } : part
  ));
}
`,
  );
  const deno = `${Deno.execPath()} test --quiet --no-check --fail-fast --allow-read --allow-run`;
  const script = `ulimit -t ${cpuSeconds}; timeout ${
    60 + 10 * cpuSeconds
  } nice -n 19 ${deno} ${all}; s=$?; times; exit $s`;
  const { code, stdout } = await run("sh", ["-c", script], { cwd: copy });
  return { passed: code === 0, stdout };
}

/** Those that compile: what does not is noticed sooner, and says nothing about the tests. */
async function compiling(mutants: readonly Mutant[]): Promise<Mutant[]> {
  const beside = (file: string, i: number) =>
    `${copy}/${dirname(file)}/mutant_${i}${extname(file)}`;
  const paths = mutants.map(({ file }, i) => beside(file, i));
  mutants.forEach((mutant, i) =>
    Deno.writeTextFileSync(
      paths[i]!,
      changed(mutant, Deno.readTextFileSync(`${copy}/${mutant.file}`)),
    )
  );
  const { stderr } = await run("nice", ["-n", "19", Deno.execPath(), "check", ...paths], {
    cwd: copy,
    env: { NO_COLOR: "1" },
  });
  for (const path of paths) Deno.removeSync(path);
  const refused = new Set(
    [...stderr.matchAll(/at file:.*\/mutant_(\d+)\.tsx?:/g)].map(([, i]) => Number(i)),
  );
  console.log(`${mutants.length - refused.size} compile`);
  return mutants.filter((_, i) => !refused.has(i));
}

function changed({ start, end, text }: Mutant, source: string): string {
  return source.slice(0, start) + text + source.slice(end);
}

function shown({ file, start, end, text }: Mutant, source: string): string {
  const line = source.slice(0, start).split("\n").length;
  const [first, last] = [source.lastIndexOf("\n", start) + 1, source.indexOf("\n", end)];
  const before = source.slice(first, last).trim();
  const after = (source.slice(first, start) + text + source.slice(end, last)).trim();
  return `${file}:${line}\n  - ${before}\n  + ${after}`;
}
