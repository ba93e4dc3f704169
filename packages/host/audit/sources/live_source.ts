import { UnreadableError } from "../readers/reading.ts";
import { type HostFile, type HostSource, requireDeno } from "./host_source.ts";

/** The kernel log is read from memory: a pause this long means that all of it came. */
const PAUSE_MS = 300;

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
 * @throws {Error} If the runtime is not Deno.
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

/**
 * Opens a file with `cat`.
 *
 * @param path The path to answer with.
 * @param name The file.
 * @param options `endless`: the file never ends, so a pause ends it and a failure does too.
 */
export async function catFile(
  path: string,
  name: string,
  options: { endless?: boolean } = {},
): Promise<HostFile> {
  const cat = new Deno.Command("cat", {
    args: [name],
    env: { LC_ALL: "C" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const complaint = new Response(cat.stderr).text();
  const chunks = cat.stdout[Symbol.asyncIterator]();
  const next = () => options.endless ? beforePause(cat, chunks) : chunks.next();

  const first = await next();
  if (first.done) {
    const trouble = options.endless ? await complaint : await failure(cat, complaint);
    if (/: No such file or directory\s*$/.test(trouble)) return { path, state: "absent" };
    if (trouble !== "") return { path, state: "unreadable", reason: lastPart(trouble) };
  }
  async function* bytes(): AsyncGenerator<Uint8Array> {
    for (let step = first; !step.done; step = await next()) yield step.value;
    const trouble = await failure(cat, complaint);
    if (trouble !== "" && !options.endless) throw new UnreadableError(lastPart(trouble));
  }
  return { path, state: "present", bytes: bytes() };
}

/** What `cat` complained of, "" if it succeeded. */
async function failure(cat: Deno.ChildProcess, complaint: Promise<string>): Promise<string> {
  const [{ success, code }, text] = await Promise.all([cat.status, complaint]);
  return success ? "" : text.trim() || `exit status ${code}`;
}

/** `cat: /dev/kmsg: Operation not permitted` without its beginning. */
function lastPart(complaint: string): string {
  return complaint.trim().split(": ").at(-1)!;
}

async function beforePause(
  cat: Deno.ChildProcess,
  chunks: AsyncIterator<Uint8Array>,
): Promise<IteratorResult<Uint8Array>> {
  const timer = setTimeout(() => {
    try {
      cat.kill();
    } catch {
      // It had just ended by itself.
    }
  }, PAUSE_MS);
  try {
    return await chunks.next();
  } finally {
    clearTimeout(timer);
  }
}
