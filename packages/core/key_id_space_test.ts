import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type KeyIdKind, type KeyIdMsrs, type KeyIdRanges, KeyIdSpace } from "./key_id_space.ts";

const RANGES: KeyIdRanges = { maxPa: 52, keyIdBits: 6, shared: 31, private: 32 };
// k = 6 KeyID bits, 1 of them for TDX, AES-XTS-128 allowed with and without integrity.
const MSRS: KeyIdMsrs = {
  tmeActivate: 0x0003_0016_0000_0000n,
  keyIdPartitioning: 0x0000_0020_0000_001fn,
  maxPa: 52,
};

Deno.test("KeyIdSpace.fromMsrs() splits MAXPA 52, k 6, 1 TDX bit into 0..31 and 32..63", () => {
  const keyIds = KeyIdSpace.fromMsrs(MSRS);
  assertEquals({ ...keyIds }, {
    maxPa: 52,
    keyIdBits: 6,
    shared: 31,
    private: 32,
    integrityAllowed: true,
  });
  assertEquals(keyIds.addressBits, 46, "the KeyID starts at PA bit 46");
  assertEquals(keyIds.addressLimit, 0x4000_0000_0000);
  assertEquals(keyIds.firstPrivate, 32);
  assertEquals(keyIds.hostsTds, true);
  const kinds: readonly (readonly [number, KeyIdKind])[] = [
    [0, "tme"],
    [1, "shared"],
    [31, "shared"],
    [32, "private"],
    [63, "private"],
  ];
  for (const [keyId, kind] of kinds) assertEquals(keyIds.kind(keyId), kind, `KeyID ${keyId}`);
});

Deno.test("KeyIdSpace.decode() finds KeyID 0x41 over 0x80a5669600 in a logged MCi_ADDR", () => {
  const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 7, shared: 63, private: 64 });
  assertEquals(keyIds.decode(0x82080a5669600), { pa: 0x80a5669600, keyId: 0x41 });
  assertEquals(keyIds.encode(0x80a5669600, 0x41), 0x82080a5669600);
});

Deno.test("KeyIdSpace.fromMsrs() reads machines without TDX and without KeyIDs", () => {
  const noTdx = KeyIdSpace.fromMsrs({ tmeActivate: 6n << 32n, keyIdPartitioning: 63n, maxPa: 46 });
  assertEquals([noTdx.shared, noTdx.private, noTdx.firstPrivate], [63, 0, undefined]);
  assertEquals([noTdx.hostsTds, noTdx.integrityAllowed], [false, false]);
  const none = KeyIdSpace.fromMsrs({ tmeActivate: 0n, keyIdPartitioning: 0n, maxPa: 46 });
  assertEquals([none.addressBits, none.kind(0)], [46, "tme"]);
  assertEquals(none.decode(2 ** 46 - 1), { pa: 2 ** 46 - 1, keyId: 0 });
});

Deno.test("KeyIdSpace.fromMsrs() knows integrity from the allowed algorithms, bits 49 and 51", () => {
  const expected = [[48, false], [49, true], [50, false], [51, true]] as const;
  for (const [bit, allowed] of expected) {
    const tmeActivate = 0x0000_0016_0000_0000n | 1n << BigInt(bit);
    assertEquals(KeyIdSpace.fromMsrs({ ...MSRS, tmeActivate }).integrityAllowed, allowed);
  }
});

Deno.test("KeyIdSpace.fromMsrs() reads its fields alone: 35:32, 39:36, 7:4, 63:48; capability 35:32", () => {
  // Bits beside the fields, which other features use.
  const others = 0xF | 0x7F << 8;
  const tmeActivate = MSRS.tmeActivate | BigInt(others) | 0xFFn << 40n;
  const { keyIdBits, shared, private: privates } = KeyIdSpace.fromMsrs({ ...MSRS, tmeActivate });
  assertEquals([keyIdBits, shared, privates], [6, 31, 32]);
  for (const bits of [6n, 15n]) {
    const tmeCapability = bits << 32n | 0xFFFFn << 36n | 0xFFFF_FFFFn;
    assertEquals(KeyIdSpace.fromMsrs({ ...MSRS, tmeCapability }).keyIdBits, 6);
  }
  const few = 5n << 32n | 1n << 36n;
  assertThrows(() => KeyIdSpace.fromMsrs({ ...MSRS, tmeCapability: few }), RangeError, "at most 5");
});

Deno.test("KeyIdSpace.fromMsrs() takes both TME policies without integrity", () => {
  for (const policy of [0n, 2n]) {
    const tmeActivate = MSRS.tmeActivate | policy << 4n;
    assertEquals(KeyIdSpace.fromMsrs({ ...MSRS, tmeActivate }).keyIdBits, 6);
  }
});

// What is wrong, the registers, words of the message.
const REFUSALS: readonly (readonly [string, Partial<KeyIdMsrs>, readonly string[]])[] = [
  [
    "more KeyID bits than the capability",
    { tmeCapability: 5n << 32n },
    ["at most 5 KeyID bits", "got 6"],
  ],
  [
    "more TDX bits than KeyID bits",
    { tmeActivate: 0x0000_0076_0000_0000n },
    ["at most 6 bits reserved for TDX", "got 7"],
  ],
  [
    "AES-XTS-128 with integrity as TME policy",
    { tmeActivate: MSRS.tmeActivate | 0x10n },
    ["TME policy", "got AES-XTS-128 with integrity"],
  ],
  [
    "AES-XTS-256 with integrity as TME policy",
    { tmeActivate: MSRS.tmeActivate | 0x30n },
    ["TME policy", "got AES-XTS-256 with integrity"],
  ],
  [
    "a reserved TME policy",
    { tmeActivate: MSRS.tmeActivate | 0x40n },
    ["TME policy", "reserved encoding 4"],
  ],
  [
    "registers that contradict each other",
    { keyIdPartitioning: 0x0000_0040_0000_003fn },
    ["Expected 31 shared and 32 private", "got 63 and 64"],
  ],
  ["a register over 64 bits", { tmeActivate: 1n << 64n }, ["64-bit"]],
  ["a negative register", { keyIdPartitioning: -1n }, ["64-bit", "-1"]],
  ["a capability over 64 bits", { tmeCapability: 1n << 64n }, ["64-bit"]],
  ["MAXPA 53", { maxPa: 53 }, ["maxPa", "32 to 52", "53"]],
];

for (const [what, msrs, words] of REFUSALS) {
  Deno.test(`KeyIdSpace.fromMsrs() refuses ${what}`, () => {
    const { message } = assertThrows(() => KeyIdSpace.fromMsrs({ ...MSRS, ...msrs }), RangeError);
    for (const word of words) assertEquals(message.includes(word), true, message);
  });
}

Deno.test("KeyIdSpace.fromMsrs() takes as many KeyID bits as the capability gives", () => {
  assertEquals(KeyIdSpace.fromMsrs({ ...MSRS, tmeCapability: 6n << 32n }).keyIdBits, 6);
});

// What is wrong, the numbers, words of the message.
const BAD_RANGES: readonly (readonly [string, Partial<KeyIdRanges>, string])[] = [
  ["MAXPA 31", { maxPa: 31 }, "maxPa to be a whole number from 32 to 52, got 31"],
  ["MAXPA 52.5", { maxPa: 52.5 }, "got 52.5"],
  ["MAXPA NaN", { maxPa: NaN }, "got NaN"],
  ["16 KeyID bits", { keyIdBits: 16 }, "keyIdBits to be a whole number from 0 to 15, got 16"],
  ["-1 KeyID bits", { keyIdBits: -1 }, "got -1"],
  ["-1 shared KeyIDs", { shared: -1 }, "shared to be a whole number from 0 to 32767, got -1"],
  ["2^15 private KeyIDs", { private: 32768 }, "private to be a whole number from 0 to 32767"],
  ["more KeyIDs than bits", { private: 33 }, "at most 64 KeyIDs for 6 KeyID bits, got 65"],
];

for (const [what, ranges, words] of BAD_RANGES) {
  Deno.test(`new KeyIdSpace() refuses ${what}`, () => {
    assertThrows(() => new KeyIdSpace({ ...RANGES, ...ranges }), RangeError, words);
  });
}

Deno.test("KeyIdSpace.hostsTds needs two private KeyIDs", () => {
  for (const [count, hosts] of [[0, false], [1, false], [2, true]] as const) {
    assertEquals(new KeyIdSpace({ ...RANGES, private: count }).hostsTds, hosts);
  }
});

Deno.test("KeyIdSpace.encode() refuses KeyID bits in the address and KeyIDs there are not", () => {
  const keyIds = new KeyIdSpace({ ...RANGES, private: 16 });
  assertEquals(keyIds.encode(0x3fff_ffff_ffff, 47), 0xb_ffff_ffff_ffff);
  for (const pa of [0x4000_0000_0000, -1, 0.5, NaN]) {
    assertThrows(() => keyIds.encode(pa, 0), RangeError, "pa");
  }
  for (const keyId of [48, -1, 1.5]) {
    assertThrows(() => keyIds.encode(0, keyId), RangeError, "keyId");
    assertThrows(() => keyIds.kind(keyId), RangeError, "from 0 to 47");
  }
});

Deno.test("KeyIdSpace.decode() refuses more than MAXPA bits", () => {
  const keyIds = new KeyIdSpace(RANGES);
  assertEquals(keyIds.decode(2 ** 52 - 1), { pa: 2 ** 46 - 1, keyId: 63 });
  for (const address of [2 ** 52, -1, 0.5]) {
    assertThrows(() => keyIds.decode(address), RangeError, "address");
  }
});

Deno.test("KeyIdSpace.decode() gives back what encode() took, as bits say it", () => {
  const space = fc.record({ maxPa: fc.integer({ min: 32, max: 52 }), keyIdBits: fc.nat(15) })
    .chain(({ maxPa, keyIdBits }) =>
      fc.record({
        maxPa: fc.constant(maxPa),
        keyIdBits: fc.constant(keyIdBits),
        pa: fc.maxSafeNat().map((bits) => bits % 2 ** (maxPa - keyIdBits)),
        keyId: fc.nat(2 ** keyIdBits - 1),
      })
    );
  fc.assert(fc.property(space, ({ maxPa, keyIdBits, pa, keyId }) => {
    const keyIds = new KeyIdSpace({
      maxPa,
      keyIdBits,
      shared: 2 ** keyIdBits - 1,
      private: 0,
    });
    const address = keyIds.encode(pa, keyId);
    assertEquals(BigInt(address), BigInt(keyId) << BigInt(maxPa - keyIdBits) | BigInt(pa));
    assertEquals(keyIds.decode(address), { pa, keyId });
  }));
});

Deno.test("KeyIdSpace.key() gives access and integrity by the kind of KeyID", () => {
  const keyIds = new KeyIdSpace(RANGES);
  assertEquals(keyIds.key(0), { keyId: 0, generation: 0, access: "shared", integrity: false });
  assertEquals(keyIds.key(1), { keyId: 1, generation: 0, access: "shared", integrity: false });
  assertEquals(
    keyIds.key(31, { integrity: true, generation: 2 }),
    { keyId: 31, generation: 2, access: "shared", integrity: true },
  );
  assertEquals(keyIds.key(32), { keyId: 32, generation: 0, access: "private", integrity: true });
});

Deno.test("KeyIdSpace.key() refuses what the hardware refuses", () => {
  const keyIds = new KeyIdSpace(RANGES);
  assertThrows(() => keyIds.key(0, { integrity: true }), RangeError, "KeyID 0");
  assertThrows(() => keyIds.key(0, { generation: 1 }), RangeError, "generation 1");
  assertThrows(() => keyIds.key(32, { integrity: false }), RangeError, "private KeyID 32");
  assertThrows(() => keyIds.key(64), RangeError, "keyId");
  assertThrows(() => keyIds.key(1, { generation: -1 }), RangeError, "generation");
  const plain = new KeyIdSpace({ ...RANGES, integrityAllowed: false });
  assertThrows(() => plain.key(1, { integrity: true }), RangeError, "IA32_TME_ACTIVATE");
});

// KeyID bits and bits for TDX of IA32_TME_ACTIVATE, the capability's KeyID bits, shared and private KeyIDs;
// whether hardware could be like that.
const LAYOUTS = [
  [8, 1, 8, 127, 128, true],
  [9, 8, 15, 1, 510, true],
  [8, 1, 7, 127, 128, false],
  [6, 1, 6, 31, 31, false],
  [6, 1, 6, 30, 32, false],
  [6, 1, 6, 30, 31, false],
  [6, 1, 6, 31, 32, true],
] as const;

Deno.test("KeyIdSpace.fromMsrs() reads every bit of the layout, and refuses what does not fit", () => {
  for (const [bits, tdx, most, shared, privates, fits] of LAYOUTS) {
    const read = () =>
      KeyIdSpace.fromMsrs({
        tmeActivate: BigInt(tdx) << 36n | BigInt(bits) << 32n,
        keyIdPartitioning: BigInt(privates) << 32n | BigInt(shared),
        tmeCapability: BigInt(most) << 32n,
        maxPa: 52,
      });
    if (!fits) assertThrows(read, RangeError, "Expected");
    else assertEquals([read().shared, read().private, read().keyIdBits], [shared, privates, bits]);
  }
});
