// The packages as a Deno program outside the workspace gets them: from JSR. JSR is a server on this
// machine here, and `deno publish` really publishes to it.
//
// Not named `_test.ts`, for it is slow: `deno task test:consumers`.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { outputOf } from "../../tasks/run.ts";
import { packageFolders, readPackageConfig, ROOT } from "../../tasks/workspace.ts";
import { missingNpmRegistry, skippable } from "../skippable.ts";
import { EXPECTED } from "./expected.ts";
import { addFolder, serveJsr } from "./jsr_registry.ts";
import { temporaryFolder } from "./temporary_folder.ts";

const USED = ["core", "host", "linux", "litmus", "reclaim", "seam"];
const USED_PLATFORMS = ["generic", "gnr", "spr"];
const STAND_INS = ["cli", "csv", "fmt", "text"];

/** What no package ships. */
const NOT_SHIPPED = /_test\.ts$|\/testdata\/|fixtures|\/scenarios\/|golden/;

Deno.test("from JSR", async (t) => {
  const published = packageFolders().map(readPackageConfig);
  const versions = Object.fromEntries(published.map(({ name, version }) => [name, version]));
  await using temporary = await temporaryFolder();
  const registry = `${temporary.path}/registry`;
  const folder = `${temporary.path}/consumer`;
  await Deno.mkdir(folder);
  await using server = serveJsr(registry);
  const env = { JSR_URL: server.url, DENO_DIR: `${temporary.path}/cache`, NO_COLOR: "1" };
  const deno = (...args: string[]) => outputOf(Deno.execPath(), args, { cwd: folder, env });

  await t.step(
    "deno publish uploads every package: README, the name of its licence, no tests",
    async () => {
      const how = ["--quiet", "--allow-dirty", "--no-provenance", "--token", "unused"];
      await outputOf(Deno.execPath(), ["publish", ...how], { env: { JSR_URL: server.url } });
      for (const [name, version] of Object.entries(versions)) {
        const meta = await Deno.readTextFile(`${registry}/${name}/${version}_meta.json`);
        const files = Object.keys(JSON.parse(meta).manifest);
        assert(files.includes("/README.md"), `${name}: ${files.join()}`);
        const config = await Deno.readTextFile(`${registry}/${name}/${version}/deno.json`);
        assertEquals(JSON.parse(config).license, "MIT", name);
        assertEquals(files.filter((file) => NOT_SHIPPED.test(file)), [], name);
      }
    },
  );

  await t.step(
    "deno add, check and run: no permission, and what the specification says",
    async () => {
      await Deno.writeTextFile(`${folder}/deno.json`, "{}");
      await Deno.copyFile(`${ROOT}tests/consumers/consumer.ts`, `${folder}/consumer.ts`);
      const packages = [...USED, ...USED_PLATFORMS.map((name) => `platform-${name}`)];
      await deno("add", ...packages.map((name) => `jsr:@tdx/${name}`));
      await deno("check", "consumer.ts");
      const said = await deno("run", "--no-prompt", "consumer.ts");
      assertEquals(JSON.parse(said), EXPECTED);
    },
  );

  await t.step("a specifier with a version needs no deno.json", async () => {
    const direct = `
      import { decide } from "jsr:@tdx/reclaim@${versions["@tdx/reclaim"]}";
      import { gnr } from "jsr:@tdx/platform-gnr@${versions["@tdx/platform-gnr"]}";
      console.log(decide({ platform: gnr }).clear);`;
    await Deno.writeTextFile(`${folder}/direct.ts`, direct);
    const how = ["--no-config", "--no-prompt", "--check"];
    assertEquals(await deno("run", ...how, "direct.ts"), "false\n");
  });

  // Its dependencies `@std/…` are the stand-ins of this workspace, which ask npm for the code.
  const name = "deno run jsr:@tdx/cli answers an operator";
  await t.step(skippable(await missingNpmRegistry(), name, async () => {
    for (const name of STAND_INS) await addFolder(registry, `${ROOT}links/${name}`);
    const tdx = `jsr:@tdx/cli@${versions["@tdx/cli"]}`;
    const said = await deno("run", "--no-prompt", tdx, "decide", "--platform", "emr");
    assertMatch(said, /^platform {2}emr \(Emerald Rapids, confirmed\)\n(?:.*\n)?clear {5}yes/);
    const html = ["check", "--policy", "quirk", "--host-keys", "shared", "--html", "check.html"];
    await deno("run", "--no-prompt", "--allow-write=check.html", tdx, ...html);
    assertMatch(await Deno.readTextFile(`${folder}/check.html`), /^<!doctype html>/i);
  }));
});
