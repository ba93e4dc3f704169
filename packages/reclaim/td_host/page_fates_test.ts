import { assertEquals } from "@std/assert";
import { type FrameMap, GiB, MiB, PAGE_BYTES } from "@tdx/core";
import { linux } from "@tdx/linux";
import { emr } from "@tdx/platform-emr";
import { gnr } from "@tdx/platform-gnr";
import {
  busyAfterEach,
  CONTROL_PAGES,
  GUEST_PAGES,
  smallHost,
  tearDown,
} from "../_fixtures_test.ts";
import { followPages, PAGE_FATES, type PageFate } from "./page_fates.ts";
import { createTdHost } from "./td_host.ts";
import { TEARDOWN_PATHS } from "../teardown/options.ts";

const HOST_PAGES = GiB / PAGE_BYTES;

/** How many pages have each fate; those that are not the TD's left out. */
function counted(fates: FrameMap): Partial<Record<PageFate, number>> {
  const counts = PAGE_FATES.map((name, i) => [name, fates.count((value) => value === i)] as const);
  return Object.fromEntries(counts.filter(([name, count]) => name !== "other" && count > 0));
}

// Platform, policy, whether the host uses the pages; what becomes of them.
for (
  const [platform, policy, reuse, expected] of [
    [emr, "quirk", true, { used: GUEST_PAGES, free: CONTROL_PAGES }],
    [emr, "never", true, { retired: GUEST_PAGES, free: CONTROL_PAGES }],
    [emr, "never", false, { free: GUEST_PAGES + CONTROL_PAGES }],
    [gnr, "never", true, { used: GUEST_PAGES, free: CONTROL_PAGES }],
  ] as const
) {
  for (const path of TEARDOWN_PATHS) {
    const use = reuse ? "used" : "left alone";
    Deno.test(`followPages() on ${platform.name}, ${policy}, ${path}, pages ${use}`, async () => {
      const host = smallHost(platform);
      const { onBack, fates } = followPages(host);
      const report = await tearDown(host, { path, reuse, onBack }, { policy });
      assertEquals(counted(fates()), expected);
      assertEquals(report.retiredPages, "retired" in expected ? GUEST_PAGES : 0);
      assertEquals(fates().frames, HOST_PAGES);
    });
  }
}

Deno.test("followPages() tells met poison from poison that waits, and leaves leaked pages leaked", async () => {
  for (const [reuse, fate] of [[true, "retired"], [false, "poisoned"]] as const) {
    const host = smallHost(gnr);
    const { onBack, fates } = followPages(host);
    // Two pages of the TD, and one that never was.
    host.memory.poison([0x1000, 0x3fc0, GiB - 64]);
    // Pages are reclaimed ascending: page 3 is refused, and leaves the TDR with a child.
    let injected = false;
    await tearDown(host, {
      path: "terminate",
      reuse,
      onBack,
      onProgress: ({ phase }) => {
        if (injected || phase !== "reclaim pages") return;
        host.module.inject({ busyAfter: busyAfterEach(3) });
        injected = true;
      },
    });
    const map = fates();
    const at = (page: number) => PAGE_FATES[map.get(page)];
    assertEquals([at(1), at(3), at(host.tdr / PAGE_BYTES)], [fate, "leaked", "leaked"]);
    assertEquals([counted(map).leaked, at(HOST_PAGES - 1)], [2, "poisoned"]);
  }
});

Deno.test("followPages() counts what the report counts, in scattered memory, on both paths", async () => {
  for (const path of TEARDOWN_PATHS) {
    const host = createTdHost({
      platform: emr,
      guestBytes: 64 * MiB,
      vcpus: 2,
      hostBytes: 4 * GiB,
      scatterSeed: 5,
    });
    const { onBack, fates } = followPages(host);
    let injected = 0;
    const report = await tearDown(host, {
      path,
      reuse: true,
      onBack,
      // Every hundredth SEAMCALL on pages is refused, those of D1 to D4 among them.
      onProgress: ({ phase }) => {
        const pages = phase === "remove guest pages" || phase === "reclaim pages";
        host.module.inject(pages ? { busyAfter: () => (injected++, 99) } : {});
      },
      // From 6.19 on they come back, and what CACHE.WB writes back later hides what was met in them.
    }, { policy: "never", kernel: linux("6.18") });
    const { leaked, retired } = counted(fates());
    assertEquals([leaked, retired], [report.leakedPages, report.retiredPages]);
    assertEquals(injected > 0 && report.leakedPages > 0, true);
  }
});
