import { assertEquals } from "@std/assert";
import { checkInvariants } from "./check_invariants.ts";
import type { KeyInfo } from "./state/key_ownership.ts";
import type { PamtEntry } from "./state/pamt.ts";
import type { TdInfo } from "./state/td.ts";
import { TdxModule } from "./tdx_module.ts";
import { liveTd, newModule } from "./_fixtures_test.ts";

/** What a module says of itself, for a module that has gone wrong. */
interface Views {
  tds: TdInfo[];
  keys: KeyInfo[];
  pages: [PamtEntry, number][];
}

function problemsAfter(spoil: (views: Views) => void): string[] {
  const module = newModule();
  liveTd(module);
  const views: Views = { tds: module.tds(), keys: module.keys(), pages: [] };
  module.forEachPages((entry, count) => views.pages.push([entry, count]));
  spoil(views);
  const spoilt = Object.assign(Object.create(TdxModule.prototype), {
    tds: () => views.tds,
    keys: () => views.keys,
    pamtPairs: () => [],
    dynamicPamt: false,
    forEachPages: (visit: (entry: PamtEntry, count: number) => void) =>
      views.pages.forEach(([entry, count]) => visit(entry, count)),
  });
  return checkInvariants(spoilt);
}

function changeTd(views: Views, change: Partial<TdInfo>): void {
  views.tds[0] = { ...views.tds[0]!, ...change };
}

function changeKey(views: Views, change: Partial<KeyInfo>): void {
  const i = views.keys.findIndex(({ hkid }) => hkid === 33);
  views.keys[i] = { ...views.keys[i]!, ...change };
}

function changePages(views: Views, type: string, change: Partial<PamtEntry>): void {
  views.pages = views.pages.map(([entry, count]) => [
    entry.type === type ? { ...entry, ...change } : entry,
    count,
  ]);
}

Deno.test("checkInvariants() finds nothing wrong with a module that is well", () => {
  assertEquals(problemsAfter(() => {}), []);
});

Deno.test("checkInvariants() finds a child count that is off", () => {
  assertEquals(problemsAfter((views) => changeTd(views, { children: 1 })), [
    "TD 0x0 counts 1 of 533 pages",
  ]);
});

Deno.test("checkInvariants() finds guest pages that are not mapped", () => {
  assertEquals(problemsAfter((views) => changeTd(views, { mappings: [] })), [
    "TD 0x0 maps 0 of 512 guest pages",
  ]);
});

Deno.test("checkInvariants() finds pages of a TD that is not there, and a TDR too many", () => {
  const problems = problemsAfter((views) => changePages(views, "EPT", { owner: 4096 }));
  assertEquals(problems, [
    "3 pages belong to no TD, but to 0x1000",
    "TD 0x0 counts 533 of 530 pages",
  ]);
  assertEquals(problemsAfter((views) => views.tds = [])[0], "There are 1 TDR pages and 0 TDs");
});

Deno.test("checkInvariants() finds an HKID that is assigned twice, or in another state", () => {
  assertEquals(problemsAfter(({ tds }) => tds.push(tds[0]!)), [
    "There are 1 TDR pages and 2 TDs",
    "HKID 33 is assigned 2 times",
  ]);
  assertEquals(problemsAfter((views) => changeKey(views, { state: "FREE" })), [
    "HKID 33 is FREE, its TDs need ASSIGNED",
  ]);
  assertEquals(problemsAfter((views) => changeKey(views, { pendingPackages: [1] })), [
    "HKID 33 is ASSIGNED and waits for packages 1",
  ]);
  assertEquals(problemsAfter((views) => changeTd(views, { hkid: 34 })), [
    "HKID 33 is ASSIGNED, its TDs need none",
    "HKID 34 is FREE, its TDs need ASSIGNED",
  ]);
});

Deno.test("checkInvariants() finds vCPUs where none can be", () => {
  const problems = problemsAfter((views) => {
    const [vcpu] = views.tds[0]!.vcpus;
    changeTd(views, {
      opState: "INITIALIZED",
      vcpus: [
        { ...vcpu!, ready: false },
        { ...vcpu!, lp: null, running: true },
      ],
    });
  });
  assertEquals(problems.map((problem) => problem.replace(/0x\w+/, "?")), [
    "The vCPU ? is on a processor and cannot be",
    "The vCPU ? runs on no processor",
    "The vCPU ? runs too early",
  ]);
});

Deno.test("checkInvariants() finds states of mappings that do not fit", () => {
  assertEquals(problemsAfter((views) => changePages(views, "EPT", { mapping: "mapped" })), [
    "EPT pages are mapped",
  ]);
  assertEquals(problemsAfter((views) => changePages(views, "REG", { epoch: 1 })), [
    "mapped pages have epoch 1",
  ]);
  const ahead = (views: Views) => changePages(views, "REG", { mapping: "blocked", epoch: 9 });
  assertEquals(problemsAfter(ahead), ["Pages of TD 0x0 were blocked in epoch 9, which is to come"]);
});

Deno.test("checkInvariants() finds a live TD without a key", () => {
  assertEquals(problemsAfter((views) => changeTd(views, { key: null })), [
    "TD 0x0 is live without a key",
  ]);
});
