// The command and the main job as processes: what reaches standard output, and the exit status.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { PLATFORM_NAMES } from "../packages/cli/fixtures_test.ts";
import { PLATFORMS } from "../packages/cli/platforms.ts";
import { run, runDeno } from "../tasks/run.ts";
import { ROOT } from "../tasks/workspace.ts";

const MAIN = "packages/cli/main.ts";
const MAIN_JOB = "packages/cli/reclaim.ts";
const CAT = ["--allow-run=cat"];

/** The name of this machine's CPU, `undefined` where there is no x86 `/proc/cpuinfo`. */
const cpuName = await readCpuName();

async function readCpuName(): Promise<string | undefined> {
  try {
    const { stdout } = await run("cat", ["/proc/cpuinfo"]);
    const field = (name: string) => new RegExp(`^${name}\\s*: (.+)$`, "m").exec(stdout)?.[1];
    const brand = field("model name");
    return brand === "unknown" ? field("vendor_id") : brand ?? field("vendor_id");
  } catch {
    return undefined;
  }
}

// Arguments, exit status.
const JSON_ANSWERS = [
  [["decide", "--platform", "emr"], 0],
  [["decide", "--platform", "emr", "--policy", "never"], 2],
  [["teardown", "--platform", "gnr", "--memory", "1TiB"], 0],
  [["teardown", "--platform", "spr", "--memory", "4MiB", "--policy", "never"], 2],
  [["estimate", "--platform", "gnr", "--memory", "400GiB", "--vcpus", "64"], 0],
  [["estimate", "--platform", "gnr", "--memory", "1GiB", "--vcpus", "1"], 3],
  [["platforms"], 0],
  [["status", "0xc000030000000001"], 0],
  [["status", "0xc0ffee0000000000"], 3],
] as const;

for (const [args, status] of JSON_ANSWERS) {
  Deno.test(`tdx ${args.join(" ")} --json prints one object and nothing else`, async () => {
    const { code, stdout, stderr } = await runDeno([], MAIN, ...args, "--json");
    assertEquals([code, stderr], [status, ""]);
    const answer = JSON.parse(stdout);
    assertEquals(answer.formatVersion, 1);
    assertEquals(stdout, `${JSON.stringify(answer, null, 2)}\n`);
  });
}

Deno.test("tdx says what is wrong in one line on standard error, with status 1", async () => {
  const { code, stdout, stderr } = await runDeno(
    [],
    MAIN,
    "decide",
    "--platform",
    "sprr",
    "--json",
  );
  assertEquals([code, stdout], [1, ""]);
  assertEquals(
    stderr,
    `tdx: Expected --platform to be one of ${PLATFORM_NAMES}, got sprr; did you mean spr?\n`,
  );
});

Deno.test("tdx says which permission it lacks", async () => {
  const machine = await runDeno([], MAIN, "decide");
  assertEquals([machine.code, machine.stdout], [1, ""]);
  assertStringIncludes(
    machine.stderr,
    "Reading this machine's CPU needs the program cat and --allow-run=cat; or name",
  );
  const file = await runDeno([], MAIN, "decide", "--cpuid", "packages/cli/testdata/spr.cpuid");
  assertEquals(
    file.stderr,
    "tdx: Expected a readable file, got packages/cli/testdata/spr.cpuid: " +
      "reading it needs --allow-read=packages/cli/testdata/spr.cpuid\n",
  );
});

// Option, what is piped in.
for (const [option, file] of [["--cpuinfo", "emr.cpuinfo"], ["--cpuid", "spr.cpuid"]] as const) {
  Deno.test(`tdx decide ${option} - reads standard input`, async () => {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-prompt", MAIN, "decide", option, "-", "--json"],
      cwd: ROOT,
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const input = await Deno.open(`${ROOT}packages/cli/testdata/${file}`);
    const [{ code, stdout }] = await Promise.all([
      child.output(),
      input.readable.pipeTo(child.stdin),
    ]);
    assertEquals(code, 0);
    assertEquals(JSON.parse(new TextDecoder().decode(stdout)).platform, file.split(".")[0]);
  });
}

Deno.test({
  name: "tdx ends without a word when its reader has gone (Windows has no SIGPIPE)",
  ignore: Deno.build.os === "windows",
  async fn() {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-prompt", MAIN, "platforms"],
      cwd: ROOT,
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    await child.stdout.cancel();
    const [{ code }, said] = await Promise.all([child.status, new Response(child.stderr).text()]);
    // 128 and the number of SIGPIPE, as other programs.
    assertEquals([code, said], [141, ""]);
  },
});

Deno.test("the main job runs without any permission, and says what it could not read", async () => {
  const { code, stdout, stderr } = await runDeno([], MAIN_JOB);
  assertEquals([code, stderr], [0, ""]);
  assertStringIncludes(stdout, "This machine: unknown. Reading this machine's CPU needs");
  // Every platform under three policies.
  assertEquals(
    stdout.match(/^\S+ +(always|quirk|never) +104,857,600 /gm)?.length,
    3 * PLATFORMS.length,
  );
});

Deno.test({
  name: "the main job names the CPU that this machine has (needs an x86 /proc/cpuinfo)",
  ignore: cpuName === undefined,
  async fn() {
    const { code, stdout, stderr } = await runDeno(CAT, MAIN_JOB);
    assertEquals([code, stderr], [0, ""]);
    assert(stdout.startsWith(`This machine: ${cpuName} (`), stdout.split("\n")[0]);
  },
});
