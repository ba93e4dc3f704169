import { catFile } from "./_cat_file.ts";
import { requireDeno } from "./_require_deno.ts";
import type { HostFile, HostSource } from "./host_source.ts";
import { requirePaths } from "../source_arguments.ts";

/** The kernel log as a device: reading it from the start takes nothing away from others. */
const KERNEL_LOG = "/dev/kmsg";

/**
 * Reads this machine, a Linux, through the program `cat`.
 *
 * Deno refuses to read `/proc`, `/sys` and `/dev` itself without all permissions, so `cat` does,
 * with `--allow-run=cat` and nothing else. It cannot read model-specific registers, which sit at
 * offsets of a device; a snapshot by `collect.sh` can hold them.
 *
 * @returns The source. Its `files` throws a `Deno.errors.NotCapable` without the permission and a
 * `Deno.errors.NotFound` without the program.
 * @throws {Error} In another runtime than Deno.
 *
 * @example What needs no program
 * ```ts
 * import { liveSource } from "@tdx/host";
 * import { assertEquals } from "@std/assert";
 *
 * for await (const file of liveSource().files(["msr"])) assertEquals(file.state, "unreadable");
 * ```
 */
export function liveSource(): HostSource {
  requireDeno("liveSource()");
  return {
    async *files(paths: readonly string[]): AsyncGenerator<HostFile> {
      requirePaths("paths", paths);
      for (const path of paths) {
        if (path === "msr") {
          const reason = "cat cannot read registers; audit a snapshot that collect.sh made as root";
          yield { path, state: "unreadable", reason };
        } else if (path === "dmesg") yield await catFile(path, KERNEL_LOG, { endless: true });
        else yield await catFile(path, `/${path}`);
      }
    },
  };
}
