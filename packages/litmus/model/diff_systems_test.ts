import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { emr } from "@tdx/platform-emr";
import { gnr } from "@tdx/platform-gnr";
import { spr } from "@tdx/platform-spr";
import type { Platform } from "@tdx/core";
import type { Policy } from "@tdx/reclaim";
import { closureProblem } from "../questions/closure.ts";
import { diffSystems } from "./diff_systems.ts";
import { toDot } from "./dot.ts";
import { explore } from "./explore.ts";
import { System } from "./system.ts";

function system(platform: Platform, policy: Policy): System {
  const question = { platform, mode: "Ci", hostKeys: "keyid0", policy, poison: "none" } as const;
  const { problem, machine } = closureProblem(question);
  return new System(problem, machine);
}

Deno.test("diffSystems() shows Sapphire and Granite Rapids part at the partial write", () => {
  const difference = diffSystems(system(spr, "never"), system(gnr, "never"))!;
  assertEquals(difference.left.operation?.kind, "partial-write");
  assertEquals([difference.left.rules, difference.right.rules], [["W5"], ["C8", "W4"]]);
});

Deno.test("diffSystems() shows the quirk's clear on one side only", () => {
  const difference = diffSystems(system(spr, "quirk"), system(gnr, "quirk"))!;
  const kinds = [difference.left, difference.right].map(({ operation }) => operation?.kind ?? null);
  assertEquals(kinds.sort(), ["movdir64b", null].sort());
});

Deno.test("diffSystems() finds no difference between two platforms with the erratum", () => {
  assertEquals(diffSystems(system(spr, "never"), system(emr, "never")), undefined);
});

Deno.test("toDot() draws every state once and marks the machine check", async () => {
  const closure = system(spr, "never");
  const exploration = await explore(closure);
  const dot = toDot(closure, exploration);
  assertEquals(dot.match(/^ {2}s\d+ \[/gm)?.length, exploration.states);
  assertStringIncludes(dot, "MACHINE CHECK");
  assertStringIncludes(dot, "host: partial-write W5");
});

Deno.test("toDot() refuses what nobody can look at", async () => {
  const closure = system(spr, "never");
  const exploration = await explore(closure);
  const large = { ...exploration, states: 5001, state: (n: number) => exploration.state(n) };
  assertThrows(() => toDot(closure, large), RangeError, "at most 5000 states");
});
