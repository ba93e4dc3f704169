/** The part of `deno doc --json` that is read here, its format 2. */
export interface Documentation {
  readonly version: number;
  /** By the URL of the entry point. */
  readonly nodes: Readonly<Record<string, DocModule>>;
}
interface DocModule {
  readonly module_doc?: { readonly doc?: string; readonly tags?: readonly DocTag[] };
  readonly symbols: readonly {
    readonly name: string;
    readonly declarations: readonly Declaration[];
  }[];
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

/** What must have an example; types and constants say what they are in a line. */
const WITH_EXAMPLE = ["function", "class"];

/**
 * Finds entry points without a module comment, and entry points, functions and classes without an
 * example. That examples run and assert is for a test.
 *
 * @param documentation What `deno doc --json` says.
 * @returns The problems, a line for each, which begins with its place.
 * @throws {TypeError} If it has another format.
 */
export function docProblems({ version, nodes }: Documentation): string[] {
  if (version !== 2) throw new TypeError(`Expected format 2 of deno doc --json, got ${version}`);
  const problems = new Set<string>();
  for (const [file, { module_doc, symbols }] of Object.entries(nodes)) {
    if (!module_doc?.doc?.trim()) {
      problems.add(`${file}: Expected a comment with @module, got none`);
    } else if (!hasExample(module_doc.tags)) {
      problems.add(`${file}: Expected an @example, got none`);
    }
    for (const { name, declarations } of symbols) {
      // A symbol is where it is first declared, whatever its names and entry points.
      const { kind, location: { filename, line } } = declarations[0]!;
      const wanted = WITH_EXAMPLE.includes(kind);
      if (wanted && !declarations.some(({ jsDoc }) => hasExample(jsDoc?.tags))) {
        problems.add(`${filename}:${line} ${name}: Expected an @example, got none`);
      }
    }
  }
  return [...problems].sort();
}

function hasExample(tags: readonly DocTag[] = []): boolean {
  return tags.some(({ kind, doc = "" }) => kind === "example" && /^```ts$/m.test(doc));
}
