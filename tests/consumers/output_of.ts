import { assert } from "@std/assert";
import type { Finished } from "../run_deno.ts";

/** What a process wrote to standard output; fails with all it said unless it succeeded. */
export function outputOf({ code, stdout, stderr }: Finished): string {
  assert(code === 0, `Expected status 0, got ${code}: ${stdout}${stderr}`);
  return stdout;
}
