import { BLOCK_WORDS, type FrameChunk } from "@tdx/core";

import type { Pamt, PamtEntry } from "./pamt.ts";

/** Marks a contiguous run among the pages found. */
const RUN = -1;

/** Frames that go into one run at most, 64 GiB, so that there are places to stop between. */
const LONGEST_RUN = 2 ** 24;

/**
 * Pages by their PAMT entry: regions of 1 GiB are copied before their pages are handed out, so that
 * they may change meanwhile, and what is held stays small at any memory size.
 */
export function* ownedPages(
  pamt: Pamt,
  wanted: (entry: PamtEntry) => boolean,
): Generator<FrameChunk> {
  let run = null as FrameChunk | null;
  for (const chunk of pagesByRegion(pamt, wanted)) {
    if (run !== null && continues(run, chunk)) {
      run = { ...run, count: run.count + chunk.count };
      continue;
    }
    if (run !== null) yield run;
    run = chunk.words === null ? chunk : null;
    if (run === null) yield chunk;
  }
  if (run !== null) yield run;
}

function continues(run: FrameChunk, { frame, count, words }: FrameChunk): boolean {
  return words === null && run.frame + run.count === frame && run.count + count <= LONGEST_RUN;
}

function* pagesByRegion(
  pamt: Pamt,
  wanted: (entry: PamtEntry) => boolean,
): Generator<FrameChunk> {
  let words = new Uint32Array(64 * BLOCK_WORDS);
  for (let region = 0; region < pamt.regions; region++) {
    const found: { frame: number; count: number; at: number }[] = [];
    let used = 0;
    pamt.forEachIn(region, (entry, chunk) => {
      if (!wanted(entry)) return;
      const { frame, count } = chunk;
      if (chunk.words === null) {
        found.push({ frame, count, at: RUN });
        return;
      }
      if (used + BLOCK_WORDS > words.length) {
        const larger = new Uint32Array(2 * words.length);
        larger.set(words);
        words = larger;
      }
      words.set(chunk.words.subarray(chunk.at, chunk.at + BLOCK_WORDS), used);
      found.push({ frame, count, at: used });
      used += BLOCK_WORDS;
    });
    for (const { frame, count, at } of found) {
      const run = at === RUN;
      yield { frame, count, value: 0, words: run ? null : words, at: run ? 0 : at };
    }
  }
}
