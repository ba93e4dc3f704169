// The table of dependencies in CONTRIBUTING.md names what deno.json and links name, no more, no less.
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { parseMarkdown } from "../tasks/markdown.ts";
import { ROOT } from "../tasks/workspace.ts";

const TABLE = "CONTRIBUTING.md, Dependencies";
const NPM_OR_JSR = /\b(?:npm|jsr):\/?((?:@[\w.-]+\/)?[\w.-]+)@([^\s"'/`]+)/g;

/** Every dependency with its version, as `name version`, and a file that names it. */
function namedDependencies(): Map<string, string> {
  const named = new Map<string, string>();
  const files = ["packages", "platforms", "links"].flatMap((root) =>
    [...Deno.readDirSync(join(ROOT, root))].filter(({ isDirectory }) => isDirectory)
      .flatMap(({ name }) => [...textFiles(`${root}/${name}`)])
  );
  for (const file of ["deno.json", "explorer/deno.json", ...files]) {
    const text = Deno.readTextFileSync(join(ROOT, file));
    for (const [, name, version] of text.matchAll(NPM_OR_JSR)) {
      named.set(`${name} ${version}`, file);
    }
  }
  return named;
}

/** A folder's `deno.json`, and the modules of a stand-in, which name what they stand in for. */
function* textFiles(folder: string): Generator<string> {
  for (const { name } of Deno.readDirSync(join(ROOT, folder))) {
    if (name === "deno.json" || (folder.startsWith("links/") && name.endsWith(".ts"))) {
      yield `${folder}/${name}`;
    }
  }
}

Deno.test("CONTRIBUTING.md names every dependency with its version and what replaces it", () => {
  const text = Deno.readTextFileSync(join(ROOT, "CONTRIBUTING.md"));
  const rows = parseMarkdown("CONTRIBUTING.md", text).rows
    .filter(({ heading }) => heading === "Dependencies").map(({ cells }) => cells);
  const written = new Set(rows.map(([name, version]) => `${name} ${version}`));
  const named = namedDependencies();
  assertEquals(
    [...named].filter(([dependency]) => !written.has(dependency)).map(([dependency, file]) =>
      `Add a row for ${dependency} to the table in ${TABLE}: ${file} names it`
    ),
    [],
  );
  assertEquals(
    [...written].filter((dependency) => !named.has(dependency)).map((dependency) =>
      `Take the row for ${dependency} out of the table in ${TABLE}: no deno.json names it`
    ),
    [],
  );
  for (const cells of rows) {
    assertEquals(cells.filter((cell) => cell.trim() !== "").length, 4, `${TABLE}: ${cells[0]}`);
  }
});
