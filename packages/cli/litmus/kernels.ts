import { defined } from "@tdx/core";
import { kernelHazards, type KernelVerdict } from "@tdx/litmus";
import { type Kernel, linux, LINUX_HISTORY } from "@tdx/linux";
import { decide, type Decision } from "@tdx/reclaim";
import { PLATFORMS } from "../platforms.ts";
import { namedKernel } from "../shell/machine.ts";
import type { Options, OptionTable } from "../shell/options.ts";
import { showProgress, table } from "../shell/show.ts";
import type { Output } from "../shell/stdio.ts";
import { UsageError } from "../shell/values.ts";
import { readLimit, readPlatforms } from "./questions.ts";

/** The options that ask for kernels instead of policies. */
export const KERNELS_OPTIONS: OptionTable = {
  kernels: { help: "what each version of Linux leaves open on each platform, instead" },
  kernel: {
    value: "VERSION",
    help: "only the policy of this kernel, as `uname -r` prints it; with --kernels only this one",
  },
};

/** What --kernels goes with. */
const GOES_WITH = ["kernels", "kernel", "platform", "limit", "json", "quiet"];

/** Whether kernels are asked for; options that do not go with them are refused. */
export function asksKernels(options: Options): boolean {
  const kernels = options.has("kernels");
  const other = [...options.given.keys()].find((name) => !GOES_WITH.includes(name));
  if (kernels && other !== undefined) {
    throw new UsageError(`Expected --kernels without --${other}, got both`);
  }
  return kernels;
}

/** A kernel by whose policy verdicts are read. */
export interface KernelPolicy {
  readonly version: string;
  /** What is to be said of what is known of it. */
  readonly note?: string;
  /** How it clears; `unknown` where nothing tells. */
  readonly policy: Decision["policy"];
}

/** The kernel that is named, else the newest one, with its policy. */
export function readKernelPolicy(options: Options): KernelPolicy {
  // A kernel has its policy on every platform.
  const platform = PLATFORMS[0]!;
  const kernel = namedKernel(options) ?? linux();
  const { policy, kernelNote } = decide({ platform, kernel });
  return { version: kernel.version, ...defined({ note: kernelNote }), policy };
}

/** Explores what each kernel leaves open on each platform. */
export async function answerKernels(options: Options, output: Output): Promise<KernelVerdict[]> {
  const named = namedKernel(options);
  const kernels: readonly Kernel[] = named === undefined
    ? LINUX_HISTORY.map(({ from }) => linux(from))
    : [named];
  const pairs = readPlatforms(options).flatMap((platform) =>
    kernels.map((kernel) => ({ platform, kernel }))
  );
  const verdicts: KernelVerdict[] = [];
  for (const { platform, kernel } of pairs) {
    const doing = `${platform.name} Linux ${kernel.version}`;
    showProgress(output, verdicts.length / pairs.length, doing);
    verdicts.push(await kernelHazards(platform, kernel, readLimit(options)));
  }
  return verdicts;
}

/** Writes what kernels leave open for a person. */
export function kernelsText(verdicts: readonly KernelVerdict[]): string {
  const platforms = [...new Set(verdicts.map(({ platform }) => platform))];
  const versions = [...Map.groupBy(verdicts, ({ version }) => version)];
  const assumed = verdicts.some(({ confidence }) => confidence !== "exact");
  return [
    "What does each Linux leave open after a reclaim? A version stands for all up to the next.",
    "",
    table(
      ["Linux", ...platforms],
      versions.map(([version, row]) => [
        row[0]!.confidence === "exact" ? version : `${version} (${row[0]!.confidence})`,
        ...row.map(({ hazards }) => hazards.map(({ id }) => id).join(" ") || "-"),
      ]),
    ),
    ...(assumed ? ["assumed: not released, or newer than what is known"] : []),
    "",
    "Left open, with the shortest ways:",
    ...ways(verdicts),
    "",
    "Not left open, because:",
    ...reasons(verdicts),
  ].join("\n");
}

function ways(verdicts: readonly KernelVerdict[]): string[] {
  const lines = verdicts.flatMap(({ hazards }) =>
    hazards.map(({ id, what, harm, witness }) =>
      `  ${id} ${what}: ${harm} by ${witness.map(({ op, rule }) => `${op} (${rule})`).join(", ")}`
    )
  );
  return lines.length === 0 ? ["  nothing"] : [...new Set(lines)].sort();
}

function reasons(verdicts: readonly KernelVerdict[]): string[] {
  const where = Map.groupBy(
    verdicts.flatMap(({ platform, version, closed }) =>
      closed.map(({ id, why }) => ({ text: `${id} ${why}`, platform, version }))
    ),
    ({ text }) => text,
  );
  return [...where].sort(([a], [b]) => a < b ? -1 : 1).map(([text, all]) => {
    const versions = Map.groupBy(all, ({ platform }) => platform);
    const places = Map.groupBy(
      versions,
      ([, rows]) => rows.map(({ version }) => version).join(", "),
    );
    const on = [...places].map(([list, names]) =>
      `${names.map(([name]) => name).join(", ")} with ${list}`
    );
    return `  ${text}: ${on.join("; ")}`;
  });
}
