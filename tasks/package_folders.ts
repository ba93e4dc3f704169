/** The folders of packages and platforms, from the folder of the workspace, in order. */
export function packageFolders(root = "."): string[] {
  return ["packages", "platforms"].flatMap((group) =>
    [...Deno.readDirSync(`${root}/${group}`)].map(({ name }) => `${group}/${name}`).sort()
  );
}
