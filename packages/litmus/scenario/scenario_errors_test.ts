import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseScenario } from "./parse_scenario.ts";

const PLATFORMS = ["spr", "gnr"];
const BASE = `TDX base
"A base."
{ X = td secret; Y = keyid0 zeros; }
platforms spr gnr
modes Li Ci
hosts keyid0
policy never
seam-nr yes
td             | reclaim after td | host after reclaim ;
store X secret | cache-wb X       | partial-write X host ;
load X -> r0   | clear X          | load X -> r1       ;
exists (mc /\\ ~td-mc)
expect spr: Sometimes
expect: Never
`;

const OF_TD =
  "load, store, partial-write, movdir64b, clflush, prefetch, poison, poison-stuck, corrupt";
const OF_HOST =
  "load, store, partial-write, movdir64b, clflush, prefetch, clear, poison, poison-stuck, corrupt";
const KEYS = "keyid0, shared, integrity, global, td, td2, td3";
const THREAD_NAMES = "host, td, module, device, cache, td2, td3, reclaim";
const SETTINGS = "platforms, modes, hosts, policy, seam-nr";
const STATEMENTS = "mc, td-mc, retired, poison, lost, THREAD:REGISTER";

const EXPECTED_PLACE =
  "Expected a colon, or a platform or mode that the scenario runs on (spr, gnr, Li, Ci)";
const ONE = "Expected one expectation this special for";

/** What replaces what in the base, where the error is, and what it says. */
type Case = readonly [from: string | RegExp, to: string, at: string, message: string];

const CASES: Readonly<Record<string, readonly Case[]>> = {
  "a text that is not a scenario": [
    [/^[^]*$/, "", "1:1", "Expected TDX and the name of the scenario, got an empty file"],
    [/^[^]*$/, " \n\t\r\n", "1:1", "Expected TDX and the name of the scenario, got an empty file"],
    [
      /^[^]*$/,
      "(* no *)\n",
      "1:1",
      "Expected TDX and the name of the scenario, got the end of the file",
    ],
    ["TDX base", "C base", "1:1", "Expected TDX and the name of the scenario, got C"],
    ["TDX base", "tdx base", "1:1", "Expected TDX and the name of the scenario, got tdx"],
    [" base", "", "2:1", 'Expected the name of the scenario, got "A base."'],
    ["base", "+x", "1:5", "Expected the name of the scenario, got + (U+002B)"],
    [/"A base."/, "", "3:1", "Expected a sentence in double quotes, got {"],
    ["A base.", " ", "2:1", 'Expected a sentence in double quotes, got " "'],
    ['e."', "e.", "2:1", 'Expected " to close this sentence, got the end of the file'],
    ["{ X", "(* (* *) { X", "3:1", "Expected *) to close this comment, got the end of the file"],
    ["modes", "mo\0des", "5:3", "Expected the text of a scenario, got binary data (U+0000)"],
    ["modes", "mo\x1b[31mdes", "5:3", "Expected the text of a scenario, got binary data (U+001B)"],
    ["modes", "\uFFFD", "5:1", "Expected the text of a scenario, got binary data (U+FFFD)"],
  ],
  "a line": [
    ["{ X", "X", "3:1", "Expected {, got X"],
    ["{ X = td secret; Y = keyid0 zeros; }", "{}", "3:2", "Expected the name of a line, got }"],
    ["X = td", "X td", "3:5", "Expected =, got td"],
    ["td secret", "tdx secret", "3:7", `Expected a KeyID (${KEYS}), got tdx`],
    ["td secret;", "td;", "3:9", "Expected data (zeros, host, guest, secret), got ;"],
    [
      "td secret;",
      "td garbage;",
      "3:10",
      "Expected data (zeros, host, guest, secret), got garbage",
    ],
    ["secret; Y", "secret Y", "3:17", "Expected ; or }, got Y"],
    ["; Y =", "; X =", "3:18", "Expected a new line name, got X again"],
    ["zeros; }", `zeros; ${lines(7)}}`, "3:126", "Expected at most 8 lines, got one more"],
    ["; Y =", `; ${"Y".repeat(65)} =`, "3:18", "Expected a name of at most 64 characters, got 65"],
  ],
  "a setting": [
    ["spr gnr", "spr xyz", "4:15", "Expected all or platforms (spr, gnr), got xyz"],
    ["spr gnr", "constructor", "4:11", "Expected all or platforms (spr, gnr), got constructor"],
    ["spr gnr", "spr spr", "4:15", "Expected spr once, got it again"],
    ["spr gnr", "spr all", "4:15", "Expected all or platforms (spr, gnr), got all"],
    ["spr gnr", "all spr", "4:15", "Expected the end of the line, got spr"],
    [" spr gnr", "", "4:10", "Expected all or platforms (spr, gnr), got the end of the line"],
    ["Li Ci", "Li Ca", "5:10", "Expected modes (Li, Ci), got Ca"],
    ["Li Ci", "Ci Ci", "5:10", "Expected Ci once, got it again"],
    [" Li Ci", " // Li", "5:6", "Expected modes (Li, Ci), got the end of the line"],
    ["Li Ci\n", "Li Ci ", "5:13", "Expected modes (Li, Ci), got hosts"],
    [
      "hosts keyid0",
      "hosts td",
      "6:7",
      "Expected the host's KeyIDs (keyid0, shared, shared-integrity), got td",
    ],
    ["hosts keyid0", "hosts shared keyid0", "6:14", "Expected the end of the line, got keyid0"],
    ["policy never", "policy Never", "7:8", "Expected a policy (always, quirk, never), got Never"],
    ["seam-nr yes", "seam-nr 1", "8:9", "Expected an answer (yes, no), got 1"],
    ["policy never", "hosts shared", "7:1", "Expected each setting once, got hosts again"],
    [
      "policy never",
      "polcy never",
      "7:1",
      `Expected a setting (${SETTINGS}) or a thread with its agent, polcy: AGENT, ` +
      `or named ${THREAD_NAMES}, got polcy`,
    ],
  ],
  "the header of the threads": [
    [/td {13}\|/, "|", "9:1", `Expected a setting (${SETTINGS}) or the name of a thread, got |`],
    ["| reclaim after td |", "| |", "9:18", "Expected the name of a thread, got |"],
    [
      "| host after",
      "| guest after",
      "9:37",
      `Expected a thread with its agent, guest: AGENT, or named ${THREAD_NAMES}, got guest`,
    ],
    [
      "| host after",
      "| h: guest after",
      "9:40",
      "Expected an agent (host, td, module, device, cache), got guest",
    ],
    ["| host after", "| td after", "9:37", "Expected a new thread name, got td again"],
    ["after td |", "after |", "9:32", "Expected the name of a thread, got |"],
    ["after td |", "after td, |", "9:36", "Expected the name of a thread, got |"],
    ["after td |", "after tdx |", "9:32", "Expected a thread (td, reclaim, host), got tdx"],
    ["after td |", "after td, td |", "9:36", "Expected td once, got it again"],
    ["after td |", "after td any after |", "9:39", "Expected | or ;, got after"],
    ["after td |", "after td, host td |", "9:41", "Expected a comma, any, | or ;, got td"],
    ["after td |", "before td |", "9:26", "Expected after, any, | or ;, got before"],
    [
      "td             |",
      "td after td    |",
      "9:10",
      "Expected threads that can start, got td after td",
    ],
    [
      "td             |",
      "td after host  |",
      "9:32",
      "Expected threads that can start, got td after host after reclaim after td",
    ],
    [
      "| host after reclaim ;",
      `| ${threads(6)}host ;`,
      "9:103",
      "Expected at most 8 threads, got one more",
    ],
    [
      /(reclaim );\n(.*);\n(.*);/,
      "$1| late: host ;\n$2| ;\n$3| ;",
      "9:58",
      "Expected steps in thread late, got none",
    ],
  ],
  "a step": [
    [
      "store X secret |",
      "write X secret |",
      "10:1",
      `Expected an operation of agent td (${OF_TD}), or exists, ~exists or forall, got write`,
    ],
    [
      "partial-write X host",
      "toString X host",
      "10:37",
      `Expected an operation of agent host (${OF_HOST}), got toString`,
    ],
    [
      "partial-write X host",
      "dma-read X",
      "10:37",
      `Expected an operation of agent host (${OF_HOST}), got dma-read`,
    ],
    ["cache-wb X", "cache-wb Z", "10:27", "Expected a line (X, Y), got Z"],
    ["cache-wb X  ", "cache-wb    ", "10:35", "Expected a line (X, Y), got |"],
    ["store X secret", "store X", "10:9", "Expected data (zeros, host, guest, secret), got |"],
    [
      "store X secret",
      "store X garbage",
      "10:9",
      "Expected data (zeros, host, guest, secret), got garbage",
    ],
    ["store X secret", "store", "10:7", "Expected a line (X, Y), got |"],
    [
      "cache-wb X  ",
      "cache-wb X with tdx",
      "10:34",
      "Expected a private KeyID (global, td, td2, td3), got tdx",
    ],
    [
      "cache-wb X  ",
      "cache-wb X with keyid0",
      "10:34",
      "Expected a private KeyID (global, td, td2, td3), got keyid0",
    ],
    [
      "cache-wb X  ",
      "accept X with shared",
      "10:32",
      "Expected a private KeyID (global, td, td2, td3), got shared",
    ],
    [
      "cache-wb X  ",
      "accept X zeros",
      "10:27",
      "Expected | and the column of thread host, got zeros",
    ],
    [
      "cache-wb X  ",
      "poison X with td",
      "10:27",
      "Expected | and the column of thread host, got with",
    ],
    ["load X -> r1", "load X with", "11:55", `Expected a KeyID (${KEYS}), got ;`],
    [
      "| clear X          |",
      "| partial-write X host |",
      "11:18",
      "Expected a shared KeyID for a partial write by agent module, for no rule covers a private one, got td",
    ],
    [
      "store X secret",
      "partial-write X host with td3",
      "10:1",
      "Expected a shared KeyID for a partial write by agent td, for no rule covers a private one, got td3",
    ],
    ["load X -> r0", "load X ->", "11:13", "Expected a register, got |"],
    [
      "load X -> r0",
      "load X -> r0 with td",
      "11:14",
      "Expected | and the column of thread reclaim, got with",
    ],
    [
      "load X -> r0",
      "load X secret",
      "11:8",
      "Expected | and the column of thread reclaim, got secret",
    ],
    [
      "store X secret",
      "load X -> r0",
      "11:11",
      "Expected a new register of thread td, got r0 again",
    ],
    [
      "partial-write X host",
      "partial-write X host -> r0",
      "10:58",
      "Expected no register, for partial-write reads nothing, got ->",
    ],
    [
      "after reclaim ;",
      "after reclaim any ;",
      "11:44",
      "Expected no register in thread host of kind any, got ->",
    ],
    [
      /host after reclaim([^]*)partial-write X host/,
      "cache$1evict X",
      "10:45",
      `Expected with and a KeyID (${KEYS}), got ;`,
    ],
    [
      "| host after reclaim",
      "| cache",
      "10:37",
      "Expected an operation of agent cache (evict, poison, poison-stuck, corrupt), got partial-write",
    ],
    [/ ;\nload/, "\nload", "11:1", "Expected ; at the end of the row, got load"],
    [/\| load X -> r1 /, "", "11:41", "Expected | and the column of thread host, got ;"],
    ["-> r1       ;", "-> r1 | ;", "11:50", "Expected ; at the end of the row, got |"],
    [
      /load X -> r0[^]*$/,
      "load X -> r0",
      "11:13",
      "Expected | and the column of thread reclaim, got the end of the file",
    ],
    [/load X -> r0[^]*$/, "load X ->", "11:10", "Expected a register, got the end of the file"],
    [
      /exists[^]*$/,
      "",
      "11:57",
      `Expected an operation of agent td (${OF_TD}), or exists, ~exists or forall, got the end of the file`,
    ],
  ],
  "a condition": [
    [
      "exists (",
      "exist (",
      "12:1",
      `Expected an operation of agent td (${OF_TD}), or exists, ~exists or forall, got exist`,
    ],
    ["exists (", "~forall (", "12:2", "Expected a quantifier (exists), got forall"],
    ["(mc /\\", "(mca /\\", "12:9", `Expected a statement (${STATEMENTS}), got mca`],
    ["(mc /\\", "(/\\", "12:9", `Expected a statement (${STATEMENTS}), got /\\`],
    ["~td-mc)", "~)", "12:16", `Expected a statement (${STATEMENTS}), got )`],
    ["~td-mc)", "~td-mc", "13:1", "Expected /\\, \\/ or ), got expect"],
    ["/\\", "&", "12:12", "Expected /\\, \\/ or ), got & (U+0026)"],
    ["/\\", "∧", "12:12", "Expected /\\, \\/ or ), got ∧ (U+2227)"],
    ["~td-mc", "¬td-mc", "12:15", `Expected a statement (${STATEMENTS}), got ¬ (U+00AC)`],
    ["~td-mc)", "~td-mc))", "12:22", "Expected expect, got )"],
    ["~td-mc", "poison Z", "12:22", "Expected a line (X, Y), got Z"],
    ["~td-mc", "poison", "12:21", "Expected a line (X, Y), got )"],
    ["~td-mc", "P0:r0 = zeros", "12:15", "Expected a thread (td, reclaim, host), got P0"],
    ["~td-mc", "td:r1 = zeros", "12:18", "Expected a register of thread td (r0), got r1"],
    [
      "~td-mc",
      "reclaim:r0 = zeros",
      "12:15",
      "Expected a thread with registers, got reclaim, which has none",
    ],
    ["~td-mc", "td:r0", "12:20", "Expected =, got )"],
    [
      "~td-mc",
      "td:r0 = 0",
      "12:23",
      "Expected a value (zeros, host, guest, secret, garbage, poison), got 0",
    ],
    [
      "load X -> r1",
      "clflush X",
      "12:9",
      "Expected a load by the host, without which mc never holds, got none",
    ],
    [
      "load X -> r0",
      "clflush X",
      "12:16",
      "Expected a load by a TD, without which td-mc never holds, got none",
    ],
    [
      "~td-mc",
      "retired Y",
      "12:15",
      "Expected a load of the line by a TD, without which retired Y never holds, got none",
    ],
    [
      /yes([^]*)td-mc/,
      "no$1retired X",
      "12:16",
      "Expected the setting seam-nr yes, without which retired X never holds, got none",
    ],
    [
      "~td-mc",
      "lost Y",
      "12:15",
      "Expected a write of host to the line by the host or a device, " +
      "without which lost Y never holds, got none",
    ],
    [
      /load X -> r1([^]*)~td-mc/,
      "load Y -> r1$1lost X",
      "12:15",
      "Expected a read of the line by the host or a device, without which lost X never holds, got none",
    ],
    [/expect spr[^]*$/, "", "12:22", "Expected expect, got the end of the file"],
  ],
  "an expectation": [
    ["expect spr:", "expect xyz:", "13:8", `${EXPECTED_PLACE}, got xyz`],
    ["expect spr:", "expect emr:", "13:8", `${EXPECTED_PLACE}, got emr`],
    ["expect spr:", "expect spr spr:", "13:12", "Expected spr once, got it again"],
    ["expect spr:", "expect spr", "13:12", `${EXPECTED_PLACE}, got Sometimes`],
    [/Li Ci([^]*)spr:/, "Ci$1spr Li:", "13:12", `${EXPECTED_PLACE.replace("Li, ", "")}, got Li`],
    [
      "Sometimes",
      "sometimes",
      "13:13",
      "Expected an observation (Never, Sometimes, Always), got sometimes",
    ],
    ["expect:", "expects:", "14:1", "Expected expect or the end of the file, got expects"],
    [
      "expect: Never",
      "expect Li spr: Never\nexpect spr Li Ci: Never",
      "15:1",
      `${ONE} spr Li, got a second one`,
    ],
    ["expect spr:", "expect:", "14:1", `${ONE} spr Li, got a second one`],
    ["expect: Never", "", "13:22", "Expected an expectation for gnr Li, got none"],
    [
      "expect: Never",
      "expect gnr Li: Never // Ci",
      "14:21",
      "Expected an expectation for gnr Ci, got none",
    ],
  ],
};

function lines(count: number): string {
  return Array.from({ length: count }, (_, i) => `L${i} = td zeros; `).join("");
}

function threads(count: number): string {
  return Array.from({ length: count }, (_, i) => `h${i}: host | `).join("");
}

function refusal(text: string): string {
  const options = { file: "base.litmus", platforms: PLATFORMS };
  return assertThrows(() => parseScenario(text, options), SyntaxError).message;
}

Deno.test("parseScenario() reads what the errors are made from", () => {
  assertEquals(parseScenario(BASE, { platforms: PLATFORMS }).problem.name, "base");
});

for (const [what, cases] of Object.entries(CASES)) {
  Deno.test(`parseScenario() says where ${what} is wrong`, () => {
    for (const [from, to, at, message] of cases) {
      const text = BASE.replace(from, to);
      assert(text !== BASE, `Expected ${from} in the base`);
      assertEquals(refusal(text).split("\n")[0], `base.litmus:${at}: ${message}`);
    }
  });
}

Deno.test("parseScenario() shows the line with a caret under the place", () => {
  assertEquals(
    refusal(BASE.replace("store X secret", "\tstore Z secret")),
    `base.litmus:10:8: Expected a line (X, Y), got Z
  \tstore Z secret | cache-wb X       | partial-write X host ;
  \t      ^`,
  );
  const crlf = BASE.replace("hosts keyid0", "hosts (* 🙂 *) td").replaceAll("\n", "\r\n");
  assertEquals(
    refusal(crlf),
    `base.litmus:6:16: Expected the host's KeyIDs (keyid0, shared, shared-integrity), got td
  hosts (* 🙂 *) td
                 ^`,
  );
});

Deno.test("parseScenario() calls a text without a file name a scenario", () => {
  const error = assertThrows(() => parseScenario("?", { platforms: [] }), SyntaxError);
  assertEquals(
    error.message,
    "scenario:1:1: Expected TDX and the name of the scenario, got ? (U+003F)\n  ?\n  ^",
  );
});

Deno.test("parseScenario() shortens long lines and tokens, and shows no control characters", () => {
  const message = refusal(BASE.replace("td secret", `${"t".repeat(500)} secret`));
  assertEquals(message.split("\n"), [
    `base.litmus:3:7: Expected a KeyID (${KEYS}), got ${"t".repeat(39)}…`,
    `  { X = ${"t".repeat(60)}…`,
    "        ^",
  ]);
  const late = refusal(BASE.replace("td secret", `${" ".repeat(500)}tdx secret`)).split("\n");
  assertEquals(late[0], `base.litmus:3:507: Expected a KeyID (${KEYS}), got tdx`);
  assertEquals(late[1], `  …${" ".repeat(60)}tdx secret; Y = keyid0 zeros; }`);
  assertEquals(late[2], `  ${" ".repeat(61)}^`);
  assertEquals(
    refusal(BASE.replace("modes", "mo\x1b[31mdes\x07")).split("\n")[1],
    "  mo\\u001b[31mdes\\u0007 Li Ci",
  );
});

Deno.test("parseScenario() takes at most 64 steps", () => {
  const row = "| | clflush X ;\n";
  const full = BASE.replace("exists", `${row.repeat(58)}exists`);
  parseScenario(full, { platforms: PLATFORMS });
  assertEquals(
    refusal(full.replace("exists", `${row}exists`)).split("\n")[0],
    "base.litmus:70:5: Expected at most 64 steps, got one more",
  );
});

Deno.test("parseScenario() takes at most 64 levels of parentheses and ~", () => {
  const nested = (depth: number) =>
    BASE.replace(
      "(mc",
      `${"(".repeat(depth / 2)}${"~".repeat(depth / 2)}mc${")".repeat(depth / 2)} /\\ (mc`,
    );
  parseScenario(nested(64), { platforms: PLATFORMS });
  assertEquals(
    refusal(nested(66)).split("\n")[0],
    "base.litmus:12:73: Expected at most 64 levels of ( and ~, got one more",
  );
});

Deno.test("parseScenario() refuses 10 MB at once", () => {
  assertEquals(
    refusal("x".repeat(10_000_000)).split("\n")[0],
    "base.litmus:1:1: Expected a scenario of at most 1 MiB, 1048576 characters, got 10000000",
  );
});
