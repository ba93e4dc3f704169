import { linuxTeardown, parseTeardown, type Teardown } from "@tdx/litmus";
import { linux, LINUX_HISTORY, NEWEST_LINUX } from "@tdx/linux/kernel";
import { TEARDOWN_PATHS, type TeardownPath } from "@tdx/reclaim";
import { readInput } from "../shell/input.ts";
import { namedKernel } from "../shell/machine.ts";
import type { Options, OptionTable } from "../shell/options.ts";
import type { Stdio } from "../shell/stdio.ts";
import { UsageError } from "../shell/values.ts";

/** The options that say which teardowns are meant. */
export const TEARDOWN_OPTIONS: OptionTable = {
  kernel: { value: "VERSION", help: "only this Linux, as `uname -r` prints it; default every one" },
  path: {
    value: TEARDOWN_PATHS.join("|"),
    help: "only this path; default dynamic, and terminate once: it is proposed, not merged",
  },
};

/** A teardown, and the versions of Linux whose it is. */
export interface NamedTeardown {
  readonly teardown: Teardown;
  readonly kernels: readonly string[];
  /** How sure the versions are; `null` for a text of one's own. */
  readonly confidence: string | null;
  readonly path: TeardownPath | null;
}

/** The teardowns that the operands or the options name: files, or those of Linux. */
export async function readTeardowns(options: Options, stdio: Stdio): Promise<NamedTeardown[]> {
  if (options.operands.length === 0) return linuxTeardowns(options);
  const other = options.among(Object.keys(TEARDOWN_OPTIONS))[0];
  if (other !== undefined) throw new UsageError(`Expected files or --${other}, got both`);
  // One after another: a process may not have so many open.
  return await Array.fromAsync(options.operands, async (file) => {
    const teardown = parseTeardown(await readInput(file, stdio), { file });
    return { teardown, kernels: [], confidence: null, path: null };
  });
}

function linuxTeardowns(options: Options): NamedTeardown[] {
  const path = options.pick("path", TEARDOWN_PATHS);
  const named = namedKernel(options);
  const kernels = named !== undefined ? [named] : LINUX_HISTORY.map(({ from }) => linux(from));
  const newest = named ?? linux(NEWEST_LINUX);
  const wanted = [
    ...(path === "terminate"
      ? []
      : kernels.map((kernel) => ({ kernel, path: "dynamic" as const }))),
    ...(path === "terminate" && named === undefined
      ? kernels.map((kernel) => ({ kernel, path }))
      : path === "terminate" || (path === undefined && named === undefined)
      ? [{ kernel: newest, path: "terminate" as const }]
      : []),
  ];
  const texts = wanted.map(({ kernel, path }) => ({
    kernel,
    path,
    text: linuxTeardown(kernel, path),
  }));
  // Versions with the same text but for the name are one teardown.
  const alike = Map.groupBy(texts, ({ text }) => text.slice(text.indexOf("\n")));
  return [...alike.values()].map((same) => {
    const { kernel, path, text } = same[0]!;
    const kernels = same.map(({ kernel }) => kernel.version);
    return { teardown: parseTeardown(text), kernels, confidence: kernel.confidence, path };
  });
}

/** A teardown as answers name it. */
export function titleOf({ teardown, kernels, confidence, path }: NamedTeardown): string {
  if (path === null) return teardown.name;
  const sure = confidence === "exact" ? "" : ` (${confidence})`;
  return `Linux ${kernels.join(", ")}${sure} ${path}`;
}
