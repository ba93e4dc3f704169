import { parseTeardown, type ProveOptions, proveTeardown } from "@tdx/litmus";
import { platformNamed } from "../shell/machine.ts";
import type { Work } from "../shell/workers.ts";
import type { TitledProof } from "./text.ts";

/** A teardown to explore, as a Worker can be sent it: the text, and platforms by their names. */
export interface ProofJob extends Omit<ProveOptions, "platforms" | "signal" | "onProgress"> {
  readonly title: string;
  readonly text: string;
  readonly platforms: readonly string[];
}

/** The explorations of `tdx prove`, each by itself; the progress is a line to show. */
export const PROOFS: Work<ProofJob, string, TitledProof> = {
  module: new URL("./proofs_worker.ts", import.meta.url),
  async run({ title, text, platforms, ...how }, onProgress) {
    const tell = (states: number) => onProgress(`${title}: ${states} states`);
    tell(0);
    const proof = await proveTeardown(parseTeardown(text), {
      ...how,
      platforms: platforms.map(platformNamed),
      onProgress: tell,
    });
    return { title, proof };
  },
};
