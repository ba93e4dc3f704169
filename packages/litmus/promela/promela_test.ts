import { type Agent, type Mode, type Platform, type RuleId, RULES, WRITES_DATA } from "@tdx/core";
import { gnr } from "@tdx/platform-gnr";
import { spr } from "@tdx/platform-spr";
import type { Policy } from "@tdx/reclaim";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { closureProblem } from "../questions/closure.ts";
import { explore } from "../model/explore.ts";
import { type KeyName, KEYS, type Problem, type ThreadStep } from "../model/problem.ts";
import { toPromela } from "./promela.ts";
import type { Proposition } from "../model/proposition.ts";
import { System } from "../model/system.ts";
import type { Machine } from "../model/machine.ts";

// The rule tables of the specification as guards and the outcomes that matter most.
const ROWS: readonly (readonly [RuleId, string, readonly string[]])[] = [
  ["R0", "l.poison != NONE", ["r_data = 0"]],
  ["C1", "l.poison == NONE && MODE == CI && IS_PRIVATE(k) && HAS_INTEGRITY(k) && l.owner == 0", [
    "r_data = ZEROS",
    "poison_memory(l, INTEGRITY)",
  ]],
  [
    "C2",
    "l.poison == NONE && MODE == CI && IS_PRIVATE(k) && HAS_INTEGRITY(k) && l.owner == 1 && l.mac == 1",
    ["-> l.data : GARBAGE)", "r_poison = NONE"],
  ],
  [
    "C3",
    "l.poison == NONE && MODE == CI && IS_PRIVATE(k) && HAS_INTEGRITY(k) && l.owner == 1 && l.mac == 0",
    ["r_data = ZEROS", "poison_memory(l, INTEGRITY)"],
  ],
  [
    "C4",
    "l.poison == NONE && MODE == CI && !IS_PRIVATE(k) && HAS_INTEGRITY(k) && l.owner == 0 && l.mac == 1",
    ["-> l.data : GARBAGE)", "r_poison = NONE"],
  ],
  [
    "C5",
    "l.poison == NONE && MODE == CI && !IS_PRIVATE(k) && HAS_INTEGRITY(k) && l.owner == 0 && l.mac == 0",
    ["r_data = ZEROS", "poison_memory(l, INTEGRITY)"],
  ],
  ["C6", "l.poison == NONE && MODE == CI && !IS_PRIVATE(k) && HAS_INTEGRITY(k) && l.owner == 1", [
    "r_data = ZEROS",
    "poison_memory(l, INTEGRITY)",
  ]],
  ["C7", "l.poison == NONE && MODE == CI && !IS_PRIVATE(k) && !HAS_INTEGRITY(k) && l.owner == 0", [
    "-> l.data : GARBAGE)",
    "r_poison = NONE",
  ]],
  ["C8", "l.poison == NONE && MODE == CI && !IS_PRIVATE(k) && !HAS_INTEGRITY(k) && l.owner == 1", [
    "r_data = ZEROS",
    "r_poison = NONE",
  ]],
  ["L1", "l.poison == NONE && MODE == LI && IS_PRIVATE(k) && l.owner == 0", [
    "r_data = ZEROS",
    "poison_memory(l, INTEGRITY)",
  ]],
  ["L2", "l.poison == NONE && MODE == LI && IS_PRIVATE(k) && l.owner == 1", [
    "-> l.data : GARBAGE)",
    "r_poison = NONE",
  ]],
  ["L3", "l.poison == NONE && MODE == LI && !IS_PRIVATE(k) && l.owner == 0", [
    "-> l.data : GARBAGE)",
    "r_poison = NONE",
  ]],
  ["L4", "l.poison == NONE && MODE == LI && !IS_PRIVATE(k) && l.owner == 1", [
    "r_data = ZEROS",
    "r_poison = NONE",
  ]],
  ["W1", "w == FULL && IS_PRIVATE(k)", ["l.owner = 1", "MODE == CI"]],
  ["W2", "w == FULL && !IS_PRIVATE(k) && HAS_INTEGRITY(k)", ["l.owner = 0", "MODE == CI"]],
  ["W3", "w == FULL && !IS_PRIVATE(k) && !HAS_INTEGRITY(k)", ["l.owner = 0", "NONE && 0"]],
  [
    "W5",
    "w == PARTIAL && !IS_PRIVATE(k) && l.owner == 1 && PARTIAL_WRITE_TO_OWNED_LINE == POISONS",
    ["poison_memory(l, PARTIAL_WRITE)", "keep_content(l)"],
  ],
  ["W4", "w == PARTIAL && !IS_PRIVATE(k)", ["read_memory(l, k)", "l.owner = 0"]],
];

function closure(platform: Platform, policy: Policy, mode: Mode = "Ci") {
  return closureProblem({ platform, mode, hostKeys: "keyid0", policy, poison: "none" });
}

/** One row of a table: from its comment to the next row's. */
function rowOf(model: string, id: RuleId): string {
  const start = model.indexOf(`/* ${id}: `);
  assert(start >= 0, `Expected a row for ${id}`);
  return model.slice(start, model.slice(start).search(/\n {2}(fi|\/\*)/) + start);
}

Deno.test("toPromela() writes every read and write rule as a guard with its outcome", () => {
  const { problem, machine } = closure(spr, "never");
  const model = toPromela(problem, machine);
  for (const [id, guard, outcomes] of ROWS) {
    const row = rowOf(model, id);
    assertStringIncludes(row, `  :: ${guard} ->`);
    for (const outcome of outcomes) assertStringIncludes(row, outcome);
  }
  const poisoning = ROWS.filter(([id]) => rowOf(model, id).includes("poison_memory"));
  assertEquals(poisoning.map(([id]) => id), ["C1", "C3", "C5", "C6", "L1", "W5"]);
  const order = ROWS.map(([id]) => model.indexOf(`/* ${id}: `));
  assertEquals(order, order.toSorted((a, b) => a - b));
});

Deno.test("toPromela() writes every cache rule", () => {
  const { problem, machine } = closure(spr, "never");
  const model = toPromela(problem, machine);
  const inlines = model.split("\ninline ");
  const body = (name: string) => inlines.find((text) => text.startsWith(`${name}(`)) ?? "";
  for (const id of ["K1", "K8"]) assertStringIncludes(body(`access_${id}`), "read_memory(l, k)");
  assertMatch(body("access_K2"), /^access_K2\(l, k\) \{\s+skip\s+\}/);
  for (const [id, writesBack, drops] of EVENTS) {
    assertEquals(body(`event_${id}`).includes("write_memory(l, k, FULL, c_data, c_"), writesBack);
    assertEquals(body(`event_${id}`).includes("drop_copy()"), drops);
  }
});

// Cache rule, writes a dirty copy back, drops it.
const EVENTS = [
  ["K3", true, true],
  ["K4", true, true],
  ["K5", false, true],
  ["K6", true, false],
  ["K7", true, true],
] as const;

Deno.test("toPromela() follows the machine's mode, platform, policy and rules", () => {
  const model = (platform: Platform, policy: Policy, mode: Mode) => {
    const { problem, machine } = closure(platform, policy, mode);
    return toPromela(problem, machine);
  };
  assertMatch(model(spr, "never", "Ci"), /^#define MODE CI\n[^]*_OWNED_LINE POISONS\n/m);
  assertMatch(model(gnr, "never", "Li"), /^#define MODE LI\n[^]*_OWNED_LINE MERGES\n/m);
  const cleared = "movdir64b(l0, KEY_KEYID0, ZEROS)";
  assertStringIncludes(model(gnr, "always", "Ci"), cleared);
  assert(!model(gnr, "quirk", "Ci").includes(cleared));

  const { problem, machine } = closure(gnr, "never");
  const reads = RULES.reads.map((rule) => rule.id === "C8" ? { ...rule, poisons: true } : rule);
  const flipped = toPromela(problem, { ...machine, rules: { ...RULES, reads } });
  assertStringIncludes(rowOf(flipped, "C8"), "poison_memory(l, INTEGRITY)");
});

const LOAD: Problem = {
  name: 'a "name" */ #define host_mc 0',
  lines: [{ name: "X", content: { key: "keyid0", data: "zeros" } }],
  threads: [{
    name: "host",
    agent: "host",
    after: [],
    kind: "sequence",
    steps: [{ operation: "load", line: 0, key: "keyid0", register: 0 }],
  }],
  registers: ["host:r0"],
  speculation: [],
  seamNr: false,
};
const MACHINE: Machine = { platform: gnr, policy: "never" };

Deno.test("toPromela() keeps names inside their comments", () => {
  const first = toPromela(LOAD, MACHINE).split("\n")[0]!;
  assertEquals(first, '/* a "name" * / #define host_mc 0 */');
  // Whatever it was, on one line, in the characters that SPIN reads.
  const odd = toPromela({ ...LOAD, name: "a\nb\u202ec\x1b[31m é" }, MACHINE).split("\n")[0]!;
  assertEquals(odd, "/* a b c [31m   */");
});

Deno.test("toPromela() asks for a statement about final states", () => {
  const asked = (proposition: Proposition) => {
    const lost = JSON.stringify(proposition).includes("lost");
    const model = toPromela(LOAD, MACHINE, { proposition, watch: { lost } });
    return model.match(/d_step \{ (.*) -> assert\(false\) \}/)?.[1];
  };
  const final = "(host_mc || (pc_0 == 1)) && ";
  assertEquals(asked({ kind: "mc" }), `${final}host_mc`);
  assertEquals(asked({ kind: "poison", line: 0 }), `${final}l0.poison != NONE`);
  assertEquals(asked({ kind: "lost", line: 0 }), `${final}l0.lost`);
  assertEquals(asked({ kind: "retired", line: 0 }), `${final}false`);
  assertEquals(asked({ kind: "register", register: 0, value: "zeros" }), `${final}reg_0 == 1`);
  assertEquals(
    asked({ kind: "and", of: [{ kind: "mc" }, { kind: "not", of: { kind: "td-mc" } }] }),
    `${final}((host_mc) && (!(td_mc)))`,
  );
  assertEquals(
    asked({ kind: "or", of: [{ kind: "mc" }, { kind: "td-mc" }] }),
    `${final}((host_mc) || (td_mc))`,
  );
  // All of nothing is so, any of nothing is not.
  assertEquals(asked({ kind: "and", of: [] }), `${final}(true)`);
  assertEquals(asked({ kind: "or", of: [] }), `${final}(false)`);
});

const VERIFY = `folder=$(mktemp -d) && cd "$folder" && cat > model.pml &&
  spin -a -o2 model.pml && gcc -w -o pan pan.c && ./pan -c0 -w18 -m100000
  rm -rf "$folder"`;

async function installed(): Promise<boolean> {
  const { state } = await Deno.permissions.query({ name: "run" });
  if (state !== "granted") return false;
  const args = ["-c", "command -v spin && command -v gcc"];
  return (await new Deno.Command("sh", { args, stdout: "null" }).output()).success;
}

/** Distinct states, and those with a host machine check. */
async function bySpin(model: string): Promise<[number, number]> {
  const args = ["-c", VERIFY];
  const child = new Deno.Command("sh", { args, stdin: "piped", stdout: "piped" }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(model));
  await writer.close();
  const text = new TextDecoder().decode((await child.output()).stdout);
  return [/(\d+) states, stored/, /errors: (\d+)/].map((figure) =>
    Number(figure.exec(text)?.[1])
  ) as [number, number];
}

Deno.test({
  name:
    "toPromela() lets SPIN find the same states and verdicts (where spin and gcc are installed)",
  ignore: !await installed(),
  async fn() {
    for (const [platform, machineCheck] of [[spr, true], [gnr, false]] as const) {
      const { problem, machine } = closure(platform, "never");
      const { states } = await explore(new System(problem, machine));
      const [stored, errors] = await bySpin(toPromela(problem, machine));
      assertEquals(stored, states);
      assertEquals(errors > 0, machineCheck);
    }
  },
});

// Who does what through which key, as a step of the model; what is refused (F1, W6) does nothing.
const STEPS: readonly (readonly [Agent, ThreadStep["operation"], KeyName, string])[] = [
  ["host", "load", "keyid0", "load(l0, KEY_KEYID0); secret host_mc"],
  ["host", "load", "td", "skip"],
  ["td", "load", "td", "load(l0, KEY_TD); td_mc"],
  ["module", "load", "global", "load(l0, KEY_GLOBAL); td_mc"],
  ["host", "store", "keyid0", "store(l0, KEY_KEYID0, HOST);"],
  ["td", "store", "td", "store(l0, KEY_TD, HOST);"],
  ["host", "partial-write", "shared", "partial_write(l0, KEY_SHARED, HOST);"],
  ["host", "movdir64b", "integrity", "movdir64b(l0, KEY_INTEGRITY, HOST);"],
  ["host", "clear", "keyid0", "movdir64b(l0, KEY_KEYID0, ZEROS);"],
  ["host", "clflush", "keyid0", "clflush(l0, KEY_KEYID0);"],
  ["host", "prefetch", "keyid0", "prefetch(l0, KEY_KEYID0);"],
  ["device", "dma-read", "keyid0", "dma_read(l0, KEY_KEYID0); secret"],
  ["device", "dma-read", "td", "skip"],
  ["device", "dma-write", "keyid0", "dma_write(l0, KEY_KEYID0, HOST);"],
  ["device", "dma-write", "td3", "skip"],
  ["device", "dma-partial-write", "keyid0", "dma_partial_write(l0, KEY_KEYID0, HOST);"],
  ["cache", "evict", "td", "evict(l0, KEY_TD);"],
  ["module", "cache-wb", "td", "cache_wb(l0, KEY_TD);"],
  ["module", "page-wbinvd", "td", "page_wbinvd(l0, KEY_TD);"],
  ["cache", "poison", "td", "poison_cell(l0, KEY_TD);"],
  ["cache", "poison-stuck", "td", "poison_stuck(l0, KEY_TD);"],
  ["cache", "corrupt", "td", "corrupt(l0, KEY_TD);"],
];
const OBSERVED: Readonly<Record<string, string>> = {
  secret: "secret_read = secret_read || value == SECRET; ",
  host_mc: "host_mc = consumed; ",
  td_mc: "td_mc = td_mc || consumed; ",
};

Deno.test("toPromela() writes every operation, on the copy under its KeyID, with what is observed", () => {
  for (const [by, operation, key, expected] of STEPS) {
    const writes = operation !== "clear" && WRITES_DATA.has(operation);
    const step = { operation, line: 0, key, ...(writes ? { data: "host" as const } : {}) };
    const threads = [{ name: by, agent: by, after: [], kind: "sequence" as const, steps: [step] }];
    const model = toPromela({ ...LOAD, threads }, { ...MACHINE, policy: "always" });
    const [, done] = /pc_0 == 0 -> ((?:(?! pc_0 = ).)*) pc_0 = /.exec(model.replace(/\s+/g, " "))!;
    const [call, observed = ""] = expected.split("; ");
    const { keyId } = KEYS[key];
    const through = expected === "skip"
      ? "skip;"
      : `take_${keyId}(l0); ${call!.replace(/;$/, "")}; put_${keyId}(l0);`;
    const then = observed.split(" ").map((name) => OBSERVED[name] ?? "").join("");
    assertEquals(done, `${through} ${then}`.trimEnd(), `${by} ${operation} ${key}`);
  }
});
