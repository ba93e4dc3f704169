import { assert, assertEquals } from "@std/assert";
import { ROOT } from "../../tests/run_deno.ts";
import { readVersionedFiles } from "./versioned_files.ts";
import { differingVersions } from "./versions.ts";

Deno.test("all packages, and all texts that name one, have one version", async () => {
  const files = await readVersionedFiles(ROOT);
  assertEquals(differingVersions(files), []);
  const names = files.map(({ file }) => file);
  for (const file of ["packages/core/deno.json", "platforms/spr/deno.json"]) {
    assert(names.includes(file), `Expected ${file} among ${names.join(", ")}`);
  }
  assert(names.includes("examples/fleet/daemonset.yaml"), "It names @tdx/cli with its version");
  assert(names.includes("CONTRIBUTING.md"), "It shows the deno.json of a new platform");
});
