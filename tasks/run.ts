/**
 * Runs programs to their end.
 *
 * @module
 */
import { ROOT } from "./workspace.ts";

/** What came of a process. */
export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where a process runs, and what it finds there. */
export interface Surroundings {
  /** Default: the folder of the workspace. */
  readonly cwd?: string;
  /** Variables besides ours. */
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads; nothing by default. */
  readonly input?: string;
}

/** Runs a program to its end, whatever that is. */
export async function run(
  program: string,
  args: readonly string[],
  { cwd = ROOT, env = {}, input = "" }: Surroundings = {},
): Promise<Finished> {
  const child = new Deno.Command(program, {
    args: [...args],
    cwd,
    env,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const [{ code, stdout, stderr }] = await Promise.all([
    child.output(),
    // A program may end without reading its input.
    new Blob([input]).stream().pipeTo(child.stdin).catch(() => {}),
  ]);
  const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, stdout: out!, stderr: error! };
}

/** Runs a script of the workspace with Deno, with the permissions named and no others. */
export function runDeno(permissions: readonly string[], ...args: string[]): Promise<Finished> {
  return run(Deno.execPath(), ["run", "--quiet", "--no-prompt", ...permissions, ...args]);
}

/** Runs Deno on our own terminal, and returns its exit status. */
export async function showDeno(...args: string[]): Promise<number> {
  return (await new Deno.Command(Deno.execPath(), { args }).spawn().status).code;
}

/**
 * Runs a program that must succeed.
 *
 * @returns What it wrote to standard output.
 * @throws {Error} If its exit status is not 0; the message has all it said.
 */
export async function outputOf(
  program: string,
  args: readonly string[],
  surroundings?: Surroundings,
): Promise<string> {
  const { code, stdout, stderr } = await run(program, args, surroundings);
  if (code === 0) return stdout;
  throw new Error(
    `Expected ${program} ${args[0]} to succeed, got status ${code}: ${stdout}${stderr}`,
  );
}
