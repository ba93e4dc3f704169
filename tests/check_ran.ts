import { assertEquals } from "@std/assert";
import type { Block } from "../tasks/markdown.ts";
import type { Finished } from "../tasks/run.ts";
import { announcedStatus, isAsShown } from "../tasks/run_block.ts";

/** Fails where a block did not end or print as it says. */
export function checkRan(block: Block, { code, stdout, stderr }: Finished): void {
  const place = `${block.file}:${block.line}`;
  assertEquals(code, announcedStatus(block), `${place}: exit status ${code}\n${stdout}${stderr}`);
  const { output } = block;
  if (output !== undefined && !isAsShown(stdout, output)) assertEquals(stdout, output, place);
}
