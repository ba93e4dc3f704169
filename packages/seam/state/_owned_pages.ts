import { BLOCK_FRAMES, BLOCK_WORDS, CHUNK_BLOCKS, type FrameChunk } from "@tdx/core";

import type { Pamt, PamtEntry } from "./pamt.ts";

/** Frames that are looked at in one go, 64 GiB, so that there are places to stop between. */
const WINDOW = 2 ** 24;

/** A chunk that grows. */
type Found = { -readonly [Key in keyof FrameChunk]: FrameChunk[Key] };

/**
 * Pages by their PAMT entry: those of a window are noted before they are handed out, so that they
 * may change meanwhile, and what is held stays small at any memory size.
 */
export function* ownedPages(
  pamt: Pamt,
  wanted: (entry: PamtEntry) => boolean,
): Generator<FrameChunk> {
  let words: Uint32Array | undefined;
  for (let start = 0; start < pamt.frames; start += WINDOW) {
    const found: Found[] = [];
    let isClear = false;
    const note = (_: PamtEntry, chunk: FrameChunk) => {
      let { words: bits, at } = chunk;
      if (bits !== null && !chunk.lasting) {
        if (words === undefined) words = new Uint32Array(WINDOW / 32);
        else if (!isClear) words.fill(0);
        isClear = true;
        bits = words;
        at = (chunk.frame - start) / 32;
        for (let i = 0; i < BLOCK_WORDS; i++) bits[at + i]! |= chunk.words![chunk.at + i]!;
      }
      const last = found.at(-1);
      if (last === undefined || !goesOn(last, chunk.frame, bits, at)) {
        found.push({ ...chunk, words: bits, at });
        return;
      }
      last.count += chunk.count;
      if (bits !== null) last.blocks = blocksUpTo(last, chunk.frame);
    };
    pamt.forEach(start, Math.min(WINDOW, pamt.frames - start), note, wanted);
    yield* found;
  }
}

/** Whether frames that follow a chunk can become part of it. */
function goesOn(last: FrameChunk, frame: number, words: Uint32Array | null, at: number): boolean {
  if (words !== last.words) return false;
  if (words === null) return last.frame + last.count === frame;
  const blocks = blocksUpTo(last, frame);
  if (blocks > CHUNK_BLOCKS || at !== last.at + (blocks - 1) * BLOCK_WORDS) return false;
  // Blocks between them have no wanted page, but may have had some.
  for (let i = last.at + last.blocks * BLOCK_WORDS; i < at; i++) if (words[i] !== 0) return false;
  return true;
}

/** How many blocks a chunk covers that is to include the block of a later frame. */
function blocksUpTo(chunk: FrameChunk, frame: number): number {
  return 1 + (frame - chunk.frame) / BLOCK_FRAMES;
}
