import { assertEquals } from "@std/assert";
import type { Platform } from "@tdx/core";
import { NEWEST_LINUX } from "@tdx/linux";
import { actOf, FAULT_ACTS } from "./panel.ts";
import { play } from "./play.ts";
import { type Act, START } from "./situation.ts";
import { actWords, hostConsequence, outcomeWords, tdConsequence } from "./words.ts";

type Nr = Platform["machineCheck"];
const partial = actOf("host", "partial-write", "keyid0", 0);
const load = actOf("host", "load", "keyid0", 0);
const clear = actOf("host", "movdir64b", "keyid0", 0);
const [transient, stuck, corrupt] = FAULT_ACTS as [Act, Act, Act];

// Clicks on a line that a TD has written, in Ci mode; what the last one says on spr.
const SAID: readonly [string, readonly Act[], string][] = [
  ["a silent poisoning (W5)", [partial], "Memory is poisoned by a partial write."],
  ["a host machine check (R0)", [partial, load], "The host consumed poison: machine check."],
  [
    "a full write (W3)",
    [clear],
    "Memory holds zeros under KeyID 0. TD owner: 1 → 0.",
  ],
  [
    "a full write over poison",
    [partial, clear],
    "The poison in memory is cleared. Memory holds zeros under KeyID 0. TD owner: 1 → 0.",
  ],
  [
    "a full write while another KeyID has cached the poison",
    [partial, actOf("td", "prefetch", "td", 0), clear],
    "The poison in memory is cleared. Memory holds zeros under KeyID 0. TD owner: 1 → 0. " +
    "The copy under KeyID 33 is still poisoned.",
  ],
  [
    "a load of an old private line (C8)",
    [load],
    "Reads zeros. Cached under KeyID 0: zeros.",
  ],
  [
    "an eviction that makes the line a TD's again (K3, W1)",
    [actOf("td", "store", "td", 0), clear, actOf("cache", "evict", "td", 0)],
    "Memory holds the TD's secret under KeyID 33. TD owner: 0 → 1. " +
    "The copy under KeyID 33 is gone.",
  ],
  [
    "a failed check (C1)",
    [clear, actOf("td", "prefetch", "td", 0)],
    "A check failed: logged as UCNA, without exception. Memory is poisoned by a failed check. " +
    "Cached under KeyID 33: poison from a failed check.",
  ],
  ["transient hardware poison", [transient], "Memory is poisoned by a hardware error."],
  ["a stuck cell", [stuck], "Memory is poisoned by a stuck cell."],
  ["a flipped bit", [corrupt], "Memory holds garbage."],
  [
    "a flush of nothing",
    [actOf("host", "clflush", "keyid0", 0)],
    "No effect: it has no copy here.",
  ],
  [
    "a private KeyID outside SEAM (F1)",
    [actOf("host", "load", "td", 0)],
    "Refused: nothing happens to the line.",
  ],
  [
    "a clear under policy never",
    [actOf("host", "clear", "keyid0", 0)],
    "The policy skips the clear: nothing happens to the line.",
  ],
  [
    "a TD's machine check",
    [transient, actOf("td", "load", "td", 0)],
    "A TD consumed poison: machine check; the TD is marked fatal.",
  ],
  [
    "the TDX module's machine check",
    [transient, actOf("module", "load", "td", 0)],
    "The TDX module consumed poison: this processor shuts down, and TDX is off until the reset.",
  ],
];

for (const [name, acts, said] of SAID) {
  Deno.test(`outcomeWords() of ${name}`, () => {
    assertEquals(outcomeWords(play({ ...START, acts }, "spr").at(-1)!), said);
  });
}

// A click, and what it is called where there are two lines.
const CALLED: readonly [Act, string][] = [
  [partial, "host: partial write of host data, line X, KeyID 0"],
  [load, "host: load, line X, KeyID 0"],
  [actOf("host", "clear", "integrity", 1), "host: clear (policy), line Y, KeyID 2"],
  [actOf("td", "store", "td3", 1), "TD: store of another TD's data, line Y, KeyID 34"],
  [
    actOf("module", "cache-wb", "td", 0),
    "TDX module: TDH.PHYMEM.CACHE.WB, line X, the copy under KeyID 33",
  ],
  [actOf("cache", "evict", "td", 0), "cache: eviction, line X, KeyID 33"],
];

Deno.test("actWords() says who does what to which line through which KeyID", () => {
  const lines = ["X", "Y"].map((name) => ({ ...START.lines[0]!, name }));
  for (const [act, said] of CALLED) assertEquals(actWords(act, lines), said);
  assertEquals(actWords(load, lines.slice(0, 1)), "host: load, KeyID 0");
});

Deno.test("tdConsequence() says what becomes of the host, and how sure SEAM_NR is", () => {
  const kept = "With SEAM_NR Linux goes on, and retires the page where MCi_ADDR carries no KeyID " +
    `bits (N1, Linux ${NEWEST_LINUX}), without it the host `;
  const said = (seamNr: Nr["seamNr"], without: Nr["tdPoisonWithoutSeamNr"]) =>
    tdConsequence({ seamNr, tdPoisonWithoutSeamNr: without });
  assertEquals(
    said("enumerated", "may-panic"),
    `${kept}may panic; MCG_CAP bit 12 says whether it is there.`,
  );
  assertEquals(said("yes", "survives"), `${kept}survives; this platform has it.`);
  assertEquals(said("no", "survives"), `${kept}survives; this platform does not have it.`);
});

Deno.test("hostConsequence() has the kernel panic, and in user mode the page taken (section 4)", () => {
  assertEquals(
    hostConsequence(),
    "In the kernel: panic, “Data load in unrecoverable area of kernel”. In user mode: A process " +
      "loaded poison: memory_failure takes the page, the process gets SIGBUS.",
  );
});
