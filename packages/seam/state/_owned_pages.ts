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
    words?.fill(0);
    pamt.forEach(start, Math.min(WINDOW, pamt.frames - start), (entry, chunk) => {
      if (!wanted(entry)) return;
      const piece = { ...chunk };
      if (chunk.words !== null && !chunk.lasting) {
        words ??= new Uint32Array(WINDOW / 32);
        piece.words = words;
        piece.at = (chunk.frame - start) / 32;
        for (let i = 0; i < BLOCK_WORDS; i++) words[piece.at + i]! |= chunk.words[chunk.at + i]!;
      }
      const last = found.at(-1);
      if (last === undefined || !goesOn(last, piece)) {
        found.push(piece);
        return;
      }
      last.count += piece.count;
      if (piece.words !== null) last.blocks = blocksUpTo(last, piece);
    });
    yield* found;
  }
}

/** Whether a piece can become part of the chunk before it. */
function goesOn(last: FrameChunk, piece: FrameChunk): boolean {
  if (piece.words !== last.words) return false;
  if (piece.words === null) return last.frame + last.count === piece.frame;
  const blocks = blocksUpTo(last, piece);
  if (blocks > CHUNK_BLOCKS || piece.at !== last.at + (blocks - 1) * BLOCK_WORDS) return false;
  // Blocks between them have no wanted page, but may have had some.
  for (let at = last.at + last.blocks * BLOCK_WORDS; at < piece.at; at++) {
    if (piece.words[at] !== 0) return false;
  }
  return true;
}

/** How many blocks a chunk covers that is to include a later piece. */
function blocksUpTo({ frame }: FrameChunk, piece: FrameChunk): number {
  return 1 + (piece.frame - frame) / BLOCK_FRAMES;
}
