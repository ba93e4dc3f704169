import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { NEWEST_LINUX } from "@tdx/linux";
import { refused, tdx, tdxJson } from "../fixtures_test.ts";
import { readQuestions } from "../litmus/questions.ts";
import { PLATFORMS } from "../platforms.ts";
import { readOptions } from "../shell/options.ts";
import { checkCommand } from "./check.ts";

/** The questions that a command line leaves. */
function questions(...args: string[]): string[] {
  return readQuestions(readOptions(args, checkCommand.options)).map(
    ({ platform, mode, hostKeys, policy, poison }) =>
      `${platform.name} ${mode} ${hostKeys} ${policy} ${poison}`,
  );
}

Deno.test("tdx check asks the whole verdict table", () => {
  const all = questions();
  assertEquals([all.length, new Set(all).size], Array(2).fill(39 * PLATFORMS.length));
});

Deno.test("tdx check finds the verdicts as expected, and says the shortest ways", async () => {
  const { status, text } = await tdx("check", "--platform", "spr");
  assertEquals(status, 2);
  assertEquals(text.split("\n").slice(0, 5), [
    "Can the host ever meet a machine check after the reclaim?",
    "Yes, on spr: a host that uses KeyID 0, as Linux, can meet a machine check there, so clearing " +
    "is needed.",
    "With policy always or quirk no sequence ends in one.",
    "With other host KeyIDs, or where hardware left poison, 9 of 33 questions end in one, on spr.",
    "",
  ]);
  assertStringIncludes(text, "39 questions, 0 not as expected");
  assertStringIncludes(text, "partial write (W5), load (R0)");
  assertStringIncludes(text, "load (C6)");
  const consumed =
    "\nconsumed: by the TD, with SEAM_NR and no KeyID bits in MCi_ADDR, so that the page is retired\n";
  assertStringIncludes(text, consumed);
  const none = ["--platform", "gnr", "--policy", "quirk", "--left-poison", "none"];
  assert(!(await tdx("check", ...none)).text.includes(consumed));
});

Deno.test("tdx check --json has a result for each question, with its witness", async () => {
  const args = ["--platform", "spr", "--mode", "Ci", "--host-keys", "keyid0"];
  const { status, answer } = await tdxJson("check", ...args, "--left-poison", "none");
  assertEquals(status, 2);
  assertEquals(answer.results.length, 3);
  const never = answer.results.find((r: { name: string }) => r.name === "spr Ci keyid0 never");
  assertEquals([never.observation, never.expected, never.ok], ["Sometimes", "Sometimes", true]);
  assert(never.states > 0 && never.transitions > 0 && never.depth > 0);
  assertEquals(
    never.witness.map(({ op, keyId, rule }: Record<string, unknown>) => [op, keyId, rule]),
    [
      ["partial write", 0, "W5"],
      ["load", 0, "R0"],
    ],
  );
});

Deno.test("tdx check finds that T6 was left out: MC with the erratum, lost data without (M7)", async () => {
  const cleared = ["--policy", "always", "--host-keys", "keyid0", "--left-poison", "none"];
  const { status, answer } = await tdxJson("check", ...cleared);
  assertEquals(status, 0);
  type Row = { platform: string; mode: string; t6: boolean; harm: string; witness: unknown[] };
  for (const { platform, t6, harm, witness } of answer.tdr as Row[]) {
    const without = ["spr", "emr"].includes(platform) ? "machine check" : "lost data";
    assertEquals([harm, witness.length > 0], [t6 ? "none" : without, !t6], platform);
  }
  assertEquals(answer.tdr.length, 4 * PLATFORMS.length);
  const text = async (...args: string[]) => (await tdx("check", "--platform", "gnr", ...args)).text;
  assertMatch(await text("--policy", "always"), /Li {4}without {2}lost data/);
  assert(!(await text("--policy", "quirk")).includes("T6"));
});

Deno.test("tdx check --host-keys and --left-poison leave that part of the verdict table", () => {
  const spr = ["--platform", "spr", "--mode", "Ci"];
  assertEquals(questions(...spr, "--host-keys", "shared"), [
    "spr Ci shared always none",
    "spr Ci shared quirk none",
    "spr Ci shared never none",
  ]);
  assertEquals(questions(...spr, "--left-poison", "unconsumed", "--policy", "quirk"), [
    "spr Ci keyid0 quirk unconsumed",
  ]);
  assertEquals(questions(...spr, "--host-keys", "keyid0", "--left-poison", "none").length, 3);
});

Deno.test("tdx check --trace shows numbered steps with rules and line states", async () => {
  const spr = ["--platform", "spr", "--mode", "Li", "--policy", "never", "--host-keys", "keyid0"];
  const { text } = await tdx("check", ...spr, "--trace");
  assertMatch(
    text,
    / 2\. host: partial write host, line X, KeyID 0 {2}\[W5\]\n {5}memory poisoned/,
  );
});

Deno.test("tdx check exits 3 at the limit on states, without an answer", async () => {
  const { status, text, notes } = await tdx("check", "--platform", "spr", "--limit", "2");
  assertEquals([status, text], [3, ""]);
  assertEquals(notes, [
    "tdx: Expected at most 2 states, got more: nothing is known about the rest",
  ]);
});

// Arguments, and what the one line on standard error says.
const WRONG: readonly (readonly [readonly string[], string])[] = [
  [["--mode", "Xi"], "Expected --mode to be one of Li, Ci, got Xi"],
  [["--host-keys", "share"], "shared-integrity, keyid0+integrity, got share; did you mean shared?"],
  [
    ["--left-poison", "some"],
    "Expected --left-poison to be one of none, unconsumed, consumed, logged, got",
  ],
  [
    ["--host-keys", "shared", "--left-poison", "consumed"],
    "Expected options that leave a question",
  ],
  [["--limit", "many"], "Expected --limit as a whole number from 1, got many"],
  [["--limit", "9".repeat(20)], "Expected --limit as a whole number from 1 below 2^53, got 999"],
  [["--json", "--trace"], "Expected --json without --trace, which it would ignore, got both"],
  [["scenario.tdx"], "Expected only options, got scenario.tdx"],
];

for (const [args, message] of WRONG) {
  Deno.test(`tdx check ${args.join(" ")} is refused in words`, async () => {
    assertStringIncludes(await refused("check", ...args), message);
  });
}

Deno.test("tdx check says whose policy is which, and --kernel leaves that policy alone", async () => {
  type Row = { policy: string };
  const ask = async (...args: string[]) => {
    const where = ["--platform", "gnr", "--mode", "Li", "--host-keys", "keyid0"];
    const { answer: { kernel, results, tdr } } = await tdxJson("check", ...where, ...args);
    const policies = new Set<string>(results.map(({ policy }: Row) => policy));
    return [kernel.version, kernel.policy, [...policies].join(" "), tdr.length > 0];
  };
  assertEquals(await ask(), [NEWEST_LINUX, "quirk", "always quirk never", true]);
  assertEquals(await ask("--kernel", "6.17"), ["6.17", "always", "always", true]);
  assertEquals(await ask("--kernel", "6.18"), ["6.18", "quirk", "quirk", false]);
  assertEquals(await ask("--kernel", "6.18", "--policy", "never"), [
    "6.18",
    "quirk",
    "never",
    false,
  ]);
  const distribution = "5.14.0-503.el9";
  assertEquals(await ask("--kernel", distribution), [
    distribution,
    "unknown",
    "always quirk never",
    true,
  ]);
  const { text } = await tdx("check", "--platform", "gnr", "--mode", "Li", "--kernel", "6.17");
  assertStringIncludes(text, "\nLinux 6.17: policy always\n");
});

Deno.test("tdx check --kernels says what each version leaves open, and why not more", async () => {
  const { status, answer } = await tdxJson("check", "--kernels");
  assertEquals(status, 2);
  type Row = { version: string; platform: string; hazards: { id: string; witness: unknown[] }[] };
  const open = (platform: string, version: string) =>
    answer.kernels.find((row: Row) => row.platform === platform && row.version === version)
      .hazards.map(({ id }: { id: string }) => id);
  assertEquals(open("gnr", "6.16"), []);
  assertEquals(open("gnr", "6.18"), ["R0", "N1"]);
  assertEquals(open("gnr", "6.19"), ["R0", "N1", "X2"]);
  assertEquals(open("gnr", "7.2"), ["R0", "N1", "X2"]);
  for (const version of ["6.16", "6.18", "6.19", "7.2"]) {
    for (const platform of ["spr", "emr"]) assert(!open(platform, version).includes("N1"));
  }
  assert(
    answer.kernels.every(({ hazards }: Row) => hazards.every((each) => each.witness.length > 0)),
  );

  const { text } = await tdx("check", "--kernels", "--platform", "spr");
  // What is not released yet is marked, and said to be (X1 to X6: 7.4 is assumed).
  assertMatch(text, /^7\.4 \(assumed\) /m);
  assertStringIncludes(text, "\nassumed: not released, or newer than what is known\n");
  const exact = (await tdx("check", "--kernels", "--kernel", "6.18", "--platform", "spr")).text;
  assertEquals(exact.includes("assumed:"), false);
  const why = text.slice(text.indexOf("Not left open, because:\n")).split("\n").slice(1);
  assertEquals(why, why.toSorted());
  assertStringIncludes(text, "N1 the kernel clears the page, which removes transient poison: spr");
  const one = await tdxJson("check", "--kernels", "--kernel", "6.17.3", "--platform", "gnr");
  assertEquals([one.status, one.answer.kernels.length], [0, 1]);
});

Deno.test("tdx check --mode asks of the TDR too in that mode alone (T6)", async () => {
  for (const mode of ["Li", "Ci"]) {
    const { answer } = await tdxJson(
      "check",
      "--platform",
      "gnr",
      "--mode",
      mode,
      "--policy",
      "always",
    );
    const modes = [...answer.results, ...answer.tdr].map(({ mode }: { readonly mode: string }) =>
      mode
    );
    assertEquals([new Set(modes), answer.tdr.length], [new Set([mode]), 2]);
  }
});

Deno.test("tdx check refuses --kernels beside what it does not go with", async () => {
  assertMatch(await refused("check", "--kernel", "6.15"), /Expected --kernel to be Linux 6.16 or/);
  const note = await refused("check", "--kernels", "--policy", "never");
  assertMatch(note, /Expected --kernels without --policy, got both/);
  assertMatch(await refused("check", "--kernels", "--kernel", "x"), /Expected --kernel to be/);
});
