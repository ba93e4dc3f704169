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
