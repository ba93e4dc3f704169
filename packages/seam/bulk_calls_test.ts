// Many pages at once come out as page by page: the same statuses, SEAMCALL counts, module and lines.
import { assertEquals } from "@std/assert";
import { chunksOf, type FrameChunk, GiB, PAGE_BYTES, runOf } from "@tdx/core";
import fc from "fast-check";
import { checkInvariants } from "./check_invariants.ts";
import type { PagesResult } from "./leaves/results.ts";
import type { Pages } from "./leaves/results.ts";
import type { TdxModule } from "./tdx_module.ts";
import { framesOf, liveTd, look, newModule, says, tearDown } from "./_fixtures_test.ts";

const BASE = GiB / PAGE_BYTES;
const TDR = 0;
const OTHER = 1000 * PAGE_BYTES;

/** A machine with two TDs whose pages lie mixed in one block, some of them free. */
interface Scene {
  /** For each frame from BASE on: 0 is free, 1 and 2 a page of the first or second TD. */
  readonly owners: readonly number[];
  readonly locked: readonly number[];
  /** SEAMCALLs between injected faults. */
  readonly gaps: readonly number[];
  readonly chunk: FrameChunk;
}

const scene: fc.Arbitrary<Scene> = fc.record({
  owners: fc.array(fc.constantFrom(0, 1, 1, 1, 2), { minLength: 40, maxLength: 40 }),
  locked: fc.uniqueArray(fc.nat(39), { maxLength: 3 }),
  gaps: fc.array(fc.nat(12), { maxLength: 6 }),
  chunk: fc.oneof(
    fc.tuple(fc.nat(39), fc.integer({ min: 1, max: 20 }))
      .map(([first, count]) => runOf(BASE + first, count)),
    fc.uniqueArray(fc.nat(39), { minLength: 1 }).map((places) => {
      const frames = places.map((place) => BASE + place).sort((a, b) => a - b);
      return chunksOf(Uint32Array.from(frames)).next().value as FrameChunk;
    }),
  ),
});

function setUp({ owners, locked, gaps }: Scene): TdxModule {
  const module = newModule();
  const memoryOf = (owner: number) =>
    owners.flatMap((other, i) => other === owner ? [runOf(BASE + i, 1)] : []);
  liveTd(module, { memory: memoryOf(1) });
  liveTd(module, { hkid: 34, control: 1000, memory: memoryOf(2) });
  locked.forEach((place) => module.lock((BASE + place) * PAGE_BYTES));
  const left = [...gaps];
  module.inject({ busyAfter: () => left.shift() ?? Infinity });
  return module;
}

const WATCHED = Array.from({ length: 40 }, (_, i) => BASE + i);

function outcome(module: TdxModule, fates: readonly string[]): unknown {
  assertEquals(checkInvariants(module), []);
  return [fates, { ...module.calls }, module.callsUntilFault, look(module, WATCHED)];
}

/** Gives a chunk to a leaf, going on behind every refusal. */
function atOnce(chunk: FrameChunk, leaf: (pages: Pages) => PagesResult): string[] {
  const fates: string[] = [];
  for (let rest: FrameChunk | null = chunk; rest !== null;) {
    const result = leaf(rest);
    framesOf(result.pages).forEach((frame) => fates.push(`${frame} ${says(result)}`));
    rest = result.rest;
  }
  return fates;
}

function oneByOne(chunk: FrameChunk, leaf: (pages: Pages) => PagesResult): string[] {
  return framesOf(chunk).map((frame) => `${frame} ${says(leaf(frame * PAGE_BYTES))}`);
}

function compare(
  prepare: (module: TdxModule) => void,
  run: (
    module: TdxModule,
    walk: typeof atOnce,
    chunk: FrameChunk,
  ) => string[],
): void {
  fc.assert(fc.property(scene, (scene) => {
    const [bulk, single] = [atOnce, oneByOne].map((walk) => {
      const module = setUp(scene);
      prepare(module);
      return outcome(module, run(module, walk, scene.chunk));
    });
    assertEquals(bulk, single);
  }));
}

/** Ends the first TD but for its pages; faults that strike here are made good. */
function endFirst(module: TdxModule): void {
  const vcpus = module.td(TDR)!.vcpus.map(({ tdvpr }) => tdvpr);
  for (let tries = 0; module.td(TDR)!.lifeCycle !== "TEARDOWN" && tries < 20; tries++) {
    tearDown(module, { tdr: TDR, vcpus, controlPages: 0, guestPages: 0 });
  }
}

Deno.test("pageReclaim() of a chunk is as page by page", () => {
  compare(
    endFirst,
    (module, walk, chunk) => walk(chunk, (pages) => module.phymem.pageReclaim(pages)),
  );
});

Deno.test("pageWbinvd() of a chunk is as page by page", () => {
  const dirty = (module: TdxModule) => {
    const { key } = module.td(OTHER)!;
    for (const frame of WATCHED) {
      module.memory.apply({ kind: "store", by: "td", key: key! }, frame * PAGE_BYTES, PAGE_BYTES);
    }
  };
  compare(
    dirty,
    (module, walk, chunk) => walk(chunk, (pages) => module.phymem.pageWbinvd(pages, 34)),
  );
});

Deno.test("pageAug() of a chunk is as page by page", () => {
  compare(() => {}, (module, walk, chunk) => {
    // A refused page leaves its GPA free for the next one.
    let gpa = 40 * PAGE_BYTES;
    const before = module.td(TDR)!.children;
    return walk(chunk, (pages) => {
      const result = module.mem.pageAug(TDR, gpa, 0, pages);
      gpa = (40 + module.td(TDR)!.children - before) * PAGE_BYTES;
      return result;
    });
  });
});

/** D1 to D4 for one page as Linux does it: one retry when busy, else the page stays where it is. */
function removeOne({ mem, phymem }: TdxModule, page: number): string {
  const gpa = page * PAGE_BYTES;
  const blocked = twice(() => mem.rangeBlock(TDR, gpa, 0));
  if (blocked.status !== 0n) return `${page} ${says(blocked)}`;
  twice(() => mem.track(TDR));
  const removed = twice(() => mem.pageRemove(TDR, gpa, 0));
  if (removed.pages !== null) twice(() => phymem.pageWbinvd(removed.pages!, 33));
  return `${page} ${says(removed)}`;
}

/** D1 to D4 with as many pages at once as come before the next injected fault. */
function removeSome(module: TdxModule, page: number, most: number): string[] {
  const { mem, phymem } = module;
  const count = Math.min(most, Math.floor(module.callsUntilFault / 4));
  if (count === 0) return [removeOne(module, page)];
  const fates: string[] = [];
  const blocked = mem.rangeBlock(TDR, page * PAGE_BYTES, 0, count);
  mem.track(TDR, blocked.count);
  for (let done = 0; done < blocked.count;) {
    const gpa = (page + done) * PAGE_BYTES;
    const removed = twice(() => mem.pageRemove(TDR, gpa, 0, blocked.count - done));
    if (removed.pages !== null) phymem.pageWbinvd(removed.pages, 33);
    for (let i = 0; i < removed.count; i++) {
      fates.push(`${page + done + i} ${says(removed)}`);
    }
    done += removed.count;
  }
  return fates;
}

function twice<T extends { status: bigint }>(leaf: () => T): T {
  const result = leaf();
  return (result.status & ~0xffffffffn) === 0x8000020000000000n ? leaf() : result;
}

Deno.test("callsUntilFault lets a host do D1 to D4 in bulk, with the fates of page by page", () => {
  fc.assert(fc.property(scene, (scene) => {
    const guests = scene.owners.filter((owner) => owner === 1).length;
    const single = setUp(scene);
    const fates = Array.from({ length: guests }, (_, page) => removeOne(single, page));
    const bulk = setUp(scene);
    const bulkFates: string[] = [];
    while (bulkFates.length < guests) {
      bulkFates.push(...removeSome(bulk, bulkFates.length, guests - bulkFates.length));
    }
    assertEquals(bulkFates, fates);
    assertEquals(withoutEpochs(bulk), withoutEpochs(single));
  }));
});

/** What can be seen of a module but the epoch at which a page was blocked, which differs. */
function withoutEpochs(module: TdxModule): unknown {
  assertEquals(checkInvariants(module), []);
  const counts = new Map<string, number>();
  module.forEachPages(({ type, owner, mapping }, count) => {
    const name = `${type} ${owner} ${mapping}`;
    counts.set(name, (counts.get(name) ?? 0) + count);
  });
  const lines = WATCHED.map((frame) => module.memory.state(frame * PAGE_BYTES));
  return [counts, module.tds(), { ...module.calls }, module.callsUntilFault, lines];
}
