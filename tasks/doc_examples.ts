/**
 * Lists public symbols without an `@example`: those of every entry point in packages and platforms.
 * A symbol that several entry points export counts once, whatever its names there.
 *
 * @module
 */
import { fromFileUrl, relative } from "@std/path";
import { entryPoints } from "./entry_points.ts";

/** The part of `deno doc --json` that is read here, its format 2. */
interface Documentation {
  readonly version: number;
  readonly nodes: Readonly<Record<string, { readonly symbols: readonly DocSymbol[] }>>;
}
interface DocSymbol {
  readonly name: string;
  readonly declarations: readonly Declaration[];
}
interface Declaration {
  readonly kind: string;
  readonly location: { readonly filename: string; readonly line: number };
  readonly jsDoc?: { readonly tags?: readonly { readonly kind: string }[] };
}

const { version, nodes } = await readDocumentation(entryPoints().map(({ file }) => file));
if (version !== 2) throw new TypeError(`Expected format 2 of deno doc --json, got ${version}`);

// A symbol is where it is first declared; under another name it is a reference to that place.
const named = Object.values(nodes).flatMap(({ symbols }) => symbols)
  .filter(({ declarations }) => declarations[0]!.kind !== "reference");
const shown = new Map<string, boolean>();
for (const { name, declarations } of named) {
  const { filename, line } = declarations[0]!.location;
  const place = `${relative(Deno.cwd(), fromFileUrl(filename))}:${line} ${name}`;
  const tags = declarations.flatMap(({ jsDoc }) => jsDoc?.tags ?? []);
  shown.set(place, tags.some(({ kind }) => kind === "example"));
}
const without = [...shown].filter(([, example]) => !example).map(([place]) => place).sort();
without.forEach((place) => console.error(place));
console.log(`examples: ${shown.size} public symbols, ${without.length} without one`);
if (without.length > 0) Deno.exit(1);

async function readDocumentation(files: readonly string[]): Promise<Documentation> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", ...files],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}
