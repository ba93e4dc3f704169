import { assertEquals, assertThrows } from "@std/assert";
import { docProblems } from "./doc_problems.ts";

const ASSERTING = 'import { assert } from "@std/assert";\n\nassert(true);\n';

const fenced = (code: string, fence = "ts") => `\`\`\`${fence}\n${code}\`\`\``;
const tagged = (...examples: string[]) => examples.map((doc) => ({ kind: "example", doc }));
const MODULE = { doc: "What it is.", tags: tagged(fenced(ASSERTING)) };

/** An entry point `a.ts` whose one symbol has these examples. */
function documented(examples: readonly string[], { kind = "function", module_doc = MODULE } = {}) {
  const declaration = {
    kind,
    location: { filename: "a.ts", line: 7 },
    jsDoc: { tags: tagged(...examples) },
  };
  return docProblems({
    version: 2,
    nodes: { "a.ts": { module_doc, symbols: [{ name: "f", declarations: [declaration] }] } },
  });
}

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

for (
  const [kind, wanted] of [["class", true], ["variable", false], ["interface", false]] as const
) {
  Deno.test(`docProblems() ${wanted ? "wants an" : "can do without"} example of a ${kind}`, () => {
    const problems = wanted ? ["a.ts:7 f: Expected an @example, got none"] : [];
    assertEquals(documented([], { kind }).problems, problems);
    assertEquals(documented([fenced("f();\n")], { kind }).problems.length, 1);
  });
}

Deno.test("docProblems() wants a comment and an example of an entry point", () => {
  const problems = (module_doc: typeof MODULE) =>
    documented([fenced(ASSERTING)], { module_doc }).problems;
  const comment = ["a.ts: Expected a comment with @module, got none"];
  assertEquals(problems({ ...MODULE, doc: "" }), comment);
  assertEquals(docProblems({ version: 2, nodes: { "a.ts": { symbols: [] } } }).problems, comment);
  assertEquals(problems({ ...MODULE, tags: [] }), ["a.ts: Expected an @example, got none"]);
  assertEquals(problems({ ...MODULE, tags: tagged(fenced(ASSERTING, "ts ignore")) }), [
    "a.ts: Expected `ts` after the fence of its @example, got `ts ignore`",
  ]);
});

Deno.test("docProblems() counts what two entry points export once", () => {
  const location = { filename: "b.ts", line: 1 };
  const symbol = { name: "f", declarations: [{ kind: "function", location }] };
  const alias = { name: "g", declarations: [{ kind: "reference", location }] };
  const nodes = {
    "a.ts": { module_doc: MODULE, symbols: [symbol, alias] },
    "b.ts": { module_doc: MODULE, symbols: [symbol] },
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
