import { assert, assertEquals, assertLess, assertThrows } from "@std/assert";
import {
  KEY0,
  keyIds,
  NEXT_TD,
  PLATFORMS,
  SHARED,
  SHARED_INTEGRITY,
  TD,
} from "../fixtures_test.ts";
import { runOf } from "./frame_chunk.ts";
import { FrameMap } from "./frame_map.ts";
import type { Key } from "../key.ts";
import { KeyIdSpace } from "../key_id_space.ts";
import { LineAutomaton } from "../line/line_automaton.ts";
import type { LineState } from "../line/line_state.ts";
import type { Operation } from "../line/operation.ts";
import { PhysicalMemory } from "./physical_memory.ts";
import { GiB, KiB, MiB, TiB } from "../units.ts";

const INIT: Operation = { kind: "movdir64b", by: "module", key: TD, data: "secret" };
const CLEAR: Operation = { kind: "movdir64b", by: "host", key: KEY0 };
const LOAD: Operation = { kind: "load", by: "host", key: KEY0 };
const PARTIAL: Operation = { kind: "partial-write", by: "host", key: KEY0, data: "host" };

function memoryOf(bytes: number, partialWrite: "poison" | "merge" = "poison"): PhysicalMemory {
  return new PhysicalMemory({ bytes, platform: PLATFORMS[partialWrite], keyIds });
}

const owned = (state: LineState) => state.memory.owner === 1;
const poisoned = (state: LineState) => state.memory.poison !== null;

/** The numbers of the lines that are as wanted, from the first. */
function linesWith(memory: PhysicalMemory, wanted: (state: LineState) => boolean): number[] {
  return Array.from({ length: memory.bytes / 64 }, (_, line) => line)
    .filter((line) => wanted(memory.state(line * 64)));
}

Deno.test("new PhysicalMemory() is zeroed by the host, in Ci mode unless told otherwise", () => {
  const memory = memoryOf(2 * MiB + 4 * KiB);
  assertEquals([memory.bytes, memory.mode, memory.platform.name], [0x201000, "Ci", "demo"]);
  assertEquals(memory.state(0), LineAutomaton.fresh(KEY0));
  assertEquals(memory.state(0x200fff), LineAutomaton.fresh(KEY0));
  assertEquals(memory.counts, {
    lines: 0,
    machineChecks: 0,
    machineCheckPages: 0,
    logged: 0,
    cleared: 0,
    refused: 0,
    rules: {},
  });
  const li = new PhysicalMemory({ bytes: 4096, platform: PLATFORMS.merge, keyIds, mode: "Li" });
  assertEquals(li.mode, "Li");
});

for (const bytes of [0, -4096, 2048, 4097, 0.5, NaN, Infinity]) {
  Deno.test(`new PhysicalMemory() refuses ${bytes} bytes`, () => {
    assertThrows(() => memoryOf(bytes), RangeError, `multiple of 4096, got ${bytes}`);
  });
}

Deno.test("new PhysicalMemory() refuses more than MAXPA less the KeyID bits can hold", () => {
  assertEquals(memoryOf(64 * TiB).bytes, 2 ** 46);
  assertThrows(
    () => memoryOf(64 * TiB + 4096),
    RangeError,
    "at most 70368744177664 bytes, what MAXPA 52 less 6 KeyID bits can address, got 70368744181760",
  );
});

Deno.test("PhysicalMemory.state() refuses addresses outside, with KeyID bits above all", () => {
  const memory = memoryOf(MiB);
  for (const pa of [-1, 0.5, NaN, MiB, keyIds.encode(0x1000, 33)]) {
    assertThrows(() => memory.state(pa), RangeError);
    assertThrows(() => memory.step(LOAD, pa), RangeError);
  }
  assertThrows(() => memory.state(keyIds.encode(0x1000, 33)), RangeError, "without KeyID bits");
});

// What is wrong, first byte, length, words of the message.
const BAD_RANGES: readonly (readonly [string, number, number, string])[] = [
  ["a start inside a line", 32, 64, "whole 64-byte lines, got 64 bytes at 32"],
  ["a length of half a line", 64, 96, "whole 64-byte lines, got 96 bytes at 64"],
  ["a range past the end", MiB - 64, 128, "inside the memory of 1048576 bytes"],
  ["KeyID bits", 0x4000_0000_0000, 64, "got 64 bytes at 0x400000000000"],
  ["a negative start", -64, 64, "a whole number from 0"],
  ["a negative length", 64, -64, "a whole number from 0"],
  ["a fraction", 64, 0.5, "a whole number from 0"],
  ["no number", NaN, 64, "a whole number from 0"],
];

for (const [what, pa, bytes, words] of BAD_RANGES) {
  Deno.test(`PhysicalMemory.apply() refuses ${what} and changes nothing`, () => {
    const memory = memoryOf(MiB);
    assertThrows(() => memory.apply(INIT, pa, bytes), RangeError, words);
    assertEquals([memory.countLines(owned), memory.counts.lines], [0, 0]);
  });
}

const noIntegrity = new KeyIdSpace({
  maxPa: 52,
  keyIdBits: 6,
  shared: 31,
  private: 32,
  integrityAllowed: false,
});
// What is wrong, the machine, the operation, words of the message.
const BAD_OPERATIONS: readonly (readonly [string, KeyIdSpace, Operation, string])[] = [
  ["a KeyID that does not exist", keyIds, { ...LOAD, key: { ...KEY0, keyId: 64 } }, "keyId"],
  [
    "a private KeyID called shared",
    keyIds,
    { ...LOAD, key: { ...TD, access: "shared" } as Key },
    "Expected the private KeyID 33, got it as shared",
  ],
  ["KeyID 0 with integrity", keyIds, { ...LOAD, key: { ...KEY0, integrity: true } }, "KeyID 0"],
  ["integrity where none is allowed", noIntegrity, { ...LOAD, key: SHARED_INTEGRITY }, "KeyID 2"],
  [
    "a partial write under a private KeyID",
    keyIds,
    { ...PARTIAL, by: "td", key: TD },
    "td partial-write with the private KeyID 33",
  ],
];

for (const [what, space, operation, words] of BAD_OPERATIONS) {
  Deno.test(`PhysicalMemory refuses ${what} and changes nothing`, () => {
    const memory = new PhysicalMemory({
      bytes: 4 * MiB,
      platform: PLATFORMS.poison,
      keyIds: space,
    });
    memory.apply(INIT, 0, MiB + 64);
    const before = [memory.countLines(owned), memory.counts, memory.footprintBytes];
    for (
      const act of [
        () => memory.apply(operation, 0, 4 * MiB),
        () => memory.applyChunk(operation, runOf(0, 1024)),
        () => memory.step(operation, 64),
      ]
    ) {
      assertThrows(act, RangeError, words);
      assertEquals([memory.countLines(owned), memory.counts, memory.footprintBytes], before);
      assertEquals(linesWith(memory, owned).length, before[0]);
    }
  });
}

Deno.test("PhysicalMemory.applyChunk() refuses frames outside and changes nothing", () => {
  const memory = memoryOf(2 * MiB + 8 * KiB);
  const words = new Uint32Array(16).fill(0b111);
  for (
    const chunk of [
      runOf(0, 515),
      { ...runOf(512, 48), words, blocks: 1 },
      { ...runOf(1, 48), words, blocks: 1 },
      { ...runOf(0, 48), words, blocks: 1, places: Uint32Array.of(1) },
      { ...runOf(0, 48), words, blocks: 1, places: Uint32Array.of() },
    ]
  ) assertThrows(() => memory.applyChunk(INIT, chunk), RangeError);
  assertEquals([memory.countLines(owned), memory.counts.lines], [0, 0]);
});

// First line and line after the last, of 2 MiB and 2 pages.
const RANGES = [
  [0, 1],
  [1, 2],
  [63, 65],
  [5, 64],
  [64, 128],
  [60, 200],
  [32767, 32769],
  [32768 - 70, 32768 + 70],
  [0, 32896],
] as const;

for (const [from, to] of RANGES) {
  Deno.test(`PhysicalMemory.apply() changes lines ${from} to ${to - 1} and no other`, () => {
    const memory = memoryOf(2 * MiB + 8 * KiB);
    const counts = memory.apply(INIT, from * 64, (to - from) * 64);
    assertEquals(counts.lines, to - from);
    const lines = linesWith(memory, owned);
    assertEquals([lines.length, lines[0], lines.at(-1)], [to - from, from, to - 1]);
    assertEquals(memory.countLines(owned), to - from);
    memory.apply(CLEAR, from * 64, (to - from) * 64);
    assertEquals(linesWith(memory, owned), []);
  });
}

Deno.test("PhysicalMemory.apply() of no bytes does nothing, at the end of memory too", () => {
  const memory = memoryOf(MiB);
  for (const pa of [0, 64, 4096, MiB]) assertEquals(memory.apply(INIT, pa, 0).lines, 0);
  assertEquals(memory.countLines(owned), 0);
});

Deno.test("PhysicalMemory.step() takes any byte of a line and observes that line alone", () => {
  const memory = memoryOf(MiB);
  memory.apply(INIT, 4096, 4096);
  const hit = memory.step(PARTIAL, 4096 + 64 * 3 + 17);
  assertEquals([hit.rules, hit.logged], [["W5"], false]);
  assertEquals(linesWith(memory, poisoned), [64 + 3]);
  const { rules, data, machineCheck, next } = memory.step(LOAD, 4096 + 64 * 4 - 1);
  assertEquals([rules, data, machineCheck], [["K1", "R0"], "poison", true]);
  assertEquals(memory.line.state(next), memory.state(4096 + 64 * 3));
  assertEquals(memory.step(LOAD, 4096).rules, ["K1", "C8"]);
});

Deno.test("PhysicalMemory.apply() counts lines, pages with machine checks, and rules", () => {
  const memory = memoryOf(4 * MiB);
  // Pages 1 and 2 have a poisoned line each, page 3 two, page 600 is poisoned whole.
  for (const line of [64, 129, 192, 255]) memory.poison(line * 64);
  memory.poison(Array.from({ length: 64 }, (_, line) => 600 * 4096 + line * 64));
  const before = memory.counts;
  assertEquals(before.lines, 4 + 64);

  const loads = memory.apply(LOAD, 0, 4 * MiB);
  assertEquals(loads, {
    lines: 65536,
    machineChecks: 68,
    machineCheckPages: 4,
    logged: 0,
    cleared: 0,
    refused: 0,
    rules: { K1: 65536, C7: 65468, R0: 68 },
  });
  assertEquals(memory.apply(LOAD, 192 * 64, 128).machineCheckPages, 1);
  assertEquals(memory.apply(LOAD, 193 * 64, 128).machineCheckPages, 0);
  const clear = memory.apply(CLEAR, 0, 4 * MiB);
  assertEquals([clear.lines, clear.cleared], [65536, 68]);
  assertEquals(clear.rules, { K5: 65536, W3: 65536 });

  assertEquals(before.lines, 68, "counts once given do not change");
  assertEquals(memory.counts, {
    lines: 68 + 65536 + 2 + 2 + 65536,
    machineChecks: 68 + 1,
    machineCheckPages: 4 + 1,
    logged: 0,
    cleared: 68,
    refused: 0,
    rules: { K1: 65536, C7: 65468, R0: 69, K2: 4, K5: 65536, W3: 65536 },
  });
});

Deno.test("PhysicalMemory.apply() counts poison that failed checks make, and refusals", () => {
  const memory = memoryOf(2 * MiB);
  memory.apply(INIT, 0, 8192);
  const loads = memory.apply({ ...LOAD, key: SHARED_INTEGRITY }, 4096, 8192);
  assertEquals(
    [loads.logged, loads.machineChecks, loads.machineCheckPages, loads.rules],
    [128, 128, 2, { K1: 128, C6: 64, C5: 64 }],
  );
  const dma = memory.apply({ kind: "dma-write", by: "device", key: TD }, 0, 2 * MiB);
  assertEquals([dma.refused, dma.rules], [32768, { W6: 32768 }]);
  assertEquals(memory.countLines(poisoned), 128);
});

Deno.test("PhysicalMemory keeps stuck poison through a clear and loses the transient one", () => {
  const memory = memoryOf(4 * MiB);
  memory.poison([64, 128]);
  memory.poison([128, 192], { stuck: true });
  assertEquals(linesWith(memory, poisoned), [1, 2, 3]);
  assertEquals(memory.state(128).memory.poison, "hardware-stuck");
  const clear = memory.apply(CLEAR, 0, 4 * MiB);
  assertEquals([clear.cleared, linesWith(memory, poisoned)], [1, [2, 3]]);
  const loads = memory.apply(LOAD, 0, 4 * MiB);
  assertEquals([loads.machineChecks, loads.machineCheckPages], [2, 1]);
});

Deno.test("PhysicalMemory.poison() strikes lines that are in no cache any more, whoever had them", () => {
  const memory = memoryOf(MiB);
  memory.apply({ ...INIT, key: NEXT_TD }, 0, 128);
  memory.apply({ kind: "store", by: "td", key: NEXT_TD, data: "secret" }, 0, 128);
  memory.apply({ kind: "store", by: "host", key: KEY0, data: "host" }, 64, 128);
  memory.poison([0, 64, 128]);
  for (const [pa, owner] of [[0, 1], [128, 0]] as const) {
    assertEquals(memory.state(pa), {
      memory: { key: null, data: null, owner, macMatches: false, poison: "hardware-transient" },
      copies: [],
    });
  }
  assertEquals(linesWith(memory, poisoned), [0, 1, 2]);
  assertEquals(memory.step(LOAD, 64).machineCheck, true);
});

Deno.test("PhysicalMemory.poison() refuses what is no line, and what is out of order", () => {
  const memory = memoryOf(MiB);
  for (const lines of [32, -64, MiB, NaN, [64, 0], [0, 0], [0, MiB]]) {
    assertThrows(
      () => memory.poison(lines),
      RangeError,
      "Expected addresses of lines below 1048576",
    );
  }
  assertThrows(() => memory.poison(0, { stuk: true } as never), TypeError, "only stuck, got stuk");
  assertEquals(memory.counts.lines, 0);
});

Deno.test("PhysicalMemory tells keys, generations and cached copies of one line apart", () => {
  const memory = memoryOf(MiB);
  memory.apply(INIT, 0, 256);
  memory.apply({ kind: "store", by: "host", key: SHARED, data: "host" }, 0, 64);
  memory.apply({ ...INIT, key: NEXT_TD }, 64, 64);
  assertEquals(memory.step({ kind: "load", by: "td", key: TD }, 0).data, "secret");
  assertEquals(memory.step({ kind: "load", by: "td", key: TD }, 64).data, "garbage");
  assertEquals(memory.step({ ...LOAD, key: SHARED }, 0).data, "host");
  assertEquals(memory.state(0).copies.map((copy) => copy.keyId), [1, 33]);
});

Deno.test("PhysicalMemory.applyChunk() takes runs and bitmaps of another map", () => {
  const memory = memoryOf(8 * MiB);
  // A line of its own in every page of the first two blocks, so whole blocks are mixed.
  for (let page = 0; page < 1024; page++) memory.poison(page * 4096 + 64, { stuck: true });
  const owners = new FrameMap(2048, 0);
  owners.set(0, 1024, 7);
  owners.set(1500, 3, 7);
  owners.set(1600, 1, 7);
  let lines = 0;
  let cleared = 0;
  const kinds: boolean[] = [];
  owners.forEach(0, 2048, (chunk) => {
    if (chunk.value !== 7) return;
    kinds.push(chunk.words === null);
    const counts = memory.applyChunk(INIT, chunk);
    lines += counts.lines;
    cleared += counts.cleared;
  });
  assertEquals(kinds, [true, false, false], "a run of two blocks, then two bitmaps");
  assertEquals([lines, cleared], [1028 * 64, 0]);
  for (
    const [page, is] of [[0, 1], [1023, 1], [1024, 0], [1499, 0], [1500, 1], [1503, 0], [1600, 1]]
  ) {
    assertEquals(memory.state(page! * 4096).memory.owner, is, `page ${page}`);
  }
  assertEquals([memory.countLines(owned), memory.countLines(poisoned)], [1028 * 64, 1024]);
});

Deno.test("PhysicalMemory.countLines() asks once for each state and counts the range given", () => {
  const memory = memoryOf(4 * MiB);
  for (let page = 0; page < 1024; page += 2) memory.apply(INIT, page * 4096, 1024);
  let asked = 0;
  const count = (pa?: number, bytes?: number) =>
    memory.countLines(
      (state) => {
        asked++;
        return owned(state);
      },
      pa,
      bytes,
    );
  assertEquals([count(), asked], [512 * 16, 2]);
  assertEquals(count(2 * MiB), 256 * 16);
  assertEquals(count(4096, 8192), 16);
  assertEquals(count(4096, 4096), 0);
  assertEquals(count(4 * MiB), 0);
});

Deno.test("PhysicalMemory.countLines() refuses anything but whole pages inside the memory", () => {
  const memory = memoryOf(MiB);
  for (const [pa, bytes] of [[64, 4096], [0, 64], [MiB, 4096], [-4096, 4096]] as const) {
    assertThrows(() => memory.countLines(owned, pa, bytes), RangeError);
  }
});

Deno.test("PhysicalMemory holds 16 TiB that hardly vary in a few hundred KiB", () => {
  const memory = memoryOf(16 * TiB);
  assertEquals(memory.apply(INIT, 0, 16 * TiB).lines, 2 ** 38);
  memory.apply(PARTIAL, 12 * TiB + 4096 * 5, 64);
  const loads = memory.apply(LOAD, 0, 16 * TiB);
  assertEquals([loads.lines, loads.machineChecks, loads.machineCheckPages], [2 ** 38, 1, 1]);
  assertEquals(memory.countLines(owned), 2 ** 38);
  assertEquals(memory.apply(CLEAR, 0, 16 * TiB).cleared, 1);
  assertLess(memory.footprintBytes, 256 * KiB);
});

Deno.test("PhysicalMemory takes pages that have become uniform back", () => {
  const memory = memoryOf(GiB);
  // One round first: the frame map keeps what it grew to.
  const round = () => {
    for (let page = 0; page < 1024; page++) {
      memory.apply(INIT, page * 4096 + 64, 64 * (page % 3 + 1));
    }
    const mixed = memory.footprintBytes;
    memory.apply(CLEAR, 0, 4 * MiB);
    return mixed - memory.footprintBytes;
  };
  round();
  const blocks = round();
  // 2 bytes a line, and a bit a page to find it, in two blocks; then the states in them.
  assert(blocks >= 2 * (64 * KiB + 64) && blocks < 2 * (65 * KiB), `${blocks} bytes`);
});

Deno.test("PhysicalMemory does not split a page for what changes nothing", () => {
  const memory = memoryOf(GiB);
  const { footprintBytes } = memory;
  memory.apply({ kind: "clflush", by: "host", key: KEY0 }, 64, 640);
  memory.apply(CLEAR, 4096 + 64, 128);
  assertEquals(memory.footprintBytes, footprintBytes);
});

Deno.test("PhysicalMemory finds a page uniform again after single lines and after whole blocks", () => {
  const memory = memoryOf(4 * MiB);
  memory.apply(CLEAR, 0, 4096);
  const mix = () => {
    memory.apply(INIT, 4096 * 511 + 64, 64);
    memory.apply(INIT, 4096 * 512 + 64, 128);
    memory.apply({ ...INIT, key: NEXT_TD }, 4096 * 513 + 64, 128);
  };
  const unmix: readonly (() => void)[] = [
    () => {
      for (let line = 0; line < 65536; line++) memory.apply(CLEAR, line * 64, 64);
    },
    () => {
      for (let page = 0; page < 1024; page++) memory.apply(CLEAR, page * 4096, 4096);
    },
    () => memory.apply(CLEAR, 0, 4 * MiB),
    () => memory.apply(CLEAR, 64, 4 * MiB - 128),
  ];
  mix();
  memory.apply(CLEAR, 0, 4 * MiB);
  const { footprintBytes } = memory;
  for (const way of unmix) {
    mix();
    assert(memory.footprintBytes > footprintBytes);
    way();
    assertEquals(memory.footprintBytes, footprintBytes);
  }
});

Deno.test("PhysicalMemory.forEachPagesWith() visits whole and mixed pages, ascending", () => {
  const memory = memoryOf(3 * GiB);
  // Whole pages 0 to 1023, one line each in pages 1030 and 600,000, and 2 GiB as one piece.
  memory.apply(INIT, 0, 4 * MiB);
  memory.apply(INIT, 1030 * 4096 + 64, 64);
  memory.apply(INIT, 600_000 * 4096, 64);
  const found: number[] = [];
  memory.forEachPagesWith(owned, ({ frame, count, words, at }) => {
    for (let place = 0; place < (words === null ? count : 512); place++) {
      if (words === null || (words[at + (place >>> 5)]! >>> (place & 31) & 1) === 1) {
        found.push(frame + place);
      }
    }
  });
  assertEquals(found, [...Array(1024).keys(), 1030, 600_000]);
  let pages = 0;
  memory.forEachPagesWith((state) => !owned(state), ({ count }) => pages += count);
  assertEquals(pages, 3 * 2 ** 18 - 1024);
  memory.forEachPagesWith(poisoned, () => {
    throw new Error("Expected no poisoned page");
  });
});

Deno.test("PhysicalMemory.applyLines() refuses what is not lines in order, and changes nothing", () => {
  const memory = new PhysicalMemory({ bytes: GiB, platform: PLATFORMS.poison, keyIds });
  const write: Operation = { kind: "movdir64b", by: "module", key: TD, data: "secret" };
  for (const lines of [[64, 64], [128, 64], [0, 100], [-64], [0, GiB], [Number.NaN]]) {
    assertThrows(() => memory.applyLines(write, lines), RangeError, `got ${lines.at(-1)} after`);
  }
  assertEquals(memory.countLines(({ memory }) => memory.owner === 1), 0);
  assertEquals(memory.counts.lines, 0);
});
