import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { stripAnsiCode } from "@std/fmt/colors";
import { fromFileUrl } from "@std/path";
import { AUDIT_CHECKS } from "@tdx/host";
import { type Answer, CaughtStdio, tdxOn } from "../fixtures_test.ts";

const CHECKS = AUDIT_CHECKS.length;
const ROOT = fromFileUrl(new URL("../../host/testdata/", import.meta.url));
const NAMES = [...Deno.readDirSync(ROOT)].filter(({ isDirectory }) => isDirectory)
  .map(({ name }) => name).toSorted();

function tdx(...args: string[]): Promise<Answer> {
  return tdxOn(new CaughtStdio(), "audit", ...args);
}

/** Runs `tdx audit` with something on standard input. */
function tdxPiped(input: string, ...args: string[]): Promise<Answer> {
  const bytes = Uint8Array.from(input, (letter) => letter.charCodeAt(0));
  return tdxOn(new CaughtStdio(bytes), "audit", ...args);
}

Deno.test("tdx audit exits with 0, 2 or 3 as the verdict says", async () => {
  const statuses: Record<string, number> = {};
  for (const name of NAMES) statuses[name] = (await tdx("--root", ROOT + name, "--json")).status;
  assertEquals(statuses, {
    "amd": 0,
    "arm": 0,
    "emr-6.18": 0,
    "emr-7.2": 0,
    "emr-flag-missing": 2,
    "emr-guest": 0,
    "emr-old-log": 0,
    "emr-tdx-off": 0,
    "gnr-6.17": 0,
    "gnr-6.18": 0,
    "gnr-6.19": 0,
    "gnr-backport": 0,
    "half-unreadable": 3,
    "ice-lake": 0,
    "machine-checks": 2,
    "spr-6.16": 0,
  });
});

Deno.test("tdx audit --json is one line with the fields of the contract", async () => {
  for (const name of NAMES) {
    const { text } = await tdx("--root", ROOT + name, "--json");
    assertEquals(text.includes("\n"), false);
    const { formatVersion, verdict, checks } = JSON.parse(text);
    assertEquals([formatVersion, typeof verdict, checks.length], [1, "string", CHECKS]);
    for (const check of checks) {
      assertEquals(Object.keys(check), ["id", "result", "seen", "source", "meaning", "fix"]);
      const { fix, ...rest } = check;
      assertEquals(Object.values(rest).filter((value) => value === ""), [], check.id);
      assertEquals(typeof fix, "string");
    }
    assertEquals((await tdx("--root", ROOT + name, "--format", "json")).text, text);
  }
});

Deno.test("tdx audit shows a tree with the verdict last", async () => {
  const { text } = await tdx("--root", `${ROOT}gnr-6.17`);
  const lines = text.split("\n");
  assertEquals(lines.filter((line) => /^[A-Z]\w+$/.test(line)), [
    "Silicon",
    "Machine",
    "TDX",
    "Kernel",
    "Records",
  ]);
  assertStringIncludes(
    text,
    "  affected        What the kernel does on reclaim: symbol tdx_clear_page\n" +
      "                  fix    Move to Linux 6.18, or to a kernel with the symbol " +
      "tdx_quirk_reset_paddr\n",
  );
  assertEquals(
    lines.at(-2),
    "Verdict: pays-needlessly. It is the kernel: Granite Rapids has no erratum, and the kernel " +
      "clears every page whatever the silicon.",
  );
});

Deno.test("tdx audit --explain says all about every check", async () => {
  const { text } = await tdx("--root", `${ROOT}gnr-6.18`, "--explain");
  for (const word of ["id", "source", "means"]) {
    assertEquals(text.match(new RegExp(`^ +${word} `, "gm"))?.length, CHECKS, word);
  }
});

Deno.test("tdx audit says the reasons why the flag can be missing", async () => {
  const { text } = await tdx("--root", `${ROOT}emr-tdx-off`, "--explain");
  assertStringIncludes(text, "not with TDX off in the firmware, in a guest, with fewer than 2");
});

Deno.test("tdx audit --format nrpe is a plugin's answer", async () => {
  for (
    const [name, word, status] of [
      ["gnr-6.18", "OK", 0],
      ["emr-6.18", "OK", 0],
      ["gnr-6.17", "WARNING", 1],
      // It pays rightly, and has machine checks on record.
      ["machine-checks", "WARNING", 1],
      ["emr-flag-missing", "CRITICAL", 2],
      ["half-unreadable", "UNKNOWN", 3],
    ] as const
  ) {
    const answer = await tdx("--root", ROOT + name, "--format", "nrpe");
    assertEquals(answer.status, status);
    const [head, ...others] = answer.text.split("\n");
    assertMatch(
      head!,
      new RegExp(
        `^TDX ${word} - [^|]+ \\| affected=\\d+;;;0;${CHECKS} unknown=\\d+;;;0;${CHECKS}$`,
      ),
    );
    assertEquals(others.filter((line) => line.includes("|")), []);
  }
});

Deno.test("tdx audit --format nrpe counts what is affected and unknown, and names each", async () => {
  for (const name of NAMES) {
    const { checks } = JSON.parse((await tdx("--root", ROOT + name, "--json")).text);
    const of = (wanted: string) =>
      checks.filter(({ result }: { result: string }) => result === wanted);
    const [head, ...lines] = (await tdx("--root", ROOT + name, "--format", "nrpe")).text.split(
      "\n",
    );
    const [affected, unknown] = ["affected", "unknown"].map(of);
    assertStringIncludes(
      head!,
      ` | affected=${affected.length};;;0;${CHECKS} unknown=${unknown.length};;;0;${CHECKS}`,
    );
    assertEquals(
      lines.map((line) => line.split(":")[0]).sort(),
      [...affected, ...unknown].map(({ id, result }) => `${id} ${result}`).sort(),
    );
  }
});

Deno.test("tdx audit --format nrpe could not tell where there is nothing to look at", async () => {
  const { status, text, notes } = await tdx("--root", `${ROOT}none`, "--format", "nrpe");
  assertEquals([status, notes], [3, []]);
  assertMatch(
    text,
    /^TDX UNKNOWN - Expected a snapshot folder, got .*none: no such file or folder$/,
  );
  // A bar would begin the counts.
  const bar = await tdx("--root", `${ROOT}no|ne`, "--format", "nrpe");
  assertMatch(bar.text, /^TDX UNKNOWN - [^|]*no\/ne: no such file or folder$/);
});

Deno.test("tdx audit --format nfd writes labels that Kubernetes takes", async () => {
  for (const name of NAMES) {
    const { text } = await tdx("--root", ROOT + name, "--format", "nfd");
    const lines = text.split("\n");
    assertEquals(lines.length, 4);
    for (const line of lines) {
      const [key, value] = line.split("=");
      assertMatch(key!, /^feature\.node\.kubernetes\.io\/[a-z][a-z0-9.-]{0,61}[a-z0-9]$/);
      assertMatch(value!, /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/);
    }
  }
  assertEquals((await tdx("--root", `${ROOT}emr-6.18`, "--format", "nfd")).text.split("\n"), [
    "feature.node.kubernetes.io/tdx-reclaim.platform=emr",
    "feature.node.kubernetes.io/tdx-reclaim.erratum=affected",
    "feature.node.kubernetes.io/tdx-reclaim.kernel=clears-on-erratum",
    "feature.node.kubernetes.io/tdx-reclaim.verdict=pays-rightly",
  ]);
});

Deno.test("tdx audit refuses bad input in one line", async () => {
  const README = `${ROOT}README.md`;
  const cases: [string[], string][] = [
    [["--root", `${ROOT}none`], `got ${ROOT}none: no such file or folder`],
    [["--root", README], `got ${README}: it is not a folder`],
    [["--root", `${ROOT}emr-6.18/sys`], "Expected a snapshot folder with files such as"],
    [["--root", ROOT, "-"], "Expected one of FILE, - and --root DIR, got - --root"],
    [["snapshot.tar"], "Expected a readable file, got snapshot.tar: no such file"],
    [
      ["--root", `${ROOT}emr-6.18`, "--kernel", "6.4"],
      "Expected --kernel to be Linux 6.16 or later",
    ],
    [
      ["--root", `${ROOT}emr-6.18`, "--kernel", "new"],
      "Expected --kernel to be a version of Linux",
    ],
    [["--format", "xml"], "Expected --format to be one of text, json, nrpe, prometheus, nfd"],
    [["--json", "--format", "nfd"], "Expected --json or --format"],
    [["--json", "--explain"], "Expected --explain with text"],
    [["--fleet", `${ROOT}none`], `Expected a readable file, got ${ROOT}none: no such file`],
    [["--fleet", ROOT], "it is a folder"],
    [["--fleet", README, "--root", ROOT], "Expected --fleet alone, got --root"],
    [["--fleet", README, "--format", "nfd"], "Expected --format text or json with --fleet"],
    [["--fleet", `${ROOT}emr-guest/sys/fs/cgroup/misc.capacity`], "got nothing in"],
  ];
  for (const [args, message] of cases) {
    const { status, text, notes } = await tdx(...args);
    assertEquals([status, text, notes.length], [1, "", 1], args.join(" "));
    assertStringIncludes(notes[0]!, message);
  }
});

Deno.test("tdx audit of this machine ends in an answer, whatever the machine", async () => {
  const { status, text, notes } = await tdx("--json");
  // Where there is no cat it says so.
  if (status === 1) {
    return assertStringIncludes(notes.join(), "Auditing this machine needs the program cat");
  }
  assertEquals([0, 2, 3].includes(status), true);
  assertEquals(JSON.parse(text).checks.length, CHECKS);
});

Deno.test("tdx audit of a snapshot says nothing of this machine, whatever its CPU", async () => {
  for (const name of ["amd", "arm", "emr-6.18"]) {
    assertEquals((await tdx("--root", ROOT + name)).notes, []);
  }
});

Deno.test("tdx audit colours its answer where it may, and never with NO_COLOR", async () => {
  const stdio = new CaughtStdio();
  Object.assign(stdio, { colour: true });
  const { text } = await tdxOn(stdio, "audit", "--root", `${ROOT}gnr-6.17`);
  assertEquals(stripAnsiCode(text) === text, Deno.noColor);
  assertEquals(stripAnsiCode(text), (await tdx("--root", `${ROOT}gnr-6.17`)).text);
});

Deno.test("tdx audit - refuses what is neither archive nor text", async () => {
  for (
    const [input, message] of [
      ["", "Expected a snapshot archive or a kernel log, got nothing"],
      ["\x1f\x8b", "Expected whole gzip data, got data that breaks off"],
      ["\x7fELF\0\0", "the file: Expected a text, got a program or a core dump"],
    ] as const
  ) {
    const { status, notes } = await tdxPiped(input, "-");
    assertEquals([status, notes.length], [1, 1]);
    assertStringIncludes(notes[0]!, message);
  }
});

Deno.test("tdx audit --fleet - sums up what tdx audit --json wrote", async () => {
  const audits = await Promise.all(NAMES.map((name) => tdx("--root", ROOT + name, "--json")));
  const input = [...audits.map(({ text }) => text), "broken\n"].join("\n");
  const { status, text } = await tdxPiped(input, "--fleet", "-");
  assertEquals(status, 2);
  const [header, first] = text.split("\n");
  assertMatch(header!, /^hosts +records +platform +kernel +verdict +for example$/);
  assertMatch(first!, /^ +1 +0 +emr +clears-on-erratum +at-risk +emr-c$/);
  assertStringIncludes(
    text,
    "16 hosts; lines that are not an audit: 1\n-:17:1: Expected an audit as",
  );
  const json = await tdxPiped(input, "--fleet", "-", "--json");
  const { formatVersion, hosts, broken, groups } = JSON.parse(json.text);
  assertEquals([formatVersion, hosts, broken], [1, 16, 1]);
  assertEquals(groups[0].verdict, "at-risk");
});

Deno.test("tdx audit --fleet puts each count under its name, and shows some of many broken lines", async () => {
  const audits = await Promise.all(
    ["machine-checks", "gnr-6.18", "gnr-6.18", "gnr-6.18"].map((name) =>
      tdx("--root", ROOT + name, "--json")
    ),
  );
  const broken = Array(40).fill("broken");
  const { text } = await tdxPiped(
    [...audits.map(({ text }) => text), ...broken].join("\n"),
    "--fleet",
    "-",
  );
  const rows = text.split("\n").slice(0, 3).map((row) => row.trim().split(/ {2,}/));
  assertEquals(rows.map((row) => row.slice(0, 5)), [
    ["hosts", "records", "platform", "kernel", "verdict"],
    ["1", "1", "spr", "clears-always", "pays-rightly"],
    ["3", "0", "gnr", "clears-on-erratum", "fine"],
  ]);
  assertStringIncludes(text, "\n4 hosts; lines that are not an audit: 40\n");
  const shown = text.match(/^-:\d+:1: /gm)!.length;
  assertEquals(text.split("\n").at(-1), `and ${40 - shown} more`);
});

Deno.test("tdx audit --fleet exits with 3 where a host or a line is unknown, with 0 where all is fine", async () => {
  const fine = (await tdx("--root", `${ROOT}gnr-6.18`, "--json")).text;
  assertEquals((await tdxPiped(fine, "--fleet", "-")).status, 0);
  assertEquals((await tdxPiped(`${fine}\nbroken`, "--fleet", "-")).status, 3);
  for (
    const [name, exit] of [["half-unreadable", 3], ["machine-checks", 2], [
      "emr-flag-missing",
      2,
    ]] as const
  ) {
    const other = (await tdx("--root", ROOT + name, "--json")).text;
    assertEquals((await tdxPiped(`${fine}\n${other}`, "--fleet", "-")).status, exit, name);
    assertEquals((await tdxPiped(`${other}\nbroken`, "--fleet", "-")).status, exit, name);
  }
});
