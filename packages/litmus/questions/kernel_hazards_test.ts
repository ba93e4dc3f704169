import { assertEquals } from "@std/assert";
import { defineLinux, linux, LINUX_HISTORY } from "@tdx/linux";
import { emr } from "@tdx/platform-emr";
import { gnr } from "@tdx/platform-gnr";
import { spr } from "@tdx/platform-spr";
import { kernelHazards } from "./kernel_hazards.ts";

// Version; what it leaves open without the erratum, and with it.
const OPEN = [
  ["6.16", "", ""],
  ["6.17", "", ""],
  ["6.18", "R0 N1", ""],
  ["6.19", "R0 N1 X2", "X2"],
  ["7.2", "R0 N1 X2", "X2"],
  ["7.4", "R0 N1 X2 X6", "X2 X6"],
] as const;

for (const [version, without, withErratum] of OPEN) {
  Deno.test(`kernelHazards() of Linux ${version} (N1, N5, X2, X6)`, async () => {
    for (
      const [platform, ids] of [[gnr, without], [spr, withErratum], [emr, withErratum]] as const
    ) {
      const { hazards, closed } = await kernelHazards(platform, linux(version));
      const open = hazards.map(({ id }) => id);
      assertEquals(open.join(" "), ids, platform.name);
      assertEquals([...open, ...closed.map(({ id }) => id)].sort(), ["N1", "N5", "R0", "X2", "X6"]);
    }
  });
}

Deno.test("kernelHazards() has the shortest ways, and says why there are no others", async () => {
  const ways = async (platform: typeof gnr, version: string) => {
    const { hazards } = await kernelHazards(platform, linux(version));
    return hazards.map(({ id, harm, witness }) =>
      `${id} ${harm}: ${witness.map(({ op, rule }) => `${op} ${rule}`).join(", ")}`
    );
  };
  assertEquals(await ways(gnr, "7.2"), [
    "R0 machine check: load R0",
    "N1 machine check: load R0",
    "X2 lost data: partial write W4, eviction W1, load L4",
  ]);
  assertEquals(await ways(spr, "7.2"), ["X2 machine check: partial write W5, load R0"]);
  assertEquals(
    (await ways(spr, "7.4"))[1],
    "X6 machine check: eviction W1, partial write W5, load R0",
  );
  assertEquals((await ways(gnr, "7.4"))[3], "X6 lost data: partial write W4, eviction W1, load L4");
  for (const { from } of LINUX_HISTORY) {
    const { closed } = await kernelHazards(emr, linux(from));
    const why = closed.find(({ id }) => id === "N1")?.why;
    assertEquals(why, "the kernel clears the page, which removes transient poison");
  }
});

Deno.test("kernelHazards() says what a fix changes, and takes the worse of what is unknown", async () => {
  const ids = async (kernel: ReturnType<typeof linux>) =>
    (await kernelHazards(gnr, kernel)).hazards.map(({ id }) => id).join(" ");
  const base = linux("7.2");
  const change = (facts: Partial<typeof base>) =>
    ids(defineLinux({ ...base, version: "mine", ...facts }));
  assertEquals(await change({ retiresSeamNrPage: true }), "R0 X2");
  assertEquals(await change({ refusedGuestPage: "leaked" }), "R0 N1");
  assertEquals(await change({ reset: "always", resetSymbol: "tdx_clear_page" }), "X2");
  assertEquals(await change({ heedsSeamNr: false }), "R0 X2");
  assertEquals(await ids(linux("6.8.0-1014-intel")), "R0 N1 X2 X6");
});
