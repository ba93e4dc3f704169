import { defined } from "@tdx/core";
import { type ProveOptions, proveTeardown, SEAMCALL_NAMES } from "@tdx/litmus";
import { readPlatforms, TRACE_OPTION } from "../litmus/questions.ts";
import { readTeardowns, TEARDOWN_OPTIONS, titleOf } from "../prove/teardowns.ts";
import { proofsText, type TitledProof } from "../prove/text.ts";
import { type Command, EXIT } from "../shell/command.ts";
import type { Options } from "../shell/options.ts";
import { printJson } from "../shell/show.ts";

/** `tdx prove`: explore every interleaving of a teardown, with every failure in a bound. */
export const proveCommand: Command = {
  summary: "explore every interleaving and every single failure of a teardown",
  usage:
    "[FILE...] [--kernel VERSION] [--path PATH] [--faults N] [--pages N] [--vcpus N] [--trace]",
  options: {
    ...TEARDOWN_OPTIONS,
    faults: { value: "N", help: "SEAMCALLs that fail where Linux does not expect it; default 1" },
    fail: { value: "SEAMCALL", help: "the only one that fails, such as TDH.MEM.PAGE.REMOVE" },
    busy: { value: "N", help: "answers BUSY or INTERRUPTED_RESUMABLE besides; default 1" },
    pages: { value: "N", help: "guest pages, 1 to 16; default 2" },
    vcpus: { value: "N", help: "vCPUs, 1 to 8; default 2" },
    packages: { value: "N", help: "packages, 1 to 8; default 2" },
    platform: { value: "NAME", help: "only this platform's lines; default spr and gnr" },
    limit: { value: "STATES", help: "give up beyond this many states; default 2^24" },
    text: { help: "print the teardowns as text instead, to try a patch from" },
    ...TRACE_OPTION,
  },
  example: "tdx prove --kernel 6.19 --fail TDH.MEM.PAGE.REMOVE",
  async run(options, stdio) {
    const teardowns = await readTeardowns(options, stdio);
    if (options.has("text")) {
      stdio.print(teardowns.map(({ teardown }) => teardown.text).join("\n"));
      return EXIT.fine;
    }
    const how = readHow(options);
    const proofs: TitledProof[] = [];
    for (const teardown of teardowns) {
      const title = titleOf(teardown);
      const onProgress = (states: number) => stdio.progress(`${title}: ${states} states`);
      onProgress(0);
      const proof = await proveTeardown(teardown.teardown, { ...how, onProgress });
      proofs.push({ title, proof });
    }
    if (options.has("json")) {
      printJson(stdio, { results: proofs.map(({ title, proof }) => ({ title, ...proof })) });
    } else stdio.print(proofsText(proofs, options.has("trace")));
    const holds = proofs.every(({ proof }) =>
      proof.properties.every(({ counterexample }) => counterexample === null)
    );
    return holds ? EXIT.fine : EXIT.hazard;
  },
};

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
      stateLimit: options.number("limit", { from: 1 }),
    }),
  };
}
