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
  for (let start = 0; start < pamt.frames; start += WINDOW) {
    const found: Found[] = [];
    const note = (_: PamtEntry, chunk: FrameChunk) => {
      const { frame, lasting } = chunk;
      let { words, at } = chunk;
      const last = found.at(-1);
      if (words !== null && !lasting) {
        // Noted where there is room for the blocks that may follow.
        const hasRoom = last !== undefined && last.words !== null && !last.lasting &&
          blocksUpTo(last, frame) <= CHUNK_BLOCKS;
        words = hasRoom ? last!.words! : new Uint32Array(CHUNK_BLOCKS * BLOCK_WORDS);
        at = hasRoom ? (frame - last!.frame) / 32 : 0;
        for (let i = 0; i < BLOCK_WORDS; i++) words[at + i]! |= chunk.words![chunk.at + i]!;
      }
      if (last === undefined || !goesOn(last, frame, words, at)) {
        found.push({ ...chunk, words, at });
        return;
      }
      last.count += chunk.count;
      if (words !== null) last.blocks = blocksUpTo(last, frame);
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
