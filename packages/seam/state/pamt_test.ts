import { assertEquals } from "@std/assert";
import { chunkOf, GiB, PAGE_BYTES, runOf } from "@tdx/core";
import fc from "fast-check";
import { framesOf } from "../_fixtures_test.ts";
import { Pamt, type PamtEntry } from "./pamt.ts";

const NDA: PamtEntry = { type: "NDA", owner: null, level: 0, mapping: null, epoch: null };
const FRAMES = 1536;

function newPamt(): Pamt {
  const bytes = FRAMES * PAGE_BYTES;
  return new Pamt(bytes, [{ base: 0, size: bytes }], []);
}

function blocked(epoch: number): PamtEntry {
  return { type: "REG", owner: 0, level: 0, mapping: "blocked", epoch };
}

Deno.test("Pamt knows pages outside the TDMRs from reserved and free ones", () => {
  const pamt = new Pamt(4 * GiB, [{ base: GiB, size: GiB }], [{ base: GiB, size: 8192 }]);
  const frames = [0, 2 ** 18 - 1, 2 ** 18, 2 ** 18 + 1, 2 ** 18 + 2, 2 ** 19, 2 ** 20];
  assertEquals(frames.map((frame) => pamt.entry(frame)?.type), [
    undefined,
    undefined,
    "RSVD",
    "RSVD",
    "NDA",
    undefined,
    undefined,
  ]);
});

Deno.test("Pamt.piece() gives the longest beginning of a chunk with one entry", () => {
  const owners = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 6 });
  const places = fc.uniqueArray(fc.nat(511), { minLength: 1, maxLength: 40 })
    .map((places) => places.sort((a, b) => a - b));
  const run = fc.tuple(fc.nat(1400), fc.integer({ min: 1, max: 130 }));
  fc.assert(fc.property(owners, fc.array(run), places, run, (owners, runs, places, [at, count]) => {
    const pamt = newPamt();
    const model = new Array<number | null>(FRAMES).fill(null);
    runs.forEach(([first, length], i) => {
      const owner = owners[i % owners.length]!;
      for (let rest: ReturnType<typeof runOf> | null = runOf(first, length); rest !== null;) {
        const piece = pamt.piece(rest);
        pamt.change(piece.pages, piece.entry!, { ...NDA, type: "TDCX", owner });
        rest = piece.rest;
      }
      model.fill(owner, first, first + length);
    });
    const bitmap = chunkOf(Uint32Array.from(places, (place) => 512 + place), 0, places.length);
    for (const chunk of [bitmap, runOf(at, count)]) {
      const wanted = framesOf(chunk);
      const piece = pamt.piece(chunk);
      const got = framesOf(piece.pages);
      const end = wanted.findIndex((frame) => model[frame] !== model[wanted[0]!]);
      assertEquals(got, end < 0 ? wanted : wanted.slice(0, end));
      assertEquals(piece.entry?.owner, model[wanted[0]!]);
      assertEquals(piece.rest?.count ?? 0, wanted.length - got.length);
    }
  }));
});

Deno.test("Pamt forgets entries that no page has, so epochs do not pile up", () => {
  const pamt = newPamt();
  for (let epoch = 1; epoch <= 1000; epoch++) {
    pamt.change(runOf(epoch, 1), NDA, blocked(epoch));
    pamt.free(runOf(epoch, 1), blocked(epoch));
  }
  assertEquals(pamt.entries, 1);
});

Deno.test("Pamt keeps entries apart that share what it forgot", () => {
  const pamt = newPamt();
  pamt.change(runOf(0, 2), NDA, blocked(1));
  pamt.change(runOf(2, 2), NDA, blocked(2));
  pamt.free(runOf(0, 2), blocked(1));
  pamt.change(runOf(4, 1), NDA, blocked(3));
  assertEquals([0, 2, 4].map((frame) => pamt.entry(frame)?.epoch), [null, 2, 3]);
});

Deno.test("Pamt may be in use as a whole", () => {
  const pamt = newPamt();
  const used: PamtEntry = { ...NDA, type: "EPT", owner: 4096 };
  pamt.change(runOf(0, FRAMES), NDA, used);
  pamt.free(runOf(7, 1), used);
  assertEquals([6, 7, 8].map((frame) => pamt.entry(frame)?.type), ["EPT", "NDA", "EPT"]);
});
