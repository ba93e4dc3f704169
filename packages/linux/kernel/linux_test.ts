import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { LINUX_HISTORY, NEWEST_LINUX } from "./history.ts";
import type { KernelFacts } from "./kernel.ts";
import { linux } from "./linux.ts";
import { parseRelease } from "./release.ts";

/** The rows X1 to X6 and N1, for each of the versions. */
const VERSIONS = ["6.16", "6.17", "6.18", "6.19", "7.0", "7.1", "7.2", "7.3", "7.4"];
const ROWS: readonly (readonly [string, keyof KernelFacts, readonly unknown[]])[] = [
  ["X1", "reset", ["always", "always", ...Array(7).fill("quirk")]],
  ["X1", "resetSymbol", [
    ...Array(2).fill("tdx_clear_page"),
    ...Array(4).fill("tdx_quirk_reset_page"),
    ...Array(3).fill("tdx_quirk_reset_paddr"),
  ]],
  ["X2", "refusedGuestPage", [...Array(3).fill("leaked"), ...Array(6).fill("returned")]],
  ["X3", "refusedControlPage", Array(9).fill("leaked")],
  ["X4", "kexec", [
    ...Array(2).fill("not-built"),
    ...Array(4).fill("refused"),
    ...Array(3).fill("after-disable"),
  ]],
  ["X5", "moduleVersion", [
    ...Array(4).fill("nowhere"),
    ...Array(2).fill("log"),
    ...Array(3).fill("sysfs"),
  ]],
  ["X5", "runtimeUpdate", [...Array(6).fill(false), ...Array(3).fill(true)]],
  ["X6", "dynamicPamt", [...Array(8).fill(false), true]],
  ["N1", "retiresSeamNrPage", Array(9).fill(false)],
  ["N13", "heedsSeamNr", Array(9).fill(true)],
];

for (const [id, fact, expected] of ROWS) {
  Deno.test(`linux() knows ${fact} of each version (${id})`, () => {
    assertEquals(VERSIONS.map((version) => linux(version)[fact]), [...expected]);
  });
}

Deno.test("linux() names the commits behind what differs, as links", () => {
  const commits = (version: string) =>
    linux(version).sources.filter(({ commit }) => commit !== undefined)
      .map(({ shows, commit }) => `${shows} ${commit}`);
  assertEquals(commits("6.17"), ["reset 8d032b683c299", "heedsSeamNr 7911f145de5f"]);
  assertEquals(commits("6.18"), [
    "heedsSeamNr 7911f145de5f",
    "reset 01fb93a363e0",
    "kexec b18651f70ce0",
  ]);
  assert(commits("6.19").includes("refusedGuestPage ce7b5695397b"));
  assertEquals(commits("7.2").filter((each) => each.startsWith("kexec")), [
    "kexec 5b25f249be32",
    "kexec b7d2173946ef",
    "kexec 5209e5bfe5ca",
    "kexec 597bdf6e068e",
  ]);
  const [source] = linux("6.17").sources;
  assertEquals(source!.url, "https://git.kernel.org/torvalds/c/8d032b683c299");
});

Deno.test("linux() is exact for what is released, and assumes the rest", () => {
  assertEquals(linux(), linux(NEWEST_LINUX));
  const cases: [string, string, RegExp?][] = [
    ["6.16", "exact"],
    ["6.18.0", "exact"],
    ["6.19.3", "exact"],
    ["7.3", "exact"],
    ["6.18-rc3", "assumed", /release candidate: assumed to be as Linux 6\.18$/],
    ["7.4", "assumed", /not released/],
    ["7.4.0-rc1", "assumed", /not released/],
    ["7.5", "assumed", /newer than the table: assumed to be as 7\.4$/],
    ["8.1.2", "assumed", /newer than the table/],
  ];
  for (const [version, confidence, note] of cases) {
    const kernel = linux(version);
    assertEquals([kernel.version, kernel.confidence], [version, confidence]);
    assertEquals(kernel.note !== undefined, note !== undefined, version);
    if (note !== undefined) assertMatch(kernel.note!, note);
  }
  assertEquals(linux("9.9").dynamicPamt, true);
});

Deno.test("linux() believes no version that a distribution may have changed", () => {
  for (
    const release of [
      "6.8.0-1014-intel",
      "5.14.0-503.el9",
      "6.18.4-200.fc43.x86_64",
      "6.18.0+",
      "6.18-rc3-00012-gdeadbeef",
      "6.16.12+deb14-amd64",
    ]
  ) {
    const { confidence, note, sources, version, ...facts } = linux(release);
    assertEquals([confidence, version, sources], ["unknown", release, []]);
    assertMatch(note!, /version proves nothing/);
    assertEquals(new Set(Object.values(facts)), new Set(["unknown"]));
  }
});

Deno.test("linux() takes a kernel with both functions for the newer one, which heeds the flag", () => {
  for (const reset of ["tdx_quirk_reset_page", "tdx_quirk_reset_paddr"]) {
    const both = linux("6.8.0-1014-intel", { symbols: ["tdx_clear_page", reset] });
    assertEquals([both.reset, both.resetSymbol], ["quirk", reset]);
  }
});

Deno.test("linux() believes symbols and log lines more than a version", () => {
  const el9 = "5.14.0-503.el9";
  const shown = (symbols: string[], log: string[] = [], release = el9) => {
    const { reset, resetSymbol, kexec, dynamicPamt, refusedGuestPage } = linux(release, {
      symbols,
      log,
    });
    return { reset, resetSymbol, kexec, dynamicPamt, refusedGuestPage };
  };
  const nothing = shown([]);
  assertEquals(new Set(Object.values(nothing)), new Set(["unknown"]));
  for (const resetSymbol of ["tdx_quirk_reset_page", "tdx_quirk_reset_paddr"]) {
    assertEquals(shown([resetSymbol]), { ...nothing, reset: "quirk", resetSymbol });
  }
  const clear = { reset: "always", resetSymbol: "tdx_clear_page" } as const;
  assertEquals(shown(["other", "tdx_clear_page"]), { ...nothing, ...clear });
  assertEquals(shown(["tdx_sys_disable"]).kexec, "after-disable");
  assertEquals(shown(["tdx_pamt_put"]).dynamicPamt, true);
  assertEquals(
    shown([], ["[ 1.0] kexec: Not allowed on platform with tdx_pw_mce bug"]).kexec,
    "refused",
  );
  const failed = "[9.0] virt/tdx: TDH.SYS.DISABLE failed: 0xc000010000000000";
  assertEquals(shown([], [failed]).kexec, "after-disable");
  assertEquals(shown(["tdx_quirk_reset_page"], [], "6.17").reset, "quirk");
  const { sources } = linux("6.17", { symbols: ["tdx_quirk_reset_page"] });
  assertEquals(sources.filter(({ shows }) => shows === "reset"), [
    { shows: "reset", what: "symbol tdx_quirk_reset_page" },
  ]);
});

Deno.test("linux() refuses what is no version, and mainline before TDX hosts", () => {
  for (
    const text of ["", "six", "6", "6.", "v6.18", "6.18.1.2", "6.18 x", "6.-1", "6.18\0", "2.6"]
  ) {
    assertThrows(() => linux(text), RangeError, "Expected release to be");
  }
  assertThrows(() => linux("6.20"), RangeError, "at most Linux 6.19 in its series, got");
  assertThrows(() => linux("5.20.1"), RangeError, "at most Linux 5.19");
  // The last of each series, and the first that has three numbers no more.
  for (const last of ["3.0", "3.19", "4.20", "5.19", "6.19"]) {
    assertEquals(parseRelease(last).suffix, "");
  }
  for (const none of ["3.20", "4.21", "2.6"]) assertThrows(() => parseRelease(none), RangeError);
  for (const text of ["6.15", "6.15.9", "6.10", "5.14", "4.4.302"]) {
    assertThrows(() => linux(text), RangeError, "Linux 6.16 or later, which can host TDs, got");
  }
});

Deno.test("the history is in order, and its first entry has every fact", () => {
  const versions = LINUX_HISTORY.map(({ from }) => from);
  assertEquals(versions, ["6.16", "6.18", "6.19", "7.0", "7.2", "7.4"]);
  const { version: _v, confidence: _c, sources: _s, ...facts } = linux("6.16");
  assertEquals(new Set(Object.keys(LINUX_HISTORY[0].changes)), new Set(Object.keys(facts)));
  for (const { changes, sources } of LINUX_HISTORY) {
    for (const { shows } of sources) assert(shows in changes, shows);
  }
});
