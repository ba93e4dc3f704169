// `--help` of every task says how it is called, and does nothing else.
import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { run } from "../tasks/run.ts";
import { ROOT } from "../tasks/workspace.ts";

const { tasks } = JSON.parse(Deno.readTextFileSync(join(ROOT, "deno.json")));

for (const name of Object.keys(tasks)) {
  Deno.test(`deno task ${name} --help`, async () => {
    const args = ["task", "--quiet", name, "--help"];
    const { code, stdout } = await run(Deno.execPath(), args, {
      env: { NO_COLOR: "1" },
      cwd: ROOT,
    });
    assertEquals(code, 0);
    assertMatch(stdout, /^Usage: /m);
  });
}
