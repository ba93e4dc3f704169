// The steps of every guide are taken as they stand, in a copy of the workspace of its own.
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { type Block, readMarkdown } from "../tasks/markdown.ts";
import { outputOf } from "../tasks/run.ts";
import { runShell } from "../tasks/run_block.ts";
import { ROOT } from "../tasks/workspace.ts";
import { checkRan } from "./check_ran.ts";

for (const { file, guides } of readMarkdown(ROOT)) guides.forEach((steps) => register(file, steps));

function register(file: string, steps: readonly Block[]): void {
  Deno.test(`${file}:${steps[0]!.line} steps`, async (t) => {
    const copy = (await outputOf("mktemp", ["-d"])).trimEnd();
    try {
      const pack = 'tar --exclude=./.git --exclude=./site -cf - . | tar -xf - -C "$0"';
      await outputOf("sh", ["-c", pack, copy]);
      for (const step of steps) {
        await t.step(`${step.line} ${step.language} ${step.path ?? ""}`, () => take(step, copy));
      }
    } finally {
      await outputOf("rm", ["-r", copy]);
    }
  });
}

/** Runs commands; with any other block writes or changes the file that the sentence before names. */
async function take(step: Block, copy: string): Promise<void> {
  const { language, path, code } = step;
  if (language === "sh") return checkRan(step, await runShell(code, copy));
  const place = `${step.file}:${step.line}`;
  assert(path !== undefined, `${place}: Expected a file's name before the block`);
  const text = language === "diff" ? changed(join(copy, path), code, place) : code;
  const write = 'mkdir -p "$(dirname "$0")" && cat > "$0"';
  await outputOf("sh", ["-c", write, path], { cwd: copy, input: text });
}

/** A file with one difference made: lines that begin with a blank or `-`, then with a blank or `+`. */
function changed(file: string, diff: string, place: string): string {
  const lines = diff.trimEnd().split("\n");
  const side = (mark: string) =>
    lines.filter((line) => line.startsWith(" ") || line.startsWith(mark))
      .map((line) => `${line.slice(1)}\n`).join("");
  const parts = Deno.readTextFileSync(file).split(side("-"));
  assertEquals(parts.length, 2, `${place}: Expected once in ${file}:\n${side("-")}`);
  return parts.join(side("+"));
}
