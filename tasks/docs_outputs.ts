/**
 * Writes anew the outputs that Markdown files show and that are no longer so. Read the difference
 * before committing it.
 *
 * @module
 */
import { type Block, readMarkdown } from "./markdown.ts";
import { announcedStatus, isAsShown, runShell, runTypeScript } from "./run_block.ts";

for (const { file, text, blocks } of readMarkdown(".")) {
  let written = text;
  for (const block of blocks.filter(isRun)) {
    const { language, code, line, output } = block;
    const ran = await (language === "sh" ? runShell : runTypeScript)(code, ".");
    if (ran.code !== announcedStatus(block)) {
      throw new Error(`${file}:${line}: exit status ${ran.code}\n${ran.stdout}${ran.stderr}`);
    }
    if (isAsShown(ran.stdout, output!)) continue;
    written = written.replace(shown(block, output!), () => shown(block, ran.stdout));
    console.log(`${file}:${line}: output written anew`);
  }
  if (written !== text) Deno.writeTextFileSync(file, written);
}

function isRun({ attributes, output }: Block): boolean {
  return output !== undefined && attributes.length === 0;
}

function shown({ code }: Block, output: string): string {
  return `${code}\`\`\`\n\n\`\`\`text\n${output}\`\`\``;
}
