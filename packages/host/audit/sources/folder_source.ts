import { MANIFEST, missingFile, nothingKnown, readManifest } from "./_manifest.ts";
import { type HostFile, type HostSource, requireDeno } from "./host_source.ts";

/**
 * Reads a snapshot folder: an unpacked archive of `collect.sh`, or copies of files made by hand.
 *
 * A file that is neither there nor listed as absent in the folder's `manifest` is unreadable, not
 * absent: nobody says that the machine lacks it.
 *
 * @param folder The folder; reading it needs `--allow-read`.
 * @returns The source. Its `files` throws a RangeError if the folder is missing, cannot be read or
 * holds none of the files, and a SyntaxError if its manifest is malformed.
 * @throws {Error} If the runtime is not Deno.
 *
 * @example
 * ```ts
 * import { folderSource } from "@tdx/host";
 * import { assertRejects } from "@std/assert";
 *
 * const source = folderSource("packages/host/no-such-folder");
 * await assertRejects(
 *   () => Array.fromAsync(source.files(["proc/cpuinfo"])),
 *   RangeError,
 *   "no such file or folder",
 * );
 * ```
 */
export function folderSource(folder: string): HostSource {
  requireDeno("folderSource()");
  return {
    async *files(paths: readonly string[]): AsyncGenerator<HostFile> {
      await requireFolder(folder);
      const list = await openFile(folder, MANIFEST);
      const manifest = list?.state === "present" ? await readManifest(list.bytes) : undefined;
      let known = manifest !== undefined;
      for (const path of paths) {
        const file = await openFile(folder, path);
        known ||= file !== undefined;
        yield file ?? missingFile(path, manifest);
      }
      if (!known) throw nothingKnown("a snapshot folder", paths, `${folder} without any`);
    },
  };
}

async function requireFolder(folder: string): Promise<void> {
  let got: string;
  try {
    // On a terminal Deno would ask, and not say what for.
    const { state } = await Deno.permissions.query({ name: "read", path: folder });
    if (state !== "granted") throw new Deno.errors.NotCapable("Requires read access");
    if ((await Deno.stat(folder)).isDirectory) return;
    got = "it is not a folder";
  } catch (error) {
    got = fileTrouble(error, folder);
  }
  throw new RangeError(`Expected a snapshot folder, got ${folder}: ${got}`);
}

/** Opens a file of the snapshot, if it is there. */
async function openFile(folder: string, path: string): Promise<HostFile | undefined> {
  const name = `${folder}/${path}`;
  try {
    // A link could lead out of the snapshot; tar writes none for the files of a host.
    for (let end = path.indexOf("/"); end >= 0; end = path.indexOf("/", end + 1)) {
      const { isSymlink } = await Deno.lstat(`${folder}/${path.slice(0, end)}`);
      if (isSymlink) return { path, state: "unreadable", reason: "it lies behind a link" };
    }
    const { isFile, isSymlink } = await Deno.lstat(name);
    // Opening a folder succeeds, and only reading it fails; a pipe might never end.
    if (!isFile) {
      const reason = isSymlink ? "it is a link" : "it is not a file";
      return { path, state: "unreadable", reason };
    }
    return { path, state: "present", bytes: (await Deno.open(name)).readable };
  } catch (error) {
    const gone = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory;
    return gone ? undefined : { path, state: "unreadable", reason: fileTrouble(error, name) };
  }
}

/** Says in words why a file could not be opened; throws any other error again. */
function fileTrouble(error: unknown, name: string): string {
  if (error instanceof Deno.errors.NotFound) return "no such file or folder";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (error instanceof Deno.errors.NotCapable) {
    // Deno keeps /proc, /sys and /dev from any program that has less than all permissions.
    return error.message.includes("all access")
      ? "Deno reads nothing there; leave --root out to audit this machine"
      : `reading it needs --allow-read=${name}`;
  }
  if (error instanceof Deno.errors.FilesystemLoop) return "a link that leads in circles";
  throw error;
}
