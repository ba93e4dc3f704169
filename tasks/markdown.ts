/**
 * The Markdown files of the workspace: their code blocks, links, inline code and tables.
 *
 * @module
 */
import { join, relative } from "@std/path";
import GitHubSlugger from "github-slugger";
import MarkdownIt from "markdown-it";

type Token = ReturnType<InstanceType<typeof MarkdownIt>["parse"]>[number];

/** A fenced code block. */
export interface Block {
  /** The file, from the root of the workspace. */
  readonly file: string;
  /** The line of its fence, from 1. */
  readonly line: number;
  /** The first word after the fence; empty where there is none. */
  readonly language: string;
  /** The words after the language. */
  readonly attributes: readonly string[];
  /** Its lines, the last newline included. */
  readonly code: string;
  /** The HTML comment right before it. */
  readonly comment: string | undefined;
  /** The first inline code of the paragraph right before it. */
  readonly path: string | undefined;
  /** What the `text` block right after it holds: its output. */
  readonly output: string | undefined;
}

/** A word with the line of the paragraph, heading or table cell it stands in. */
export interface Located {
  readonly text: string;
  readonly line: number;
}

/** A row of a table. */
export interface Row {
  /** The heading above the table. */
  readonly heading: string;
  /** The plain text of each cell. */
  readonly cells: readonly string[];
}

/** A Markdown file. */
export interface Markdown {
  /** The file, from the root of the workspace. */
  readonly file: string;
  /** The whole text. */
  readonly text: string;
  /** The other code blocks, in order. What only shows the output of one is not among them. */
  readonly blocks: readonly Block[];
  /** For each `<!-- steps -->`, the blocks from there to the next `<!-- end of steps -->`. */
  readonly guides: readonly (readonly Block[])[];
  /** Targets of links and images. */
  readonly links: readonly Located[];
  /** What stands between backticks. */
  readonly codes: readonly Located[];
  /** What a link may name after `#`. */
  readonly anchors: ReadonlySet<string>;
  /** Rows of the tables, their heads left out. */
  readonly rows: readonly Row[];
}

const SKIPPED = new Set(["node_modules", "site", "coverage"]);
const parser = new MarkdownIt({ html: true });

/** Every Markdown file under a folder, in the order of their names. */
export function readMarkdown(root: string): Markdown[] {
  return [...markdownFiles(root)].map((path) => relative(root, path)).sort()
    .map((file) => parseMarkdown(file, Deno.readTextFileSync(join(root, file))));
}

function* markdownFiles(folder: string): Generator<string> {
  for (const { name, isDirectory, isFile } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    if (isFile && name.endsWith(".md")) yield path;
    if (isDirectory && !SKIPPED.has(name) && name !== ".git") yield* markdownFiles(path);
  }
}

/** The `ts` blocks in the comments of a TypeScript file that are run. */
export function commentExamples(file: string, source: string): Block[] {
  return [...source.matchAll(/\/\*\*\n([^]*?)\*\//g)].flatMap(({ 1: comment, index }) => {
    const line = source.slice(0, index).split("\n").length;
    const { blocks } = parseMarkdown(file, comment!.replaceAll(/^ *\* ?/gm, ""));
    return blocks.filter(({ language, attributes }) => language === "ts" && attributes.length === 0)
      .map((block) => ({ ...block, line: line + block.line }));
  });
}

/** Reads one Markdown text. */
export function parseMarkdown(file: string, text: string): Markdown {
  const tokens = parser.parse(text, {});
  const inlines = tokens.filter(({ type }) => type === "inline");
  const slugger = new GitHubSlugger();
  const headings = tokens.flatMap(({ type }, i) => type === "heading_open" ? [tokens[i + 1]!] : []);
  const blocks = blocksOf(file, tokens);
  const [starts, ends] = ["steps", "end of steps"].map((word) =>
    tokens.filter((token) => commentOf(token) === word).map(at)
  ) as [number[], number[]];
  if (starts.length !== ends.length) {
    throw new SyntaxError(
      `${file}: Expected as many <!-- end of steps --> as <!-- steps -->, got ${ends.length}`,
    );
  }
  const guides = starts.map((start, i) =>
    blocks.filter(({ line }) => start < line && line < ends[i]!)
  );
  return {
    file,
    text,
    blocks: blocks.filter((block) => !guides.flat().includes(block)),
    guides,
    links: inlines.flatMap((inline) => targets(inline).map((text) => ({ text, line: at(inline) }))),
    codes: inlines.flatMap((inline) => codes(inline).map((text) => ({ text, line: at(inline) }))),
    anchors: new Set(headings.map((heading) => slugger.slug(plain(heading)))),
    rows: rowsOf(tokens),
  };
}

function blocksOf(file: string, tokens: readonly Token[]): Block[] {
  const isOutput = (i: number) =>
    tokens[i]?.type === "fence" && tokens[i]!.info.trim() === "text" &&
    tokens[i - 1]?.type === "fence" && /^(sh|ts)\b/.test(tokens[i - 1]!.info.trim());
  return tokens.flatMap((token, i) => {
    if (token.type === "code_block") return [{ ...blockOf(file, token), language: "" }];
    if (token.type !== "fence" || isOutput(i)) return [];
    return [{
      ...blockOf(file, token),
      comment: commentOf(tokens[i - 1]),
      path: tokens[i - 1]?.type === "paragraph_close" ? codes(tokens[i - 2]!)[0] : undefined,
      output: isOutput(i + 1) ? tokens[i + 1]!.content : undefined,
    }];
  });
}

function blockOf(file: string, token: Token): Block {
  const [language = "", ...attributes] = token.info.trim().split(/\s+/);
  return {
    file,
    line: at(token),
    language,
    attributes,
    code: token.content,
    comment: undefined,
    path: undefined,
    output: undefined,
  };
}

function rowsOf(tokens: readonly Token[]): Row[] {
  const rows: { heading: string; cells: string[] }[] = [];
  let heading = "";
  for (const [i, { type }] of tokens.entries()) {
    if (type === "heading_open") heading = plain(tokens[i + 1]!);
    if (type === "tr_open") rows.push({ heading, cells: [] });
    if (type === "td_open") rows.at(-1)!.cells.push(plain(tokens[i + 1]!));
  }
  return rows.filter(({ cells }) => cells.length > 0);
}

function commentOf(token: Token | undefined): string | undefined {
  if (token?.type !== "html_block") return undefined;
  return /^<!--\s*([^]*?)\s*-->\s*$/.exec(token.content)?.[1];
}

function codes(inline: Token): string[] {
  return (inline.children ?? []).filter(({ type }) => type === "code_inline")
    .map(({ content }) => content);
}

function targets(inline: Token): string[] {
  const children = inline.children ?? [];
  return children.map((token) => token.attrGet("href") ?? token.attrGet("src"))
    .filter((target) => target !== null).map(String);
}

/** The text of an inline token without its marks. */
function plain(inline: Token): string {
  return (inline.children ?? []).map(({ content }) => content).join("");
}

function at(token: Token): number {
  return (token.map?.[0] ?? 0) + 1;
}
