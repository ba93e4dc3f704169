// Every example in a comment runs, and asserts. `deno check --doc` looks at their types.
import { assert } from "@std/assert";
import { join } from "@std/path";
import { commentExamples } from "../tasks/markdown.ts";
import { asserts, runExample } from "../tasks/run_block.ts";
import { ROOT, typescriptFiles } from "../tasks/workspace.ts";

const examples = ["packages", "platforms", "explorer", "tasks"]
  .flatMap((root) => [...typescriptFiles(root)])
  .filter((file) => !/_test\.tsx?$/.test(file))
  .flatMap((file) => commentExamples(file, Deno.readTextFileSync(join(ROOT, file))));

Deno.test("there are examples in comments", () => assert(examples.length > 100));

for (const example of examples) {
  Deno.test(`${example.file}:${example.line} example`, async () => {
    assert(asserts(example), "Expected it to call what it imports from @std/assert");
    await runExample(example);
  });
}
