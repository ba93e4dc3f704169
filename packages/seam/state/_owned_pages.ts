import { BLOCK_FRAMES, BLOCK_WORDS, CHUNK_BLOCKS, type FrameChunk } from "@tdx/core";

import type { Pamt, PamtEntry } from "./pamt.ts";

/**
 * Frames that are looked at in one go, so that what is noted stays small: 64 GiB, and twice as many,
 * up to 1 TiB, after those with few chunks.
 */
const WINDOW = 2 ** 24;
const LARGEST_WINDOW = 2 ** 28;
const FEW_CHUNKS = 4;

/** Blocks that a chunk has room for at first: most TDs that are not scattered have no more. */
const FEW_BLOCKS = 64;

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
  let window = WINDOW;
  for (let start = 0; start < pamt.frames;) {
    const found: Found[] = [];
    const note = (_: PamtEntry, chunk: FrameChunk) => {
      const last = found.at(-1);
      const { frame, count, words } = chunk;
      if (words === null) {
        const goesOn = last?.words === null && last.frame + last.count === frame;
        if (goesOn) last.count += count;
        else found.push({ ...chunk });
        return;
      }
      // What does not last is noted in an array of the chunk's own. Pages of a block that have
      // different entries come one after the other.
      const isNoted = !chunk.lasting;
      const isSame = last?.places[last.blocks - 1] === (frame - (last?.frame ?? 0)) / BLOCK_FRAMES;
      const isNext = isNoted || (last?.words === words && chunk.at === endOf(last));
      const goesOn = last !== undefined && last.words !== null && last.lasting === chunk.lasting &&
        (isSame ? isNoted : isNext && last.blocks < CHUNK_BLOCKS);
      const to = goesOn ? last : {
        ...chunk,
        count: 0,
        words: isNoted ? new Uint32Array(FEW_BLOCKS * BLOCK_WORDS) : words,
        at: isNoted ? 0 : chunk.at,
        blocks: 0,
        places: new Uint32Array(FEW_BLOCKS),
      };
      if (!goesOn) found.push(to);
      if (!goesOn || !isSame) {
        if (to.blocks === to.places.length) {
          to.places = doubled(to.places);
          if (isNoted) to.words = doubled(to.words!);
        }
        to.places[to.blocks++] = (frame - to.frame) / BLOCK_FRAMES;
      }
      to.count += count;
      if (!isNoted) return;
      const at = endOf(to) - BLOCK_WORDS;
      for (let i = 0; i < BLOCK_WORDS; i++) to.words![at + i]! |= words[chunk.at + i]!;
    };
    pamt.forEach(start, Math.min(window, pamt.frames - start), note, wanted);
    yield* found;
    start += window;
    window = found.length > FEW_CHUNKS ? WINDOW : Math.min(2 * window, LARGEST_WINDOW);
  }
}

/** Index of the word after the bitmaps of a chunk. */
function endOf({ at, blocks }: FrameChunk): number {
  return at + blocks * BLOCK_WORDS;
}

function doubled(array: Uint32Array): Uint32Array {
  const larger = new Uint32Array(2 * array.length);
  larger.set(array);
  return larger;
}
