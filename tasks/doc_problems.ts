/**
 * What is missing in the documentation of entry points, as `deno doc --json` gives it.
 *
 * @module
 */
import { parseMarkdown } from "./markdown.ts";

/** The part of `deno doc --json` that is read here, its format 2. */
export interface Documentation {
  readonly version: number;
  /** By the URL of the entry point. */
  readonly nodes: Readonly<Record<string, DocModule>>;
}
interface DocModule {
  readonly module_doc?: { readonly doc?: string; readonly tags?: readonly DocTag[] };
  readonly symbols: readonly DocSymbol[];
}
interface DocSymbol {
  readonly name: string;
  readonly declarations: readonly Declaration[];
}
interface Declaration {
  readonly kind: string;
  readonly location: { readonly filename: string; readonly line: number };
  readonly jsDoc?: { readonly tags?: readonly DocTag[] };
}
interface DocTag {
  readonly kind: string;
  readonly doc?: string;
}

/** What was looked at, and what is wrong with it. */
export interface Documented {
  /** Public symbols. */
  readonly symbols: number;
  /** One line for each problem, which begins with its place. */
  readonly problems: readonly string[];
}

/** What must have an example; types and constants say what they are in a line. */
const WITH_EXAMPLE = ["function", "class"];

/**
 * Finds entry points without a module comment, entry points, functions and classes without an
 * example, and examples that do not run or do not assert. A symbol that several entry points export
 * counts once, whatever its names there.
 *
 * @param documentation What `deno doc --json` says.
 * @returns How many symbols there are, and the problems.
 * @throws {TypeError} If it has another format.
 */
export function docProblems({ version, nodes }: Documentation): Documented {
  if (version !== 2) throw new TypeError(`Expected format 2 of deno doc --json, got ${version}`);
  const problems = new Map<string, string | undefined>();
  for (const [file, { module_doc }] of Object.entries(nodes)) {
    const documented = Boolean(module_doc?.doc?.trim());
    problems.set(
      file,
      documented
        ? exampleProblem(examplesIn(module_doc?.tags), true)
        : "Expected a comment with @module, got none",
    );
  }

  for (const { name, declarations } of Object.values(nodes).flatMap(({ symbols }) => symbols)) {
    // A symbol is where it is first declared; under another name it is a reference to that place.
    const { kind, location: { filename, line } } = declarations[0]!;
    if (kind === "reference") continue;
    const examples = declarations.flatMap(({ jsDoc }) => examplesIn(jsDoc?.tags));
    problems.set(
      `${filename}:${line} ${name}`,
      exampleProblem(examples, WITH_EXAMPLE.includes(kind)),
    );
  }
  const found = [...problems].filter(([, problem]) => problem !== undefined);
  return {
    symbols: problems.size - Object.keys(nodes).length,
    problems: found.map(([place, problem]) => `${place}: ${problem}`).sort(),
  };
}

function examplesIn(tags: readonly DocTag[] = []): string[] {
  return tags.filter(({ kind }) => kind === "example").map(({ doc = "" }) => doc);
}

/** Says what is wrong with examples: each must run under `deno test --doc`, and assert. */
function exampleProblem(examples: readonly string[], wanted: boolean): string | undefined {
  if (wanted && examples.length === 0) return "Expected an @example, got none";
  for (const doc of examples) {
    const { blocks } = parseMarkdown("@example", doc);
    if (blocks.length === 0) return "Expected a block of code in its @example, got none";
    for (const { language, attributes, code } of blocks) {
      const fence = [language, ...attributes].join(" ");
      if (fence !== "ts") {
        return `Expected \`ts\` after the fence of its @example, got \`${fence}\``;
      }
      if (!asserts(code)) return "Expected its @example to call what it imports from @std/assert";
    }
  }
  return undefined;
}

function asserts(code: string): boolean {
  const [statement, names] = /import \{([^}]*)\} from "@std\/assert";/.exec(code) ?? [];
  if (statement === undefined) return false;
  const rest = code.replace(statement, "");
  return names!.split(",").map((name) => name.trim()).filter(Boolean)
    .some((name) => new RegExp(`^(?!\\s*//).*\\b${name}\\(`, "m").test(rest));
}
