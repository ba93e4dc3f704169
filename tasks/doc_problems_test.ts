import { assertEquals, assertThrows } from "@std/assert";
import { docProblems } from "./doc_problems.ts";

const EXAMPLE = "```ts\nassert(true);\n```";
const tags = (doc: string) => [{ kind: "example", doc }];
const MODULE = { doc: "What it is.", tags: tags(EXAMPLE) };

/** The problems of an entry point `a.ts` with one symbol. */
function problems(module_doc: object, kind = "function", example = EXAMPLE): string[] {
  const location = { filename: "a.ts", line: 7 };
  const declarations = [{ kind, location, jsDoc: { tags: tags(example) } }];
  const module = { module_doc, symbols: [{ name: "f", declarations }] };
  const alias = { name: "g", declarations: [{ kind: "reference", location }] };
  return docProblems({
    version: 2,
    nodes: { "a.ts": module, "b.ts": { module_doc: MODULE, symbols: [...module.symbols, alias] } },
  });
}

Deno.test("docProblems() wants an example of functions and classes, once for all entry points", () => {
  const missing = ["a.ts:7 f: Expected an @example, got none"];
  for (const kind of ["function", "class"]) {
    assertEquals(problems(MODULE, kind), []);
    for (const example of ["", "Call it.", "```ts ignore\nf();\n```"]) {
      assertEquals(problems(MODULE, kind, example), missing);
    }
  }
  for (const kind of ["variable", "interface", "typeAlias"]) {
    assertEquals(problems(MODULE, kind, ""), []);
  }
});

Deno.test("docProblems() wants a comment and an example of an entry point", () => {
  assertEquals(problems({ ...MODULE, doc: "" }), [
    "a.ts: Expected a comment with @module, got none",
  ]);
  assertEquals(problems({}), ["a.ts: Expected a comment with @module, got none"]);
  assertEquals(problems({ ...MODULE, tags: [] }), ["a.ts: Expected an @example, got none"]);
});

Deno.test("docProblems() reads format 2 only", () => {
  assertThrows(
    () => docProblems({ version: 3, nodes: {} }),
    TypeError,
    "Expected format 2 of deno doc --json, got 3",
  );
});
