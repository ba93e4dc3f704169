// What the tests across packages share.
import { fromFileUrl, join } from "@std/path";

/** The folder of the workspace. */
export const ROOT: string = fromFileUrl(new URL("..", import.meta.url));

/** Whether something of the workspace exists, named from its folder. */
export function exists(path: string): boolean {
  try {
    Deno.statSync(join(ROOT, path));
    return true;
  } catch {
    return false;
  }
}

/** What came of a process. */
export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a script of the workspace with Deno, with the permissions named and no others. */
export async function runDeno(
  permissions: readonly string[],
  ...args: string[]
): Promise<Finished> {
  return await run(Deno.execPath(), ["run", "--quiet", "--no-prompt", ...permissions, ...args]);
}

/** Where a process runs, and what it finds in its environment besides ours. */
export interface Surroundings {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a program without input, by default in the folder of the workspace. */
export async function run(
  program: string,
  args: readonly string[],
  { cwd = ROOT, env = {} }: Surroundings = {},
): Promise<Finished> {
  const command = new Deno.Command(program, { args: [...args], cwd, env, stdin: "null" });
  const { code, stdout, stderr } = await command.output();
  const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, stdout: out!, stderr: error! };
}
