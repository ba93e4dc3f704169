import { join } from "@std/path";
import { parseConfig, type VersionedFile, versionsIn } from "./versions.ts";

/** Folders outside the packages whose texts may name a package with its version. */
const OTHER_FOLDERS = ["examples"];
const TEXT = /\.(md|ts|ya?ml|sh)$/;
/** What was true of an old version stays. */
const HISTORY = "CHANGELOG.md";

/**
 * Reads every file of the workspace that says a version.
 *
 * @param root Folder of the workspace.
 * @returns The `deno.json` of each package, and each text that names a package with its version.
 * @throws {Deno.errors.NotFound} Where the root has no `deno.json`.
 */
export async function readVersionedFiles(root: string): Promise<VersionedFile[]> {
  const members = await membersOf(root);
  const configs = members.map((member) => `${member}/deno.json`);
  const texts: string[] = [];
  for (const { name, isFile } of await entries(root, "")) {
    if (isFile && TEXT.test(name) && name !== HISTORY) texts.push(name);
  }
  for (const folder of [...OTHER_FOLDERS, ...members]) texts.push(...await textsIn(root, folder));
  const read = async (file: string) => ({ file, text: await Deno.readTextFile(join(root, file)) });
  const files = await Promise.all([...configs, ...texts].map(read));
  return files.filter((file) => versionsIn(file).length > 0);
}

/** The packages: `packages/*` in the root's `workspace` stands for each of its folders. */
async function membersOf(root: string): Promise<string[]> {
  const text = await Deno.readTextFile(join(root, "deno.json"));
  const { workspace = [] } = parseConfig("deno.json", text);
  const members: string[] = [];
  for (const member of workspace) {
    if (!member.endsWith("/*")) members.push(member);
    else {
      const parent = member.slice(0, -"/*".length);
      const folders = (await entries(root, parent)).filter(({ isDirectory }) => isDirectory);
      members.push(...folders.map(({ name }) => `${parent}/${name}`));
    }
  }
  return members;
}

async function textsIn(root: string, folder: string): Promise<string[]> {
  const texts: string[] = [];
  for (const { name, isDirectory, isFile } of await entries(root, folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) texts.push(...await textsIn(root, path));
    else if (isFile && TEXT.test(name)) texts.push(path);
  }
  return texts;
}

/** What a folder holds, by name; nothing where it is absent. */
async function entries(root: string, folder: string): Promise<Deno.DirEntry[]> {
  try {
    const found = await Array.fromAsync(Deno.readDir(join(root, folder)));
    return found.sort((a, b) => a.name < b.name ? -1 : 1);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
