import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { decodeMcaError } from "./mca_error.ts";

/** Codes, classes and names as the SDM builds them. */
const CODES: readonly [number, string, string, boolean][] = [
  [0x0000, "simple", "No Error", false],
  [0x0005, "simple", "Internal Parity Error", false],
  [0x0400, "simple", "Internal Timer Error", false],
  [0x0402, "simple", "Internal Unclassified", false],
  [0x0e0b, "simple", "I/O Error", false],
  [0x000d, "generic-cache", "GCACHEL1_ERR", true],
  [0x0015, "tlb", "DTLBL1_ERR", false],
  [0x0090, "memory-controller", "RD_CHANNEL0_ERR", true],
  [0x009f, "memory-controller", "RD_CHANNELx_ERR", true],
  [0x00c1, "memory-controller", "MS_CHANNEL1_ERR", true],
  [0x0134, "cache", "DCACHEL0_DRD_ERR", true],
  [0x0150, "cache", "ICACHEL0_IRD_ERR", true],
  [0x017a, "cache", "GCACHEL2_EVICT_ERR", true],
  [0x0280, "extended-memory", "GEN_CHANNEL0_ERR", false],
  [0x0c0f, "bus", "BUSLG_OBS_ERR_OTHER_NOTIMEOUT_ERR", false],
  [0x0f0f, "bus", "BUSLG_G_ERR_OTHER_TIMEOUT_ERR", false],
  [0x0007, "unknown", "0x0007", false],
  [0x4134, "unknown", "0x4134", false],
];

Deno.test("decodeMcaError() names the codes of the SDM", () => {
  for (const [code, kind, name, memory] of CODES) {
    const error = decodeMcaError(code);
    assertEquals([error.class, error.name, error.memory], [kind, name, memory]);
  }
});

// The sub-fields of the SDM's compound codes, by their values.
const LL = ["L0", "L1", "L2", "LG"];
const TT = ["I", "D", "G", "?"];
const RRRR = ["ERR", "RD", "WR", "DRD", "DWR", "IRD", "PREFETCH", "EVICT", "SNOOP", "?"];
const PP = ["SRC", "RES", "OBS", "G"];
const T = ["NOTIMEOUT", "TIMEOUT"];
const II = ["M", "?", "IO", "OTHER"];
const MMM = ["GEN", "RD", "WR", "AC", "MS", "?", "?", "?"];
const CHANNEL = Array.from({ length: 16 }, (_, channel) => channel === 15 ? "x" : `${channel}`);

Deno.test("decodeMcaError() builds every name of the SDM's compound codes", () => {
  const assertName = (code: number, name: string) => assertEquals(decodeMcaError(code).name, name);
  LL.forEach((ll, l) => {
    assertName(0x000c | l, `GCACHE${ll}_ERR`);
    TT.forEach((tt, t) => {
      assertName(0x0010 | t << 2 | l, `${tt}TLB${ll}_ERR`);
      RRRR.forEach((rrrr, r) => {
        assertName(0x0100 | r << 4 | t << 2 | l, `${tt}CACHE${ll}_${rrrr}_ERR`);
      });
    });
    PP.forEach((pp, p) =>
      T.forEach((timeout, t) =>
        RRRR.forEach((rrrr, r) =>
          II.forEach((ii, i) => {
            const code = 0x0800 | p << 9 | t << 8 | r << 4 | i << 2 | l;
            // 0000 1110 0000 1011 is the simple code of an I/O error.
            const name = `BUS${ll}_${pp}_${rrrr}_${ii}_${timeout}_ERR`;
            assertName(code, code === 0x0e0b ? "I/O Error" : name);
          })
        )
      )
    );
  });
  MMM.forEach((mmm, m) =>
    CHANNEL.forEach((channel, c) => {
      assertName(0x0080 | m << 4 | c, `${mmm}_CHANNEL${channel}_ERR`);
      assertName(0x0280 | m << 4 | c, `${mmm}_CHANNEL${channel}_ERR`);
    })
  );
});

/** RRRR of a cache error, 0000 0001 RRRR TTLL (Intel SDM volume 3B, compound error codes). */
const REQUESTS = [
  "generic error",
  "read",
  "write",
  "data read",
  "data write",
  "instruction fetch",
  "prefetch",
  "eviction",
  "snoop",
  "reserved request",
];

Deno.test("decodeMcaError() has a word for each request", () => {
  const words = Array.from({ length: 16 }, (_, rrrr) => decodeMcaError(0x0104 | rrrr << 4).meaning);
  assertEquals(
    words,
    words.map((_, rrrr) => `cache hierarchy: data, level 0, ${REQUESTS[Math.min(rrrr, 9)]}`),
  );
});

Deno.test("decodeMcaError() says the same in words", () => {
  const words = [
    [0x0005, "not a compound code"],
    [0x000d, "generic cache hierarchy: level 1"],
    [0x0012, "TLB: instruction, level 2"],
    [0x00bf, "memory controller: address or command, any channel"],
    [0x02c3, "extended memory: scrubbing, channel 3"],
    [0x017b, "cache hierarchy: generic, any level, eviction"],
    [0x0910, "bus and interconnect: level 0, own request, read, memory, timeout"],
    [0x0a6b, "bus and interconnect: any level, response, prefetch, I/O, no timeout"],
    [0x4134, "no form of the SDM"],
  ] as const;
  for (const [code, meaning] of words) assertEquals(decodeMcaError(code).meaning, meaning);
});

Deno.test("decodeMcaError() keeps the filtering bit apart", () => {
  const { filtered, ...error } = decodeMcaError(0x1134);
  assertEquals(filtered, true);
  assertEquals(error.name, "DCACHEL0_DRD_ERR");
});

Deno.test("decodeMcaError() answers every code and agrees with Linux on memory errors", () => {
  fc.assert(fc.property(fc.nat(0xffff), (code) => {
    const linux = (code & 0xef80) === 0x80 || (code & 0xef00) === 0x100 ||
      (code & 0xeffc) === 0xc;
    assertEquals(decodeMcaError(code).memory, linux);
  }));
});

Deno.test("decodeMcaError() refuses a number that is not a 16-bit code", () => {
  for (const code of [-1, 0x10000, 1.5, NaN]) {
    assertThrows(() => decodeMcaError(code), RangeError, "Expected mcaCod");
  }
});
