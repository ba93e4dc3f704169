import type { HostSource } from "../audit/sources/host_source.ts";

/** A source of texts by path, for tests; other files cannot be read. */
export function textSource(files: Readonly<Record<string, string>>): HostSource {
  return {
    async *files(paths) {
      for (const path of paths) {
        const text = files[path];
        yield text === undefined
          ? { path, state: "unreadable", reason: "this test does not give it" }
          : { path, state: "present", bytes: new Blob([text]).stream() };
      }
    },
  };
}
