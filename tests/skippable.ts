import { basename } from "@std/path";
import { run } from "../tasks/run.ts";

/** What is missing on this machine, or `undefined`. */
export type Missing = string | undefined;

/** A test or a step that is skipped where something is missing, and says so in its name. */
export function skippable<T>(
  missing: Missing,
  name: string,
  fn: (t: Deno.TestContext) => T,
): { name: string; ignore: boolean; fn: (t: Deno.TestContext) => T } {
  return missing === undefined
    ? { name, ignore: false, fn }
    : { name: `${name} (skipped: ${missing})`, ignore: true, fn };
}

/** Whether a program answers, asked in a way that changes nothing. */
export async function missingProgram(program: string, ...args: string[]): Promise<Missing> {
  try {
    const { code, stderr } = await run(program, args, { env: { NO_COLOR: "1" } });
    return code === 0 ? undefined : `${basename(program)} ${args[0]}: ${stderr.split("\n")[0]}`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return `${program} is not installed`;
    throw error;
  }
}

/** Whether the npm registry answers. */
export function missingNpmRegistry(): Promise<Missing> {
  return missingProgram("npm", "view", "--fetch-retries=0", "deno-std@1.4.0", "version");
}
