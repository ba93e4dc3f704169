import { outputOf } from "../run.ts";
import { type Files, VERSIONED } from "./version.ts";

/** Runs git in a folder, and returns what it printed. */
export async function git(cwd: string, ...args: string[]): Promise<string> {
  return (await outputOf("git", args, { cwd })).trimEnd();
}

/** The files in git that may say the version. */
export async function readVersioned(root: string): Promise<Files> {
  const names = (await git(root, "ls-files", "--", ...VERSIONED)).split("\n");
  return new Map(names.map((name) => [name, Deno.readTextFileSync(`${root}/${name}`)]));
}
