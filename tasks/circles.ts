/**
 * Finds circles in a graph of files.
 *
 * @param imports For each file, the files that it imports.
 * @returns Circles, each as the files along it; there are none exactly where the graph has none.
 *
 * @example
 * ```ts
 * import { circles } from "./circles.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const imports = new Map([["a", ["b", "c"]], ["b", ["c"]], ["c", ["b"]]]);
 * assertEquals(circles(imports), [["b", "c"]]);
 * ```
 */
export function circles(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const found: string[][] = [];
  const seen = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): void => {
    const at = path.indexOf(file);
    if (at >= 0) found.push(path.slice(at));
    if (seen.has(file)) return;
    seen.add(file);
    path.push(file);
    imports.get(file)?.forEach(visit);
    path.pop();
  };
  [...imports.keys()].forEach(visit);
  return found;
}
