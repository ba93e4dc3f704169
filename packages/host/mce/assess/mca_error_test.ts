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
