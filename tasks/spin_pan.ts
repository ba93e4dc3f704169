/** Runs SPIN on a model: `spin -a`, the C compiler, the verifier `pan`; and reads its figures. */
import { join } from "@std/path";

/** What pan reports. */
export interface PanReport {
  /** Distinct states: "states, stored". */
  readonly states: number;
  /** Errors; with `-c0` the number of states in which an assertion fails. */
  readonly errors: number;
  /** The assertions that failed, as they stand in the model, sorted. */
  readonly failed: readonly string[];
  /** Time that pan took by its own account; 0 below its resolution. */
  readonly seconds: number;
  /** Memory by its own account. */
  readonly bytes: number;
}

/** What GNU time says of a process. */
export interface Usage {
  /** Processor time, of user and system: other work on the machine does not count in it. */
  readonly processorSeconds: number;
  /** Largest resident set. */
  readonly residentBytes: number;
}

/** How pan is built and run. */
export interface PanOptions {
  /** Options of SPIN. */
  readonly spin?: readonly string[];
  /** Options of the C compiler. */
  readonly compile?: readonly string[];
  /** Options of pan. */
  readonly run: readonly string[];
}

/** The path of GNU time, which tells what a process used. */
export const TIME = "/usr/bin/time";

/**
 * Says what is missing to run SPIN.
 *
 * @param tools Commands that are needed.
 * @returns A sentence, or `undefined` where everything is there.
 */
export async function missing(tools: readonly string[]): Promise<string | undefined> {
  const absent = [];
  for (const tool of tools) {
    const run = new Deno.Command("sh", { args: ["-c", `command -v ${tool}`], stdout: "null" });
    if (!(await run.output()).success) absent.push(tool);
  }
  return absent.length === 0
    ? undefined
    : `${absent.join(" and ")} not found; Debian has them as packages: spin, gcc, time`;
}

/**
 * Verifies a model.
 *
 * @param model Promela text.
 * @param options How.
 * @returns pan's figures.
 * @throws {Error} Where a command fails or pan did not search everything.
 */
export function runPan(model: string, options: PanOptions): Promise<PanReport> {
  return withPan(
    model,
    options,
    async (folder) => parse(await command("./pan", options.run, folder)),
  );
}

/**
 * Verifies a model and measures the process.
 *
 * @param model Promela text.
 * @param options How.
 * @returns pan's figures and what it used.
 * @throws {Error} Where a command fails or pan did not search everything.
 */
export function measurePan(model: string, options: PanOptions): Promise<PanReport & Usage> {
  return withPan(model, options, async (folder) => {
    const { output, usage } = await measure("./pan", options.run, folder);
    return { ...parse(output), ...usage };
  });
}

/**
 * Runs a command and measures the process.
 *
 * @param name The command.
 * @param args Its arguments.
 * @param cwd Where it runs.
 * @returns Its standard output, and what it used.
 * @throws {Error} Where it fails.
 */
export async function measure(
  name: string,
  args: readonly string[],
  cwd = ".",
): Promise<{ output: string; usage: Usage }> {
  const text = await command(TIME, ["-f", "%U %S %M", name, ...args], cwd);
  const lines = text.trimEnd().split("\n");
  const [user, system, kib] = lines.pop()!.split(" ").map(Number);
  return {
    output: lines.join("\n"),
    usage: { processorSeconds: user! + system!, residentBytes: kib! * 1024 },
  };
}

async function withPan<T>(
  model: string,
  { spin = [], compile = [] }: PanOptions,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await Deno.makeTempDir({ prefix: "tdx-spin-" });
  try {
    await Deno.writeTextFile(join(folder, "model.pml"), model);
    // Without -o2 SPIN leaves out what is only written, as a register that no condition reads.
    await command("spin", ["-a", "-o2", ...spin, "model.pml"], folder);
    await command("gcc", ["-w", ...compile, "-o", "pan", "pan.c"], folder);
    return await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What a command says, standard error last. */
async function command(name: string, args: readonly string[], cwd = "."): Promise<string> {
  const output = await new Deno.Command(name, { cwd, args: [...args] }).output();
  const text = new TextDecoder().decode(output.stdout) + new TextDecoder().decode(output.stderr);
  if (!output.success) throw new Error(`${name} ${args.join(" ")} failed:\n${text}`);
  return text;
}

function parse(output: string): PanReport {
  if (/search depth too small|out of memory|aborting|Search not completed/i.test(output)) {
    throw new Error(`pan did not search everything:\n${output}`);
  }
  const number = (pattern: RegExp): number => {
    const found = pattern.exec(output)?.[1];
    if (found === undefined) {
      throw new Error(`Expected ${pattern} in pan's output, got:\n${output}`);
    }
    return Number(found);
  };
  return {
    states: number(/([\d.e+]+) states, stored/),
    errors: number(/errors: (\d+)/),
    failed: [...new Set(output.matchAll(/assertion violated (\w+)/g).map(([, text]) => text!))]
      .sort(),
    seconds: number(/elapsed time ([\d.e+-]+) seconds/),
    bytes: number(/([\d.]+)\s+total actual memory usage/) * 2 ** 20,
  };
}
