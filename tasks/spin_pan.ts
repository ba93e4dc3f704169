/** Runs SPIN on a model: `spin -a`, the C compiler, the verifier `pan`; and reads its figures. */
import { join } from "@std/path";

/** What pan reports. */
export interface PanReport {
  /** Distinct states: "states, stored". */
  readonly states: number;
  /** Transitions, those that lead to a known state included. */
  readonly transitions: number;
  /** Errors; with `-c0` the number of states in which an assertion fails. */
  readonly errors: number;
  /** Depth of the search that was reached. */
  readonly depth: number;
  /** Length of the state vector. */
  readonly vectorBytes: number;
  /** Time that pan took by its own account; 0 below its resolution. */
  readonly seconds: number;
  /** Memory by its own account. */
  readonly bytes: number;
  /** Largest resident set by GNU time; 0 unless asked for. */
  readonly residentBytes: number;
}

/** How pan is built and run. */
export interface PanOptions {
  /** Options of the C compiler. */
  readonly compile?: readonly string[];
  /** Options of pan. */
  readonly run: readonly string[];
  /** Whether to measure the resident set with GNU time. */
  readonly measure?: boolean;
}

/** The path of GNU time, which tells the largest resident set of a command. */
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
export async function runPan(model: string, options: PanOptions): Promise<PanReport> {
  const folder = await Deno.makeTempDir({ prefix: "tdx-spin-" });
  try {
    await Deno.writeTextFile(join(folder, "model.pml"), model);
    // Without -o2 SPIN leaves out what is only written, as a register that no condition reads.
    await command(folder, "spin", ["-a", "-o2", "model.pml"]);
    await command(folder, "gcc", ["-w", ...options.compile ?? [], "-o", "pan", "pan.c"]);
    const pan = join(folder, "pan");
    const output = options.measure
      ? await command(folder, TIME, ["-f", "%M KiB resident", pan, ...options.run])
      : await command(folder, pan, options.run);
    return parse(output);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function command(cwd: string, name: string, args: readonly string[]): Promise<string> {
  const output = await new Deno.Command(name, { cwd, args: [...args] }).output();
  const text = new TextDecoder().decode(output.stdout) + new TextDecoder().decode(output.stderr);
  if (!output.success) throw new Error(`${name} ${args.join(" ")} failed:\n${text}`);
  return text;
}

function parse(output: string): PanReport {
  if (/search depth too small|out of memory|aborting|Search not completed/i.test(output)) {
    throw new Error(`pan did not search everything:\n${output}`);
  }
  const number = (pattern: RegExp, absent?: number): number => {
    const found = pattern.exec(output)?.[1];
    if (found !== undefined) return Number(found);
    if (absent !== undefined) return absent;
    throw new Error(`Expected ${pattern} in pan's output, got:\n${output}`);
  };
  return {
    states: number(/([\d.e+]+) states, stored/),
    transitions: number(/([\d.e+]+) transitions/),
    errors: number(/errors: (\d+)/),
    depth: number(/depth reached (\d+)/),
    vectorBytes: number(/State-vector (\d+) byte/),
    seconds: number(/elapsed time ([\d.e+-]+) seconds/),
    bytes: number(/([\d.]+)\s+total actual memory usage/) * 2 ** 20,
    residentBytes: number(/(\d+) KiB resident/, 0) * 2 ** 10,
  };
}
