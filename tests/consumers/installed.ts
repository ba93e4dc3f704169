/** What an entry of an installed package is imported by, and where its module lies. */
export interface InstalledEntry {
  /** For example `@tdx/host/cpu`. */
  readonly specifier: string;
  /** For example `/node_modules/@tdx/host/cpu.js`. */
  readonly path: string;
}

/**
 * Reads what npm has installed.
 *
 * @param folder The folder with `node_modules`.
 * @returns Every entry of every package of ours.
 */
export function installedEntries(folder: string): InstalledEntry[] {
  return [...Deno.readDirSync(`${folder}/node_modules/@tdx`)].flatMap(({ name }) => {
    const home = `/node_modules/@tdx/${name}`;
    const { exports } = JSON.parse(Deno.readTextFileSync(`${folder}${home}/package.json`));
    return Object.entries<{ default: string }>(exports).map(([entry, { default: path }]) => ({
      specifier: `@tdx/${name}${entry.slice(1)}`,
      path: `${home}${path.slice(1)}`,
    }));
  });
}
