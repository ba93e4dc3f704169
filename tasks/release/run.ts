/** What came of a program. */
export interface Finished {
  /** Whether its exit status is 0. */
  readonly success: boolean;
  /** Its exit status. */
  readonly code: number;
  /** Its standard output, without white space at the end. */
  readonly stdout: string;
  /** Its standard error, likewise. */
  readonly stderr: string;
}

/** A git command that failed; the message names it and says what git said. */
export class GitError extends Error {
  override readonly name = "GitError";
}

/** Runs a program in a folder, without input. */
export async function run(root: string, program: string, args: string[]): Promise<Finished> {
  const { success, code, stdout, stderr } = await new Deno.Command(program, { args, cwd: root })
    .output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trimEnd();
  return { success, code, stdout: text(stdout), stderr: text(stderr) };
}

/**
 * Runs git in a folder.
 *
 * @returns What it printed.
 * @throws {GitError} Where it failed.
 */
export async function git(root: string, ...args: string[]): Promise<string> {
  const { success, code, stdout, stderr } = await run(root, "git", args);
  if (success) return stdout;
  const said = stderr.split("\n").filter((line) => line !== "").join("; ");
  throw new GitError(`git ${args[0]} failed: ${said === "" ? `status ${code}` : said}`);
}
