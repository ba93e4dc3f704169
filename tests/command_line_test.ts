// The command and the main job as processes: standard streams, exit status, permissions, files. What
// subcommands answer is tested in packages/cli, in the test's own process.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { PLATFORM_NAMES } from "../packages/cli/fixtures_test.ts";
import { PLATFORMS } from "../packages/cli/platforms.ts";
import { outputOf, run, runDeno } from "../tasks/run.ts";
import { ROOT } from "../tasks/workspace.ts";

const MAIN = "packages/cli/main.ts";
const START = ["run", "--quiet", "--no-prompt", MAIN];
const HAZARD = ["decide", "--platform", "emr", "--policy", "never"];

Deno.test("tdx --json prints one object and nothing else, and exits with its status", async () => {
  const { code, stdout, stderr } = await runDeno([], MAIN, ...HAZARD, "--json");
  assertEquals([code, stderr], [2, ""]);
  const answer = JSON.parse(stdout);
  assertEquals([answer.formatVersion, answer.hazard], [1, true]);
  assertEquals(stdout, `${JSON.stringify(answer, null, 2)}\n`);
});

Deno.test("tdx says what is wrong in one line on standard error, with status 1", async () => {
  const { code, stdout, stderr } = await runDeno([], MAIN, "decide", "--platform", "sprr");
  assertEquals([code, stdout], [1, ""]);
  assertEquals(
    stderr,
    `tdx: Expected --platform to be one of ${PLATFORM_NAMES}, got sprr; did you mean spr?\n`,
  );
});

Deno.test("tdx decide --cpuinfo - reads standard input", async () => {
  const input = await Deno.readTextFile(`${ROOT}packages/cli/testdata/emr.cpuinfo`);
  const args = [...START, "decide", "--cpuinfo", "-", "--json"];
  const { code, stdout } = await run(Deno.execPath(), args, { input });
  assertEquals([code, JSON.parse(stdout).platform], [0, "emr"]);
});

Deno.test({
  name: "tdx ends without a word when its reader has gone (Windows has no SIGPIPE)",
  ignore: Deno.build.os === "windows",
  async fn() {
    const child = new Deno.Command(Deno.execPath(), {
      args: [...START, "platforms"],
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

Deno.test({
  name: "tdx --html writes with the permission for that file alone (Windows has no mktemp)",
  ignore: Deno.build.os === "windows",
  async fn() {
    const folder = (await outputOf("mktemp", ["-d"])).trim();
    const never = ["teardown", "--platform", "spr", "--memory", "4MiB", "--policy", "never"];
    const limited = ["check", "--platform", "spr", "--limit", "2"];
    const html = (name: string, ...args: string[]) => {
      const file = `${folder}/${name}`;
      return runDeno([`--allow-write=${file}`], MAIN, ...args, "--html", file);
    };
    try {
      await outputOf("sh", ["-c", `echo mine > ${folder}/old.html`]);
      const [done, fresh, old, missing] = await Promise.all([
        html("done.html", ...never),
        html("fresh.html", ...limited),
        html("old.html", ...limited),
        html("none/x.html", "check"),
      ]);
      assertEquals([done.code, done.stderr], [2, ""]);
      const report = await Deno.readTextFile(`${folder}/done.html`);
      assertStringIncludes(report, "The host met 1,024 machine checks");
      // A file that was only made sure of is left as it was, or is not there.
      assertEquals([fresh.code, old.code], [3, 3]);
      assertEquals(await Deno.readTextFile(`${folder}/old.html`), "mine\n");
      const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
      assertEquals(names, ["done.html", "old.html"]);
      assertEquals([missing.code, missing.stdout], [1, ""]);
      assertStringIncludes(
        missing.stderr,
        `tdx: Expected a file that can be written, got ${folder}/none/x.html: `,
      );
    } finally {
      await outputOf("rm", ["-r", folder]);
    }
  },
});

Deno.test("the main job runs without any permission, and says what it could not read", async () => {
  const { code, stdout, stderr } = await runDeno([], "packages/cli/reclaim.ts");
  assertEquals([code, stderr], [0, ""]);
  assertStringIncludes(stdout, "This machine: unknown. Reading this machine's CPU needs");
  // Every platform under three policies.
  assertEquals(
    stdout.match(/^\S+ +(always|quirk|never) +104,857,600 /gm)?.length,
    3 * PLATFORMS.length,
  );
});
