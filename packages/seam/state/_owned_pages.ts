import { BLOCK_FRAMES, BLOCK_WORDS, CHUNK_BLOCKS, type FrameChunk } from "@tdx/core";

import type { Pamt, PamtEntry } from "./pamt.ts";

/** Frames that are looked at in one go, 64 GiB, so that there are places to stop between. */
const WINDOW = 2 ** 24;

/** A chunk that grows. */
type Found = { -readonly [Key in keyof FrameChunk]: FrameChunk[Key] };

/**
 * Pages by their PAMT entry: those of a window are copied before they are handed out, so that they
 * may change meanwhile, and what is held stays small at any memory size.
 */
export function* ownedPages(
  pamt: Pamt,
  wanted: (entry: PamtEntry) => boolean,
): Generator<FrameChunk> {
  let words: Uint32Array | undefined;
  for (let start = 0; start < pamt.frames; start += WINDOW) {
    const found: Found[] = [];
    words?.fill(0);
    pamt.forEach(start, Math.min(WINDOW, pamt.frames - start), (entry, chunk) => {
      if (!wanted(entry)) return;
      const last = found.at(-1);
      if (chunk.words === null) {
        const continues = last?.words === null && last.frame + last.count === chunk.frame;
        if (continues) last.count += chunk.count;
        else found.push({ ...chunk });
        return;
      }
      words ??= new Uint32Array(WINDOW / 32);
      const at = (chunk.frame - start) / 32;
      for (let i = 0; i < BLOCK_WORDS; i++) words[at + i]! |= chunk.words[chunk.at + i]!;
      const blocks = last?.words ? 1 + (chunk.frame - last.frame) / BLOCK_FRAMES : Infinity;
      if (blocks > CHUNK_BLOCKS) {
        found.push({ ...chunk, words, at });
      } else {
        last!.blocks = blocks;
        last!.count += chunk.count;
      }
    });
    yield* found;
  }
}
