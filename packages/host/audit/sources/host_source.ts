/** A file that a {@link HostSource} was asked for. */
export type HostFile =
  | {
    /** The path that was asked for. */
    readonly path: string;
    readonly state: "present";
    /** Its bytes, to be read once and before the next file is asked for. */
    readonly bytes: AsyncIterable<Uint8Array>;
  }
  | {
    readonly path: string;
    /** The machine has no such file. */
    readonly state: "absent";
  }
  | {
    readonly path: string;
    /** The file may be there; it could not be read. */
    readonly state: "unreadable";
    /** Why not, for people. */
    readonly reason: string;
  };

/**
 * Where an audit reads: this machine, a snapshot folder, a snapshot archive.
 *
 * Paths are those of the machine without the leading slash, `proc/cpuinfo`; besides these there are
 * `dmesg`, the kernel log, and `msr`, model-specific registers as lines `0x87 0000004000000003f`.
 * A source streams and holds no file whole.
 */
export interface HostSource {
  /**
   * Opens files.
   *
   * @param paths The paths, each once.
   * @returns Each path once, in the order that suits the source.
   */
  files(paths: readonly string[]): AsyncIterable<HostFile>;
}

/**
 * Refuses a runtime that lacks what a source reads with; Node and Bun load this package too.
 *
 * @param source The source, for example `liveSource()`.
 * @throws {Error} If the runtime is not Deno.
 */
export function requireDeno(source: string): void {
  if ("Deno" in globalThis) return;
  throw new Error(`Expected Deno, which ${source} reads with, got a runtime without it`);
}
