import type { Package } from "./package.ts";

/**
 * Writes the `package.json` of a package.
 *
 * @param one The package.
 * @param dependencies The packages of this workspace that it imports.
 * @returns JSON text.
 */
export function manifest(one: Package, dependencies: readonly Package[]): string {
  const exports = Object.entries(one.entries).map(([entry, path]) => {
    const module = path.replace(/\.ts$/, "");
    return [entry, { types: `${module}.d.ts`, default: `${module}.js` }] as const;
  });
  const value = {
    name: one.name,
    version: one.version,
    license: "MIT",
    type: "module",
    sideEffects: false,
    exports: Object.fromEntries(exports),
    dependencies: Object.fromEntries(
      dependencies.map(({ name, version }) => [name, `^${version}`]),
    ),
    engines: { node: ">=20" },
  };
  return JSON.stringify(value, null, 2) + "\n";
}
