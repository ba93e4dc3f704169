import { quote } from "../../_text_lines.ts";
import { MANIFEST, type Manifest, missingFile, nothingKnown, readManifest } from "./_manifest.ts";
import type { HostFile, HostSource } from "./host_source.ts";
import { tarEntries } from "./_tar.ts";

/**
 * Reads a snapshot that `collect.sh` wrote, a tar archive.
 *
 * Nothing is unpacked: of the archive's files only those that are asked for are looked at, in the
 * archive's order. A file that the archive neither holds nor lists as absent is unreadable, not
 * absent.
 *
 * @param archive The bytes of the archive, read once.
 * @returns The source. Its `files` throws a SyntaxError if the bytes are not a tar archive, are cut
 * or hold a file twice, and a RangeError if none of the files is there.
 *
 * @example
 * ```ts
 * import { archiveSource } from "@tdx/host";
 * import { assertRejects } from "@std/assert";
 *
 * const source = archiveSource(new Blob(["a text"]).stream());
 * await assertRejects(
 *   () => Array.fromAsync(source.files(["proc/cpuinfo"])),
 *   SyntaxError,
 *   "Expected 512 bytes of a header",
 * );
 * ```
 */
export function archiveSource(archive: AsyncIterable<Uint8Array>): HostSource {
  return {
    async *files(paths: readonly string[]): AsyncGenerator<HostFile> {
      const left = new Set(paths);
      let manifest: Manifest | undefined;
      let first: string | undefined;
      for await (const { name, bytes } of tarEntries(archive)) {
        const path = name.replace(/^(\.\/)+/, "");
        first ??= path;
        if (path === MANIFEST) manifest = await readManifest(bytes);
        else if (left.delete(path)) yield { path, state: "present", bytes };
        else if (paths.includes(path)) {
          throw new SyntaxError(`Expected each file once in the archive, got ${path} twice`);
        }
      }
      if (manifest === undefined && left.size === paths.length) {
        const got = first === undefined ? "an empty one" : `one that begins with ${quote(first)}`;
        throw nothingKnown("an archive", paths, got);
      }
      for (const path of left) yield missingFile(path, manifest);
    },
  };
}
