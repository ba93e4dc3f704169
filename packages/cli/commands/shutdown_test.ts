import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { CaughtStdio, refused, tdx, tdxJson, tdxOn } from "../fixtures_test.ts";

const path = (name: string) =>
  fromFileUrl(new URL(`../../host/shutdown/testdata/${name}`, import.meta.url));
const HIST = path("hist.txt");
const TERMINATE = path("terminate.txt");

Deno.test("tdx shutdown says where the time went, and what the patch saves here", async () => {
  const { status, text } = await tdx("shutdown", HIST);
  assertEquals(status, 0);
  const lines = text.split("\n");
  assertMatch(lines[0]!, /hist\.txt: 0\.\d+ s, most of it in [a-z -]+: \d+%$/);
  assertMatch(
    lines[1]!,
    /^Measured by shutdown\.sh hist on Linux 6\.1\.0-\d+-amd64, which has tdx_quirk_reset_page, as mainline 6\.18 to 7\.1$/,
  );
  assertStringIncludes(
    lines[2]!,
    "Path: dynamic (pages first, as mainline Linux); 20 pages removed, 14",
  );
  for (const phase of ["block", "track", "remove", "clear", "vCPU flush", "everything else"]) {
    assert(lines.some((line) => line.startsWith(`${phase} `) && line.endsWith("#")), phase);
  }
  assertStringIncludes(text, "the patch saves nothing here");
  assertStringIncludes(
    text,
    "1 × tdh_mem_range_block: OPERAND_BUSY RCX (0x8000020000000001), tried again",
  );
  assertMatch(text, /Measuring made each of \d+ calls [\d,]+ ns longer/);
});

Deno.test("tdx shutdown has each phase in its units, and how many TDs it was", async () => {
  const { answer: { shutdowns: [{ phases }] } } = await tdxJson("shutdown", HIST);
  const rows = (await tdx("shutdown", HIST)).text.split("\n");
  for (const { phase, calls, seconds, nsPerPage } of phases) {
    const row = rows.find((row) => row.startsWith(`${phase} `))!.slice(phase.length).trim().split(
      / +/,
    );
    if (calls > 0) assertEquals(row.shift(), String(calls));
    const [shown, , us] = row.map(Number);
    assert(Math.abs(shown! / seconds.high - 1) < 0.01, phase);
    assert(Math.abs(us! / (nsPerPage.high / 1e3) - 1) < 0.01, phase);
  }
  for (const [tds, said] of [[1, "2 reclaimed"], [2, "2 reclaimed, of 2 TDs together"]] as const) {
    const text = "tdx-shutdown 1\nmethod hist\nstart 1\nstop 9\ncost 0 0 1\n" +
      [["tdh_phymem_page_reclaim", 2], ["tdh_phymem_page_wbinvd_tdr", tds]].map(([name, calls]) =>
        `returned ${name} 0 ${calls} 9000\nentered ${name} ${calls} 0\n`
      ).join("");
    const answer = await tdxOn(new CaughtStdio(text), "shutdown", "-");
    assert(answer.text.split("\n")[2]!.endsWith(`; 0 pages removed, ${said}`), answer.text);
  }
});

Deno.test("tdx shutdown ends with 2 where SEAMCALLs failed for good, and 3 where it could not tell", async () => {
  const { status, text } = await tdx("shutdown", TERMINATE);
  assertEquals(status, 2);
  assertMatch(
    text,
    /1 × tdh_phymem_page_reclaim: PAGE_METADATA_INCORRECT RCX \(0xc0.{14}\), failed: /,
  );
  const doubtful = new CaughtStdio(
    (await Deno.readTextFile(HIST)).replace("entered tdh_mem_track 20", "entered tdh_mem_track 21"),
  );
  const answer = await tdxOn(doubtful, "shutdown", "-");
  assertEquals(answer.status, 3);
  assertMatch(answer.text, /Could not tell all:\n {2}It was still running/);
});

Deno.test("tdx shutdown takes other tools' files for parts of one shutdown", async () => {
  const { answer } = await tdxJson(
    "shutdown",
    path("bpftrace_maps.txt"),
    path("tdh_mem_page_remove.perf-latency.txt"),
  );
  const [one, ...others] = answer.shutdowns;
  assertEquals(others, []);
  const calls = one.phases.map(({ phase, calls }: Record<string, unknown>) => [phase, calls]);
  assertEquals(calls, [["track", 20], ["remove", 40]]);
});

Deno.test("tdx shutdown puts several hosts in a table, and reads their lines again", async () => {
  const { text } = await tdx("shutdown", HIST, TERMINATE);
  const rows = (all: string) => all.slice(all.indexOf("\nhost ") + 1).split("\n");
  assertMatch(
    rows(text)[0]!,
    /^host +seconds +pages +µs a page +path +most time in +share +clear +patch$/,
  );
  const { answer } = await tdxJson("shutdown", HIST, TERMINATE);
  const lines = answer.shutdowns.map((one: object) => JSON.stringify(one)).join("\n");
  const again = await tdxOn(new CaughtStdio(lines), "shutdown", "-");
  assertEquals([again.status, again.text], [2, rows(text).join("\n")]);
});

/** A shutdown as a line of a fleet's file. */
function fleetLine(name: string, high: number, changed: object = {}): string {
  const [some, most] = [{ low: 0, high: high / 8 }, { low: high / 4, high: high / 2 }];
  const phases = [["block", some, 0.125], ["remove", most, 0.5], ["clear", some, 0.125]] as const;
  return JSON.stringify({
    name,
    form: "shutdown.sh hist",
    seconds: { low: high, high },
    removed: 1500,
    reclaimed: 500,
    path: "dynamic",
    phases: phases.map(([phase, seconds, share]) => ({
      phase,
      seconds,
      share: { low: share, high: share },
    })),
    saving: {
      verdict: "would-save",
      measured: { seconds: some, share: { low: 0.125, high: 0.125 } },
      published: { seconds: some, share: { low: 0, high: 0.4 } },
    },
    refusals: [],
    doubts: [],
    ...changed,
  });
}

Deno.test("tdx shutdown has the longest of a fleet first, each figure under its name", async () => {
  const none = { removed: 0, reclaimed: 0, path: null };
  const lines = [fleetLine("quick", 1), fleetLine("slow", 8), fleetLine("none", 2, none)];
  const { status, text } = await tdxOn(new CaughtStdio(lines.join("\n")), "shutdown", "-");
  assertEquals(status, 0);
  const most = ["remove", "50%", "13%", "would-save"];
  assertEquals(text.split("\n").slice(1).map((row) => row.trim().split(/ {2,}/)), [
    ["slow", "8", "2,000", "4000", "dynamic", ...most],
    ["none", "2", "0", "unknown", "unknown", ...most],
    ["quick", "1", "2,000", "500", "dynamic", ...most],
  ]);
  // A doubt about one is a doubt; a refusal for good outweighs it.
  const doubtful = fleetLine("a", 1, { doubts: ["Lost events"] });
  const refused = (error: boolean, retry: boolean) =>
    fleetLine("b", 1, {
      refusals: [{ function: "tdh_mem_track", status: { error }, count: 1, retry }],
    });
  for (
    const [line, exit] of [[doubtful, 3], [refused(true, false), 2], [refused(true, true), 0], [
      refused(false, false),
      0,
    ]] as const
  ) {
    const both = new CaughtStdio(`${lines[0]}\n${line}`);
    assertEquals((await tdxOn(both, "shutdown", "-")).status, exit, line);
  }
});

Deno.test("tdx shutdown --html draws the phases", async () => {
  const stdio = new CaughtStdio();
  assertEquals((await tdxOn(stdio, "shutdown", HIST, "--html", "report.html")).status, 0);
  const html = stdio.files.get("report.html")!;
  for (
    const part of ["Where the time of a shutdown went", "<svg", "page write-back", "OPERAND_BUSY"]
  ) {
    assertStringIncludes(html, part);
  }
});

Deno.test("tdx shutdown --replay agrees with a recorded life, or shows where it parts", async () => {
  const { status, text } = await tdx("shutdown", "--replay", path("life.txt"));
  assertEquals(status, 0);
  assertMatch(
    text,
    /life\.txt: module and model agree in 58 of 59 SEAMCALLs\n {2}1 found something busy/,
  );
  const trace = "# CPU  DURATION                  FUNCTION CALLS\n" +
    " 0)   1.5 us    |  tdh_mng_create(td=0xffff888100000000, hkid=33); (ret=0x0)\n";
  for (const [lost, exit] of [["", 0], ["CPU:0 [LOST 3 EVENTS]\n", 3]] as const) {
    const answer = await tdxOn(new CaughtStdio(trace + lost), "shutdown", "--replay", "-");
    assertEquals([answer.status, /\n {2}3 events were lost$/.test(answer.text)], [
      exit,
      exit === 3,
    ]);
  }
  const lie = new CaughtStdio(
    (await Deno.readTextFile(path("life.txt")))
      .replace("tdh_mng_key_freeid: status=0x0", "tdh_mng_key_freeid: status=0x8000081700000000"),
  );
  const parted = await tdxOn(lie, "shutdown", "--replay", "-");
  assertEquals(parted.status, 2);
  assertMatch(
    parted.text,
    /-:\d+: tdh_mng_key_freeid td 0x\w+\n {2}module {2}WBCACHE_NOT_COMPLETE .*\n {2}model {3}SUCCESS .*\n {2}rule {4}T4, docs\/RULES\.md/,
  );
});

Deno.test("tdx estimate --from reckons with what was measured on this host", async () => {
  const td = ["--memory", "1GiB", "--vcpus", "4"];
  const dynamic = await tdxJson("estimate", ...td, "--path", "dynamic", "--from", HIST);
  const { answer: { shutdowns: [measured] } } = await tdxJson("shutdown", HIST);
  const of = (all: { phase: string; seconds: { high: number } }[], name: string) =>
    all.find(({ phase }) => phase === name)!.seconds.high;
  assertEquals(dynamic.status, 0);
  assertEquals(
    of(dynamic.answer.phases, "remove"),
    of(measured.phases, "remove") / 20 * 2 ** 18,
  );
  assertEquals(of(dynamic.answer.phases, "vCPU flush"), of(measured.phases, "vCPU flush") * 2);
  assertMatch(
    dynamic.answer.source,
    /^extrapolated from a measurement on this host, .*: 34 pages, path dynamic$/,
  );
  const { pages } = dynamic.answer;
  assertEquals(of(dynamic.answer.phases, "clear"), of(measured.phases, "clear") / 34 * pages);
  for (const control of ["reclaim", "control pages"]) {
    assertEquals(
      of(dynamic.answer.phases, control),
      of(measured.phases, control) / 14 * (pages - 2 ** 18),
    );
  }
  for (const once of ["key", "cache write-back"]) {
    assertEquals(of(dynamic.answer.phases, once), of(measured.phases, once));
  }
  // From one path to the other: what was not done was not measured.
  const both = await tdx("estimate", ...td, "--from", HIST);
  assertEquals(both.status, 0);
  assertMatch(both.text, /\nBy path terminate \(key first, a proposed patch\) instead: [\d.]+ s; /);
  const unknown = await tdxJson("estimate", ...td, "--path", "dynamic", "--from", TERMINATE);
  assertEquals([unknown.status, unknown.answer.seconds], [3, null]);
});

Deno.test("tdx shutdown refuses what it cannot read, in one line", async () => {
  assertStringIncludes(
    await refused("shutdown"),
    "Expected a file that shutdown.sh stop or a tracer wrote",
  );
  assertStringIncludes(await refused("shutdown", "nowhere.txt"), "no such file");
  assertStringIncludes(await refused("shutdown", "-", "-"), "Expected standard input once");
  assertStringIncludes(
    await refused("shutdown", "--replay", HIST),
    "Expected a trace of single calls",
  );
  assertStringIncludes(
    await refused("shutdown", HIST, "--replay", HIST),
    "Expected --replay FILE alone",
  );
  assertStringIncludes(await refused("shutdown", path("../mod.ts")), "got something else");
});
