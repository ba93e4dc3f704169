import { assertEquals, assertThrows } from "@std/assert";
import {
  commonVersion,
  differingVersions,
  successorProblem,
  type VersionedFile,
  versionsIn,
  withVersion,
} from "./versions.ts";

// The version to release, the present one, the reason not to.
const SUCCESSORS: readonly [string, string, string | undefined][] = [
  ["0.1.1", "0.1.0", undefined],
  ["0.10.0", "0.9.0", undefined],
  ["1.0.0", "1.0.0-rc.1", undefined],
  ["1.0.0-rc.10", "1.0.0-rc.9", undefined],
  ["0.1.0", "0.1.0", undefined],
  ["0.2.0", "none", undefined],
  ["0.0.9", "0.1.0", "expected 0.1.0 or a greater one, found 0.0.9"],
  ["0.1.0-rc.1", "0.1.0", "expected 0.1.0 or a greater one, found 0.1.0-rc.1"],
  ["0.2", "0.1.0", "expected a semantic version such as 0.2.0, found 0.2"],
  ["v0.2.0", "0.1.0", "expected a semantic version such as 0.2.0, found v0.2.0"],
  ["0.02.0", "0.1.0", "expected a semantic version such as 0.2.0, found 0.02.0"],
  ["next", "0.1.0", "expected a semantic version such as 0.2.0, found next"],
  ["", "0.1.0", "expected a semantic version such as 0.2.0, found "],
];

for (const [version, present, reason] of SUCCESSORS) {
  Deno.test(`successorProblem() of ${version} after ${present}: ${reason ?? "none"}`, () => {
    assertEquals(successorProblem(version, present), reason && `version: ${reason}`);
  });
}

function config(name: string, version?: string): VersionedFile {
  return { file: `packages/${name}/deno.json`, text: JSON.stringify({ name, version }) };
}

const NESTED = '{ "name": "a", "publish": { "version": "9.9.9" }, "version": "0.1.0" }';
const PINNED: VersionedFile = {
  file: "examples/a.yaml",
  text:
    "jsr:@tdx/cli@0.1.0 jsr:@tdx/core@0.0.9. jsr:@tdx/seam@^0.1.0 jsr:@std/cli@1.0.0 jsr:@tdx/cli",
};

const SHOWN: VersionedFile = {
  file: "CONTRIBUTING.md",
  text: '"version": "1"\n{\n  "name": "@tdx/platform-xyz",\n  "version": "0.1.0",\n "license": 1',
};

Deno.test("versionsIn() reads a package's own version, and those a text names exactly", () => {
  assertEquals(versionsIn({ file: "packages/a/deno.json", text: NESTED }), ["0.1.0"]);
  assertEquals(versionsIn(config("a")), ["none"]);
  // The explorer is a site and is not published.
  assertEquals(versionsIn({ file: "explorer/deno.json", text: "{}" }), []);
  assertEquals(versionsIn(PINNED), ["0.1.0", "0.0.9"]);
  assertEquals(versionsIn(SHOWN), ["0.1.0"]);
});

Deno.test("versionsIn() names the file that is no JSON", () => {
  assertThrows(
    () => versionsIn({ file: "packages/a/deno.json", text: '{ "name": ' }),
    SyntaxError,
    "packages/a/deno.json: Expected JSON, got ",
  );
});

Deno.test("withVersion() changes the versions and nothing else", () => {
  assertEquals(
    withVersion(PINNED, "0.2.0"),
    "jsr:@tdx/cli@0.2.0 jsr:@tdx/core@0.2.0. jsr:@tdx/seam@^0.1.0 jsr:@std/cli@1.0.0 jsr:@tdx/cli",
  );
  assertEquals(withVersion(SHOWN, "0.2.0"), SHOWN.text.replace("0.1.0", "0.2.0"));
  const text = '{\n\t"name": "a",\r\n  "version" : "0.1.0"}';
  assertEquals(
    withVersion({ file: "deno.json", text }, "1.0.0-rc.1+b2"),
    '{\n\t"name": "a",\r\n  "version" : "1.0.0-rc.1+b2"}',
  );
});

Deno.test("differingVersions() names each file that has another version than most", () => {
  const files = [config("a", "0.2.0"), config("b", "0.1.0"), config("c", "0.1.0"), config("d")];
  assertEquals(commonVersion(files), "0.1.0");
  assertEquals(differingVersions([...files, PINNED]), [
    "packages/a/deno.json: expected version 0.1.0, found 0.2.0",
    "packages/d/deno.json: expected version 0.1.0, found none",
    "examples/a.yaml: expected version 0.1.0, found 0.0.9",
  ]);
  assertEquals(differingVersions([config("a", "0.1.0")], "0.2.0"), [
    "packages/a/deno.json: expected version 0.2.0, found 0.1.0",
  ]);
});

Deno.test("commonVersion() wants a package", () => {
  assertThrows(() => commonVersion([PINNED]), RangeError, "Expected packages in the workspace");
});
