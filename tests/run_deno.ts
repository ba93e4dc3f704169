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

/** Runs a program in the folder of the workspace, without input. */
export async function run(program: string, args: readonly string[]): Promise<Finished> {
  const command = new Deno.Command(program, { args: [...args], cwd: ROOT, stdin: "null" });
  const { code, stdout, stderr } = await command.output();
  const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, stdout: out!, stderr: error! };
}
