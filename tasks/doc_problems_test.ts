import { assertEquals, assertThrows } from "@std/assert";
import { docProblems } from "./doc_problems.ts";

const ASSERTING = 'import { assert } from "@std/assert";\n\nassert(true);\n';

/** An entry point `a.ts` whose one symbol has these examples. */
function documented(examples: readonly string[], doc: string | undefined = "What it is.") {
  const declaration = (line: number) => ({
    kind: "function",
    location: { filename: "a.ts", line },
    jsDoc: { tags: examples.map((doc) => ({ kind: "example", doc })) },
  });
  return docProblems({
    version: 2,
    nodes: {
      "a.ts": { module_doc: { doc }, symbols: [{ name: "f", declarations: [declaration(7)] }] },
    },
  });
}

const fenced = (code: string, fence = "ts") => `\`\`\`${fence}\n${code}\`\`\``;

// The examples, what is wrong with them.
const EXAMPLES: readonly [string[], string | undefined][] = [
  [[fenced(ASSERTING)], undefined],
  [["Some words.\n\n" + fenced(ASSERTING), fenced(ASSERTING)], undefined],
  [[fenced(ASSERTING.replace("{ assert }", "{\n  assert,\n  assertEquals,\n}"))], undefined],
  [[], "Expected an @example, got none"],
  [["Call it."], "Expected a block of code in its @example, got none"],
  [
    [fenced(ASSERTING, "ts ignore")],
    "Expected `ts` after the fence of its @example, got `ts ignore`",
  ],
  [[fenced(ASSERTING, "")], "Expected `ts` after the fence of its @example, got ``"],
  [[fenced("f();\n")], "Expected its @example to call what it imports from @std/assert"],
  [
    [fenced(ASSERTING.replace("assert(true)", "// assert(true)"))],
    "Expected its @example to call what it imports from @std/assert",
  ],
  [
    [fenced(ASSERTING), fenced("f();\n")],
    "Expected its @example to call what it imports from @std/assert",
  ],
];

for (const [examples, problem] of EXAMPLES) {
  Deno.test(`docProblems() of the examples ${JSON.stringify(examples)}: ${problem ?? "none"}`, () => {
    const problems = problem === undefined ? [] : [`a.ts:7 f: ${problem}`];
    assertEquals(documented(examples), { symbols: 1, problems });
  });
}

Deno.test("docProblems() names the entry point without a module comment", () => {
  const problems = ["a.ts: Expected a comment with @module, got none"];
  assertEquals(documented([fenced(ASSERTING)], ""), { symbols: 1, problems });
  const bare = docProblems({ version: 2, nodes: { "a.ts": { symbols: [] } } });
  assertEquals(bare, { symbols: 0, problems });
});

Deno.test("docProblems() reads the examples of a module comment, where it has some", () => {
  const tags = [{ kind: "example", doc: fenced(ASSERTING, "ts ignore") }];
  const { problems } = docProblems({
    version: 2,
    nodes: { "a.ts": { module_doc: { doc: "What it is.", tags }, symbols: [] } },
  });
  assertEquals(problems, ["a.ts: Expected `ts` after the fence of its @example, got `ts ignore`"]);
});

Deno.test("docProblems() counts what two entry points export once", () => {
  const location = { filename: "b.ts", line: 1 };
  const symbol = { name: "f", declarations: [{ kind: "variable", location }] };
  const alias = { name: "g", declarations: [{ kind: "reference", location }] };
  const module_doc = { doc: "What it is." };
  const nodes = {
    "a.ts": { module_doc, symbols: [symbol, alias] },
    "b.ts": { module_doc, symbols: [symbol] },
  };
  assertEquals(docProblems({ version: 2, nodes }), {
    symbols: 1,
    problems: ["b.ts:1 f: Expected an @example, got none"],
  });
});

Deno.test("docProblems() reads format 2 only", () => {
  assertThrows(
    () => docProblems({ version: 3, nodes: {} }),
    TypeError,
    "Expected format 2 of deno doc --json, got 3",
  );
});
