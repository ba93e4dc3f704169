// ARCHITECTURE.md names paths and code that exist.
import { assert } from "@std/assert";
import { basename, join } from "@std/path";
import { parseMarkdown } from "../tasks/markdown.ts";
import { exists, ROOT, typescriptFiles } from "../tasks/workspace.ts";

const document = parseMarkdown(
  "ARCHITECTURE.md",
  Deno.readTextFileSync(join(ROOT, "ARCHITECTURE.md")),
);
const files = ["packages", "platforms", "explorer", "tests", "tasks"]
  .flatMap((root) => [...typescriptFiles(root)]);

Deno.test("ARCHITECTURE.md names only paths that exist, from the root", () => {
  const paths = document.codes.filter(({ text }) => /^[\w./*-]+$/.test(text) && /[./]/.test(text));
  assert(paths.length > 20);
  for (const { text, line } of paths) {
    const found = text.includes("/")
      ? exists(text.replace(/\/\*$/, ""))
      : exists(text) || files.some((file) => basename(file) === text);
    assert(found, `ARCHITECTURE.md:${line}: Expected a path that exists, got ${text}`);
  }
});

Deno.test("ARCHITECTURE.md names only code that is exported, and where it says", () => {
  const exported = new Set(
    files.flatMap((file) => exportsOf(Deno.readTextFileSync(join(ROOT, file)))),
  );
  const names = document.codes.filter(({ text }) => /^\w+$/.test(text) && !exists(text));
  assert(names.length > 20);
  for (const { text, line } of names) {
    assert(exported.has(text), `ARCHITECTURE.md:${line}: Expected an exported name, got ${text}`);
  }
  const places = document.text.matchAll(/`(\w+)`(?: and `(\w+)`)? in\s+`(\S+\.ts)`/g);
  for (const [, name, other = name, path] of places) {
    const there = exportsOf(Deno.readTextFileSync(join(ROOT, path!)));
    for (const wanted of [name!, other!]) assert(there.includes(wanted), `${wanted} in ${path}`);
  }
});

function exportsOf(source: string): string[] {
  return [...source.matchAll(/^export (?:async )?(?:function|class|const|interface|type) (\w+)/gm)]
    .map(([, name]) => name!);
}

Deno.test("README.md and ARCHITECTURE.md have a row for every package", () => {
  const packages = [...Deno.readDirSync(join(ROOT, "packages"))].map(({ name }) =>
    `packages/${name}`
  );
  const [readme, architecture] = ["README.md", "ARCHITECTURE.md"].map((file) =>
    Deno.readTextFileSync(join(ROOT, file)).split("\n").filter((line) => line.startsWith("|"))
      .join("\n")
  );
  for (const home of packages) {
    assert(readme!.includes(`](${home})`), `Expected a row for ${home} in README.md`);
    assert(architecture!.includes(`\`${home}\``), `Expected a row for ${home} in ARCHITECTURE.md`);
  }
});
