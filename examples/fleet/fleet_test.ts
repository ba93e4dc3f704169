import { assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";

const HERE = fromFileUrl(new URL(".", import.meta.url));
const hasPromtool = await run("promtool", ["--version"]).then(({ status }) => status === 0);
const hasShell = await run("sh", ["-c", "mktemp -u && date -u -d @0"])
  .then(({ status }) => status === 0);

async function run(program: string, args: string[]) {
  try {
    const { code, stdout, stderr } = await new Deno.Command(program, { args, cwd: HERE }).output();
    const said = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
    return { status: code, said };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { status: -1, said: "" };
  }
}

for (
  const args of [
    ["check", "rules", "alerts.yml"],
    ["test", "rules", "alerts_test.yml"],
    ["check", "config", "prometheus.yml"],
  ]
) {
  Deno.test({
    name: `promtool ${args.join(" ")} (ignored where promtool is not installed)`,
    ignore: !hasPromtool,
    async fn() {
      const { status, said } = await run("promtool", args);
      assertEquals(status, 0, said);
    },
  });
}

Deno.test("alerts_test.yml tests every alert", async () => {
  const [rules, tests] = await Promise.all(
    ["alerts.yml", "alerts_test.yml"].map((name) => Deno.readTextFile(HERE + name)),
  );
  const alerts = [...rules!.matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
  assertEquals(alerts.filter((name) => !tests!.includes(`alertname: ${name}`)), []);
  assertEquals(alerts.length, 5);
});

Deno.test({
  name: "daemonset.yaml writes an expiring feature file whatever the audit's exit status " +
    "(ignored where there is no such date or mktemp)",
  ignore: !hasShell,
  async fn() {
    const yaml = await Deno.readTextFile(`${HERE}daemonset.yaml`);
    const [, loop] = /- \|\n((?: {14}.*\n)+)/.exec(yaml)!;
    const once = loop!.replaceAll("/features.d", '"$folder"').replace("sleep 3600", "break");
    const script = `folder=$(mktemp -d); deno() { echo "feature $*"; return 2; }\n${once}
      ls -A "$folder"; cat "$folder/tdx-reclaim"; rm -r "$folder"`;
    const { status, said } = await run("sh", ["-c", script]);
    const [name, expiry, feature] = said.split("\n");
    assertEquals([status, name], [0, "tdx-reclaim"]);
    assertMatch(expiry!, /^# \+expiry-time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assertMatch(feature!, /^feature run .*--allow-run=cat jsr:@tdx\/cli@\S+ audit --format nfd$/);
  },
});
