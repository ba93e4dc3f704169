import { assertEquals } from "@std/assert";
import type { Finished } from "../run_deno.ts";

/** What a process wrote to standard output; fails with all it said unless it succeeded. */
export function outputOf({ code, stdout, stderr }: Finished): string {
  assertEquals(code, 0, `${stdout}${stderr}`);
  return stdout;
}
