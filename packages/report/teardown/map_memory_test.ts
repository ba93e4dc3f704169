import { assertEquals, assertThrows } from "@std/assert";
import { FrameMap, GiB, KiB, MiB, TiB } from "@tdx/core";
import { createReclaimer, createTdHost, followPages, PAGE_FATES, type TdHost } from "@tdx/reclaim";
import { gnr } from "@tdx/platform-gnr";
import { spr } from "@tdx/platform-spr";
import { mapMemory, type MemoryMap } from "./map_memory.ts";

const NONE = { other: 0, free: 0, used: 0, leaked: 0, poisoned: 0, retired: 0 };

/** A host of 1 GiB after the teardown of a TD of 4 MiB, with two lines of page 5 poisoned. */
async function tornDown(reuse: boolean): Promise<[TdHost, FrameMap]> {
  const host = createTdHost({ platform: gnr, guestBytes: 4 * MiB, vcpus: 1 });
  const { memory, module, tdr } = host;
  memory.poison([0x5000, 0x5fc0]);
  const { onBack, fates } = followPages(host);
  // The tenth page finds its lock taken, and the TDR has a child then.
  const busy = [9];
  const options = {
    path: "terminate" as const,
    reuse,
    onBack,
    onProgress: ({ phase }: { readonly phase: string }) => {
      if (phase === "reclaim pages") module.inject({ busyAfter: () => busy.shift() ?? Infinity });
    },
  };
  await createReclaimer({ memory }).teardown(module, tdr, options);
  return [host, fates()];
}

Deno.test("mapMemory() counts pages by fate in equal stretches, and all together", async () => {
  const map = mapMemory(...await tornDown(true), { cells: 256 });
  assertEquals([map.bytes, map.cellBytes, map.cells.length], [GiB, 4 * MiB, 256]);
  assertEquals(map.cells[0], { ...NONE, used: 1022, leaked: 1, retired: 1 });
  // Control pages: Secure EPT 2 + 1 + 1, vCPU 6, TDCS 6, TDR 1, of which the TDR is leaked.
  assertEquals(map.cells[1], { ...NONE, other: 1024 - 17, free: 16, leaked: 1 });
  assertEquals(map.cells[255], { ...NONE, other: 1024 });
  assertEquals(map.total, {
    ...NONE,
    other: 262_144 - 1024 - 17,
    free: 16,
    used: 1022,
    leaked: 2,
    retired: 1,
  });
});

/** The retired pages of all cells by where their poison came from. */
function retired({ retiredBy }: MemoryMap): Record<string, number> {
  return Object.fromEntries(
    Object.entries(retiredBy).map(([origin, cells]) => [origin, cells.reduce((a, b) => a + b)]),
  );
}

Deno.test("mapMemory() counts retired pages by where their poison came from, and no others", async () => {
  const none = { "integrity": 0, "partial-write": 0, "hardware-transient": 0, "hardware-stuck": 0 };
  const struck = mapMemory(...await tornDown(true));
  assertEquals(retired(struck), { ...none, "hardware-transient": 1 });
  assertEquals(struck.retiredBy["hardware-transient"].slice(0, 2), [1, 0]);
  assertEquals(retired(mapMemory(...await tornDown(false))), none);

  const host = createTdHost({ platform: spr, guestBytes: 4 * MiB, vcpus: 1 });
  host.memory.poison(0x7000, { stuck: true });
  const { onBack, fates } = followPages(host);
  await createReclaimer({ memory: host.memory, policy: "never" })
    .teardown(host.module, host.tdr, { path: "terminate", reuse: true, onBack });
  const before = fates().count((fate) => PAGE_FATES[fate] === "retired");
  // One line of the eighth page is stuck, the others are poisoned as in every page.
  assertEquals(retired(mapMemory(host, fates())), {
    ...none,
    "partial-write": 1024,
    "hardware-stuck": 1,
  });
  assertEquals(fates().count((fate) => PAGE_FATES[fate] === "retired"), before);
});

Deno.test("mapMemory() lists the first bad pages, with the PAMT's word and their poison", async () => {
  const [host, fates] = await tornDown(true);
  const { tdr } = host;
  const { listed } = mapMemory(host, fates);
  assertEquals(
    listed.map(({ pa, fate, type, poisonedLines, origins }) =>
      [pa === tdr ? "TDR" : pa, fate, type, poisonedLines, origins.join()].join(" ")
    ),
    [
      "20480 retired NDA 2 hardware-transient",
      "36864 leaked REG 0 ",
      "TDR leaked TDR 0 ",
    ],
  );
  const unused = mapMemory(...await tornDown(false), { list: 1 });
  assertEquals(unused.listed.map(({ pa, fate }) => [pa, fate]), [
    [0x5000, "poisoned"],
    [0x9000, "leaked"],
  ]);
});

Deno.test("mapMemory() cuts memory that does not divide, the last cell short", async () => {
  const map = mapMemory(...await tornDown(true), { cells: 1000 });
  assertEquals([map.cellBytes, map.cells.length], [263 * 4 * KiB, 997]);
  const pages = (cell: number) => Object.values(map.cells[cell]!).reduce((a, b) => a + b);
  assertEquals([pages(0), pages(996)], [263, 262_144 - 996 * 263]);
});

Deno.test("mapMemory() takes no longer for a terabyte that hardly varies", () => {
  const host = createTdHost({ platform: gnr, guestBytes: 4 * MiB, vcpus: 1, hostBytes: TiB });
  const fates = new FrameMap(TiB / 4096, 0);
  fates.set(2 ** 27, 2 ** 27, PAGE_FATES.indexOf("retired"));
  const started = performance.now();
  const map = mapMemory(host, fates);
  assertEquals(performance.now() - started < 1000, true);
  assertEquals([map.total.retired, map.cells[511]!.retired, map.cells[512]!.retired], [
    2 ** 27,
    0,
    2 ** 18,
  ]);
  assertEquals(map.listed.length, 10);
});

Deno.test("mapMemory() refuses fates of another memory", async () => {
  const [host] = await tornDown(true);
  assertThrows(
    () => mapMemory(host, new FrameMap(512, 0)),
    RangeError,
    "Expected the fates of 1073741824 bytes, got those of 512 pages",
  );
});
