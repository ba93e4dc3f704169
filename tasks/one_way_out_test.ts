import { assertEquals } from "@std/assert";
import plugin from "./one_way_out.ts";

const lint = (file: string, code: string) =>
  Deno.lint.runPlugin(plugin, file, code).map(({ message }) => message);

Deno.test("the lint finds prints that go round the one way out", () => {
  const inPackage = (code: string) => lint("/x/packages/host/audit/audit.ts", code);
  assertEquals(inPackage("console.log(1);"), ["Expected Output to print, got console.log"]);
  assertEquals(inPackage("console.error(row);"), ["Expected Output to print, got console.error"]);
  assertEquals(
    inPackage("const out = Deno.stderr; out.writeSync(bytes);"),
    ["Expected Output to print, got Deno.stderr"],
  );
  assertEquals(inPackage("output.print(text); Deno.stdin.readable;"), []);
});

Deno.test("the lint leaves the way out, tests and tasks alone", () => {
  const code = "Deno.stdout.writeSync(bytes); console.log(1);";
  for (
    const file of ["/x/packages/cli/shell/stdio.ts", "/x/packages/a_test.ts", "/x/tasks/run.ts"]
  ) assertEquals(lint(file, code), []);
});
