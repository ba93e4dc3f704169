import { defined } from "@tdx/core";
import {
  DEFAULT_STATE_LIMIT,
  estimateStates,
  type ProveOptions,
  SEAMCALL_NAMES,
  StateLimitError,
  teardownToPromela,
} from "@tdx/litmus";
import { readLimit, readPlatforms, TRACE_OPTION } from "../litmus/questions.ts";
import { HTML_OPTION, htmlWriter, originNow } from "../html/html_report.ts";
import { type ProofJob, PROOFS } from "../prove/proofs.ts";
import {
  type NamedTeardown,
  readTeardowns,
  TEARDOWN_OPTIONS,
  titleOf,
} from "../prove/teardowns.ts";
import { proofsText } from "../prove/text.ts";
import { type Command, EXIT } from "../shell/command.ts";
import { PLATFORM_NAMES } from "../shell/machine.ts";
import { type Options, type OptionTable, requireAlone } from "../shell/options.ts";
import { printJson } from "../shell/show.ts";
import type { Stdio } from "../shell/stdio.ts";
import { UsageError } from "../shell/values.ts";
import { inWorkers } from "../shell/workers.ts";

/** The options that say how to explore, and what to show of it. */
const EXPLORING: OptionTable = {
  faults: { value: "N", help: "SEAMCALLs that fail where Linux does not expect it; default 1" },
  fail: {
    value: "SEAMCALL",
    choices: SEAMCALL_NAMES,
    help: "the only one that fails, such as TDH.MEM.PAGE.REMOVE",
  },
  busy: { value: "N", help: "answers BUSY or INTERRUPTED_RESUMABLE besides; default 1" },
  pages: { value: "N", help: "guest pages, 1 to 16; default 2" },
  vcpus: { value: "N", help: "vCPUs, 1 to 8; default 2" },
  packages: { value: "N", help: "packages, 1 to 8; default 2" },
  platform: { value: PLATFORM_NAMES, help: "only this platform's lines; default spr and gnr" },
  limit: { value: "STATES", help: "give up beyond this many states; default 2^24" },
  ...TRACE_OPTION,
  ...HTML_OPTION,
};

/** `tdx prove`: explore every interleaving of a teardown, with every failure in a bound. */
export const proveCommand: Command = {
  summary: "explore every interleaving and every single failure of a teardown",
  usage:
    "[FILE...] [--kernel VERSION] [--path PATH] [--faults N] [--pages N] [--vcpus N] [--trace]",
  options: {
    ...TEARDOWN_OPTIONS,
    ...EXPLORING,
    text: { help: "print the teardowns as text instead, to try a patch from" },
    promela: { help: "print one teardown as a Promela model for SPIN instead" },
  },
  example: "tdx prove --kernel 6.19 --fail TDH.MEM.PAGE.REMOVE",
  async run(options, stdio) {
    requireAlone(options, "json", ["trace"]);
    requireAlone(options, "text", ["json", "promela", ...Object.keys(EXPLORING)]);
    requireAlone(options, "promela", ["trace", "html"]);
    if (options.text("faults") === "0") requireAlone(options, "faults", ["fail"]);
    const teardowns = await readTeardowns(options, stdio);
    if (options.has("text")) {
      stdio.print(teardowns.map(({ teardown }) => teardown.text).join("\n"));
      return EXIT.fine;
    }
    const how = readHow(options);
    if (options.has("promela")) {
      const { name, text } = await promela(teardowns, how, stdio);
      if (options.has("json")) printJson(stdio, { form: "promela", name, text });
      else stdio.print(text.trimEnd());
      return EXIT.fine;
    }
    const writeHtml = await htmlWriter(options, stdio);
    for (const teardown of teardowns) await requireFeasible(teardown, how);
    const jobs = teardowns.map((teardown): ProofJob => ({
      ...how,
      title: titleOf(teardown),
      text: teardown.teardown.text,
      platforms: how.platforms.map(({ name }) => name),
    }));
    const onProgress = (text: string) => stdio.progress(text);
    const proofs = await Array.fromAsync(inWorkers(PROOFS, jobs, { onProgress }));
    if (options.has("json")) {
      printJson(stdio, { results: proofs.map(({ title, proof }) => ({ title, ...proof })) });
    } else stdio.print(proofsText(proofs, options.has("trace")));
    if (writeHtml !== undefined) {
      const { proofsHtml } = await import("@tdx/report");
      await writeHtml(proofsHtml({ origin: await originNow("prove", options), proofs }));
    }
    const holds = proofs.every(({ proof }) =>
      proof.properties.every(({ counterexample }) => counterexample === null)
    );
    return holds ? EXIT.fine : EXIT.hazard;
  },
};

/** The model of the one teardown, with the lines of the first platform. */
async function promela(
  teardowns: readonly NamedTeardown[],
  { platforms, ...how }: ProveOptions,
  stdio: Stdio,
): Promise<{ readonly name: string; readonly text: string }> {
  if (teardowns.length !== 1) {
    throw new UsageError(
      `Expected one teardown with --promela, got ${teardowns.length}: name a file, or --kernel`,
    );
  }
  const { teardown } = teardowns[0]!;
  const onProgress = (states: number) => stdio.progress(`${teardown.name}: ${states} states`);
  const text = await teardownToPromela(teardown, { ...how, platform: platforms[0]!, onProgress });
  return { name: teardown.name, text };
}

/** What every size up to is explored without a second thought: the defaults. */
const SMALL = { pages: 2, vcpus: 2, packages: 2, faults: 1, busy: 1 } as const;

/** Gives up at once where an exploration would be larger than the limit. */
async function requireFeasible(named: NamedTeardown, how: ProveOptions): Promise<void> {
  const isSmall = Object.entries(SMALL).every(([name, most]) =>
    (how[name as keyof typeof SMALL] ?? most) <= most
  );
  if (isSmall) return;
  const { stateLimit = DEFAULT_STATE_LIMIT } = how;
  const { states, milliseconds } = await estimateStates(named.teardown, how);
  if (states <= stateLimit) return;
  throw new StateLimitError(
    `Expected at most ${stateLimit} states, got a size that has about ${states.toPrecision(2)}, ` +
      `some ${Math.ceil(milliseconds / 60_000)} minutes, of ${titleOf(named)}; --limit allows more`,
  );
}

function readHow(options: Options): ProveOptions {
  const count = (name: string, from: number, to: number) => options.number(name, { from, to });
  const platforms = readPlatforms(options);
  return {
    // Of platforms that behave alike one is enough: one with the erratum, one without.
    platforms: options.has("platform")
      ? platforms
      : platforms.filter(({ name }) => name === "spr" || name === "gnr"),
    ...defined({
      pages: count("pages", 1, 16),
      vcpus: count("vcpus", 1, 8),
      packages: count("packages", 1, 8),
      faults: count("faults", 0, 8),
      busy: count("busy", 0, 8),
      fail: options.pick("fail", SEAMCALL_NAMES),
    }),
    ...readLimit(options),
  };
}
