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
    const ran = await (language === "sh" ? runShell : runTypeScript)(code);
    if (ran.code !== announcedStatus(block)) {
      throw new Error(`${file}:${line}: exit status ${ran.code}\n${ran.stdout}${ran.stderr}`);
    }
    if (isAsShown(ran.stdout, output!)) continue;
    const anew = keepVarying(ran.stdout, output!);
    written = written.replace(shown(block, output!), () => shown(block, anew));
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

/** Keeps the lines that stand for many: what differs from run to run is no news. */
function keepVarying(text: string, output: string): string {
  const varying = output.split("\n").filter((line) => line.includes("…") && line.trim() !== "…");
  return text.split("\n").map((line) => varying.find((old) => isAsShown(line, old)) ?? line)
    .join("\n");
}
