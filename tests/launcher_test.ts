// `./tdx`, the command of a clone, as it is typed: from elsewhere, by a link, without Deno.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { INSTALL_MAP, installMap } from "../tasks/install_map.ts";
import { outputOf, run } from "../tasks/run.ts";
import { ROOT } from "../tasks/workspace.ts";
import { type Missing, missingNpmRegistry, missingProgram, skippable } from "./skippable.ts";

const TDX = join(ROOT, "tdx");
const DECIDE = join(ROOT, "packages/cli/commands/decide.ts");
const missing: Missing = await missingProgram("sh", "-c", "true");

function launcherTest(name: string, fn: () => Promise<void>, also?: Missing): void {
  Deno.test(skippable(missing ?? also, `./tdx ${name}`, fn));
}

/** What a shell says of a line with `$TDX` in it. */
function shell(line: string, cwd: string, env: Record<string, string> = {}) {
  return run("sh", ["-c", line], { cwd, env: { TDX, NO_COLOR: "1", ...env } });
}

launcherTest("runs from any folder, with paths that are relative to it", async () => {
  const { code, stdout } = await shell(
    "$TDX decide --cpuid testdata/spr.cpuid",
    join(ROOT, "packages/cli"),
  );
  assertEquals(code, 0);
  assertMatch(stdout, /^platform {2}spr /);
});

launcherTest("links what it cites on a terminal that reads escapes, and nowhere else", async () => {
  const linked = async (env: string, args = "") => {
    const line =
      `script -qec 'env -u NO_COLOR ${env} '"$TDX"' decide --platform spr ${args}' /dev/null`;
    return (await shell(line, "/")).stdout.includes(
      "\x1b]8;;https://git.kernel.org/torvalds/c/1e536e106897\x1b\\1e536e106897\x1b]8;;\x1b\\",
    );
  };
  assertEquals(await linked("TERM=xterm-256color"), true);
  assertEquals(await linked("TERM=dumb"), false);
  assertEquals(await linked("TERM=xterm NO_COLOR=1"), false);
  assertEquals(await linked("TERM=xterm", "--json"), false);
  const piped = await shell("env -u NO_COLOR TERM=xterm $TDX decide --platform spr | cat", "/");
  assertEquals(piped.stdout.includes("\x1b"), false);
}, await missingProgram("script", "-qec", "true", "/dev/null"));

launcherTest("ends quietly where its reader has seen enough", async () => {
  const { stdout, stderr } = await shell("$TDX claims | head -n 1", "/");
  assertEquals([stdout.split("\n").length, stderr], [2, ""]);
});

launcherTest("says in one line what is missing where there is neither Deno nor npx", async () => {
  const copy = "cp $TDX tdx-copy && PATH=/nowhere /bin/sh ./tdx-copy";
  const folder = (await run("mktemp", ["-d"])).stdout.trim();
  const { code, stderr } = await shell(copy, folder);
  assertEquals(code, 1);
  assertEquals(stderr, "tdx: Expected Deno (https://deno.com), or Node with npx, on PATH\n");
});

Deno.test("deno task install:map has been run: the map has every entry point", async () => {
  const written = JSON.parse(await Deno.readTextFile(join(ROOT, INSTALL_MAP)));
  assertEquals(written, JSON.parse(installMap()));
});

launcherTest(
  "is installed by Deno as the README says, and makes a report from elsewhere",
  async () => {
    const [, install] = /^```sh no-run\n(deno install .*?packages\/cli\/main\.ts)$/ms
      .exec(await Deno.readTextFile(join(ROOT, "README.md")))!;
    const folder = (await run("mktemp", ["-d"])).stdout.trim();
    const line = `${install} && cd "$DENO_INSTALL_ROOT" && bin/tdx check --policy quirk ` +
      "--host-keys shared --html report.html && cat report.html && rm -r $DENO_INSTALL_ROOT";
    const { code, stdout, stderr } = await shell(line, ROOT, { DENO_INSTALL_ROOT: folder });
    assertEquals([code, stderr], [0, ""]);
    assertMatch(stdout, /<!doctype html>/i);
  },
  await missingNpmRegistry(),
);

launcherTest("runs with Node alone, by a link", async () => {
  // A path with what the script and npx use, but no Deno.
  const line = `dir=$(mktemp -d) && for name in sh env find node npx readlink; do
    ln -s "$(command -v $name)" "$dir/"; done && ln -s "$TDX" "$dir/tdx" && PATH=$dir tdx -V`;
  const { stdout, stderr } = await shell(line, "/");
  assertStringIncludes(`${stdout}${stderr}`, "tdx 0.");
}, await missingNpmRegistry());

launcherTest(
  "ends at once when it is interrupted, also while it sets up: no report is begun",
  async () => {
    const folder = (await run("mktemp", ["-d"])).stdout.trim();
    const large = "--platform emr --memory 64GiB --host-memory 4TiB --scatter --html report.html";
    const line = `timeout --preserve-status -s INT 0.6 $TDX teardown ${large}; echo $?; ls`;
    const { stdout, stderr } = await shell(line, folder);
    assertEquals([stdout, stderr], ["130\n", ""]);
  },
  await missingProgram("timeout", "--version"),
);

Deno.test("tdx decide starts without the simulated memory and the module", async () => {
  const graph = JSON.parse(await outputOf(Deno.execPath(), ["info", "--json", DECIDE]));
  const files = (graph.modules as { specifier: string }[]).map(({ specifier }) => specifier);
  assertEquals(files.filter((file) => /core\/memory|packages\/seam/.test(file)), []);
});

Deno.test(skippable(
  await missingProgram("shellcheck", "--version"),
  "./tdx has nothing that shellcheck warns of",
  async () => assertEquals((await run("shellcheck", ["tdx"])).stdout, ""),
));
