import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { GiB, KeyIdSpace, MiB } from "@tdx/core";
import { gnr } from "@tdx/platform-gnr";
import { checkInvariants, type TdxModule } from "@tdx/seam";
import { createTdHost, type TdHostOptions } from "./td_host.ts";

function host(options: Partial<TdHostOptions> = {}) {
  return createTdHost({ platform: gnr, guestBytes: 4 * MiB, vcpus: 2, ...options });
}

function pagesByType(module: TdxModule): Record<string, number> {
  const pages: Record<string, number> = {};
  module.forEachPages(({ type }, count) => pages[type] = (pages[type] ?? 0) + count);
  delete pages.NDA;
  return pages;
}

Deno.test("createTdHost() builds a TD that has every guest line dirty in the caches", () => {
  const { memory, module, tdr } = host();
  const { key, lifeCycle, opState, mappings } = module.td(tdr)!;
  assertEquals([key?.keyId, lifeCycle, opState], [33, "KEYS_CONFIGURED", "RUNNABLE"]);
  assertEquals(mappings, [{ gpa: 0, level: 0, pages: 1024 }]);
  assertEquals(checkInvariants(module), []);

  const isSecret = ({ keyId, data, dirty }: { keyId: number; data: unknown; dirty: boolean }) =>
    keyId === 33 && data === "secret" && dirty;
  assertEquals(memory.countLines(({ copies }) => copies.some(isSecret)), 4 * MiB / 64);
  assertEquals(memory.countLines(({ copies }) => copies.some(isSecret), 0, 4 * MiB), 4 * MiB / 64);
});

Deno.test("createTdHost() adds the control pages that the guest needs", () => {
  // Guest bytes, vCPUs, Secure EPT pages: ceil(n / 512), ceil(n / 512^2), ceil(n / 512^3).
  const table = [
    [4096, 1, 1 + 1 + 1], // n = 1
    [2 * MiB, 1, 1 + 1 + 1], // n = 512
    [2 * MiB + 4096, 3, 2 + 1 + 1], // n = 513
    [GiB + 4096, 2, 513 + 2 + 1], // n = 262,145
    [512 * GiB + 4096, 64, 262_145 + 513 + 2], // n = 134,217,729
  ] as const;
  for (const [guestBytes, vcpus, ept] of table) {
    const { module, tdr } = host({ guestBytes, vcpus });
    // A vCPU is 1 TDVPR and 5 TDCX pages, the TDCS 6 TDCX pages.
    const expected = { TDR: 1, TDVPR: vcpus, TDCX: 5 * vcpus + 6, EPT: ept };
    assertEquals(pagesByType(module), { REG: guestBytes / 4096, ...expected });
    assertEquals(module.td(tdr)!.children, guestBytes / 4096 + 6 * vcpus + 6 + ept);
  }
});

Deno.test("createTdHost() takes the memory of the host, and keeps the guest at address 0", () => {
  const { memory, module } = host({ hostBytes: 8 * GiB });
  assertEquals([memory.bytes, module.page(0)?.type, module.page(4 * MiB)?.type], [
    8 * GiB,
    "REG",
    "TDR",
  ]);
  assertEquals(host().memory.bytes, GiB);
  // 261,618 guest pages and 526 control pages, 513 of them Secure EPT, are 1 GiB to the last page.
  const full = host({ guestBytes: 261_618 * 4096, vcpus: 1, hostBytes: GiB });
  assertEquals(full.module.page(GiB - 4096)?.type, "EPT");
});

Deno.test("createTdHost() scatters the guest by the seed, below the control pages", () => {
  const frames = (scatterSeed: number): number[] => {
    const { memory, module, tdr } = host({ hostBytes: 2 * GiB, scatterSeed });
    assertEquals(memory.bytes, 2 * GiB);
    // 23 control pages take one block of 2 MiB at the end.
    assertEquals(tdr, 2 * GiB - 2 * MiB);
    assertEquals(pagesByType(module), { REG: 1024, TDR: 1, TDVPR: 2, TDCX: 16, EPT: 4 });
    assertEquals(checkInvariants(module), []);
    const found: number[] = [];
    for (let frame = 0; frame < 2 ** 19; frame++) {
      if (module.page(frame * 4096)?.type === "REG") found.push(frame);
    }
    const owned = memory.countLines(({ copies }) => copies.some(({ dirty }) => dirty));
    assertEquals([found.length, owned], [1024, 1024 * 64]);
    return found;
  };
  const first = frames(1);
  assertEquals(frames(1), first);
  assertNotEquals(frames(2), first);
});

Deno.test("createTdHost() refuses a host that the TD does not fit into", () => {
  // Guest and control pages are 1024 + 23.
  const wanted = "Expected host memory as a multiple of 1 GiB that holds 4288512 bytes of guest " +
    "and control pages, got ";
  for (const hostBytes of [0, -GiB, 4 * MiB, 1.5 * GiB, Number.NaN, Infinity]) {
    const { message } = assertThrows(() => host({ hostBytes }), RangeError);
    assertEquals(message, `${wanted}${hostBytes} bytes`);
  }
  assertThrows(() => host({ hostBytes: 2 ** 50 }), RangeError, "Expected at most 70368744177664");
  // 261,376 guest pages; 532 control pages, 513 of them Secure EPT, take two blocks of 512.
  const tight = { guestBytes: GiB - 3 * MiB, hostBytes: GiB, scatterSeed: 1 };
  assertThrows(() => host(tight), RangeError, "bytes of guest memory to scatter over a host of");
  assertThrows(
    () => host({ hostBytes: 32 * 1024 * GiB, scatterSeed: 1 }),
    RangeError,
    "Expected a multiple of 512 frames up to 2^32 to pick from",
  );
});

Deno.test("createTdHost() takes mode and KeyIDs, and the second private KeyID for the TD", () => {
  const keyIds = new KeyIdSpace({ maxPa: 46, keyIdBits: 4, shared: 3, private: 2 });
  const { memory, module, tdr } = host({ mode: "Li", keyIds });
  assertEquals([memory.mode, memory.keyIds], ["Li", keyIds]);
  assertEquals([module.globalKey.keyId, module.td(tdr)!.hkid], [4, 5]);
  assertEquals(host().memory.mode, "Ci");
});

Deno.test("createTdHost() fills an address space that is smaller than 1 GiB", () => {
  // 2^(32 - 6) bytes are 64 MiB.
  const keyIds = new KeyIdSpace({ maxPa: 32, keyIdBits: 6, shared: 31, private: 32 });
  assertEquals(host({ keyIds }).memory.bytes, 64 * MiB);
  assertThrows(() => host({ keyIds, guestBytes: 64 * MiB }), RangeError, "below 67108864 bytes");
});

Deno.test("createTdHost() refuses guest memory that no TD can have", () => {
  const wanted = "Expected guest memory as a positive multiple of 4096 bytes, got ";
  for (const guestBytes of [0, -4096, 5000, 4096.5, Number.NaN, Infinity, 2 ** 60]) {
    const { message } = assertThrows(() => host({ guestBytes }), RangeError);
    assertEquals(message, `${wanted}${guestBytes}`);
  }
  // Exactly what MAXPA 52 less 6 KeyID bits holds, so that the control pages do not fit.
  assertThrows(
    () => host({ guestBytes: 2 ** 46 }),
    RangeError,
    "Expected guest and control pages below 70368744177664 bytes, where the KeyID bits of MAXPA 52",
  );
});

Deno.test("createTdHost() refuses no vCPU, a part of one, and more than 16 bits of them", () => {
  for (const vcpus of [0, -1, 1.5, Number.NaN, 65_536]) {
    const { message } = assertThrows(() => host({ vcpus }), RangeError);
    assertEquals(message, `Expected vcpus to be a whole number from 1 to 65535, got ${vcpus}`);
  }
});

Deno.test("createTdHost() refuses a machine that cannot host TDs", () => {
  const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 1, shared: 0, private: 1 });
  assertThrows(() => host({ keyIds }), RangeError, "at least 2 private KeyIDs");
});

Deno.test("createTdHost() has room for the pairs of Dynamic PAMT (X6)", () => {
  // 261,120 guest pages, their Secure EPT, and a pair for each of some 510 regions: over 1 GiB. 4 MiB
  // less, and the host may be of 1 GiB.
  for (
    const options of [
      { guestBytes: GiB - 4 * MiB },
      { guestBytes: GiB - 8 * MiB },
      // Scattered they can be in any of the host's 8,192 regions.
      { guestBytes: 64 * MiB, hostBytes: 16 * GiB, scatterSeed: 1 },
    ]
  ) {
    const { memory, module } = host({ ...options, dynamicPamt: true });
    assertEquals(module.dynamicPamt, true);
    for (const { pages } of module.pamtPairs()) {
      for (const pa of pages) assertEquals(pa < memory.bytes, true);
    }
    assertEquals(checkInvariants(module), []);
  }
});
