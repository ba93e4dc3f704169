// Every code block of every Markdown file runs, or is listed with the reason why not; every link
// resolves; every task exists. CONTRIBUTING.md, "Documentation", says how blocks are written.
import { assert, assertEquals, fail } from "@std/assert";
import { join } from "@std/path";
import { parseScenario, runScenario } from "@tdx/litmus";
import { PLATFORMS } from "../packages/cli/platforms.ts";
import { type Block, readMarkdown } from "../tasks/markdown.ts";
import { asserts, runExample, runShell, runTypeScript } from "../tasks/run_block.ts";
import { exists, ROOT } from "../tasks/workspace.ts";
import { checkRan } from "./check_ran.ts";

const documents = readMarkdown(ROOT);

/** Languages that are only shown, and why. */
const SHOWN: Readonly<Record<string, string>> = {
  text: "text is only shown",
  ebnf: "a grammar is only shown",
};
/** How each language is run; it ends in an error where the block does not do what it says. */
const RUN: Readonly<Record<string, (block: Block) => void | Promise<void>>> = {
  sh: async (block) => checkRan(block, await runShell(block.code)),
  ts: checkTypeScript,
  tdx: checkScenario,
  json: ({ code }) => JSON.parse(code),
};
/** The word after the language that says not to run a block; `ignore` is `deno test --doc`'s. */
const NOT_RUN: Readonly<Record<string, string>> = { sh: "no-run", ts: "ignore" };
/** A command, which belongs into a block of `sh`. */
const COMMAND = /^(\$ |(deno|npx|npm|git|curl|ssh|sh|sudo|docker|kubectl) )/m;
/** A command that checks what is checked anyway, this test perhaps. */
const CHECK =
  /^(npx -y )?deno\S* (task (-q |--quiet )?(test|ok|check|lint:\w+)|test|check|fmt|lint)(?=\s|$)/;

for (const { blocks } of documents) blocks.forEach(register);

/** One test for a block. */
function register(block: Block): void {
  const run = RUN[block.language];
  const why = whyNot(block);
  Deno.test({
    name: `${nameOf(block)}${why === undefined ? "" : `: not run: ${why}`}`,
    ignore: why !== undefined,
    async fn() {
      checkWords(block);
      if (run === undefined) {
        const languages = [...Object.keys(RUN), ...Object.keys(SHOWN)].join(", ");
        const { file, line, language } = block;
        fail(`${file}:${line}: Expected one of ${languages} after the fence, got "${language}"`);
      }
      await run(block);
    },
  });
}

function nameOf({ file, line, language, code }: Block): string {
  const first = code.split("\n").find((line) => line.trim() !== "" && !line.startsWith("import "));
  return `${file}:${line} ${language} ${first?.trim() ?? ""}`.trimEnd();
}

/** Why a block is not run; `undefined` where it is, and where a test must say what is wrong. */
function whyNot(block: Block): string | undefined {
  const { language, attributes, comment, code } = block;
  const [attribute, ...more] = attributes;
  if (attribute !== undefined && attribute === NOT_RUN[language] && more.length === 0) {
    return /^not run: ([^]+)$/.exec(comment ?? "")?.[1]?.replaceAll(/\s+/g, " ");
  }
  const commands = code.split("\n").filter((line) => !/^\s*(#|$)/.test(line));
  if (language === "sh" && commands.length > 0 && commands.every((line) => CHECK.test(line))) {
    return "it checks what is checked anyway";
  }
  return isCommand(block) ? undefined : SHOWN[language];
}

/** Whether a block that is only shown is one that could be run. */
function isCommand({ language, code }: Block): boolean {
  return language === "text" && COMMAND.test(code);
}

/** What can be wrong with the way a block is written. */
function checkWords(block: Block): void {
  const { file, line, language, attributes, code } = block;
  const place = `${file}:${line}`;
  assert(!isCommand(block), `${place}: Expected sh after the fence of a command, got text`);
  const [attribute] = attributes;
  const wanted = NOT_RUN[language];
  if (attribute !== undefined && attribute === wanted) {
    fail(`${place}: Expected <!-- not run: the reason --> right before a block with ${wanted}`);
  }
  assertEquals(attributes, [], `${place}: Expected ${wanted ?? "nothing"} after ${language}`);
  for (const command of language === "sh" ? code.split("\n") : []) {
    assert(
      !CHECK.test(command),
      `${place}: Expected ${command} in a block of its own: it is a check`,
    );
  }
}

async function checkTypeScript(block: Block): Promise<void> {
  if (block.output !== undefined) return checkRan(block, await runTypeScript(block.code));
  assert(
    asserts(block),
    `${block.file}:${block.line}: Expected an assertion, or a text block with the output after it`,
  );
  await runExample(block);
}

async function checkScenario(block: Block): Promise<void> {
  const platforms = PLATFORMS.map(({ name }) => name);
  const scenario = parseScenario(block.code, { file: `${block.file}:${block.line}`, platforms });
  for (const platform of PLATFORMS.filter(({ name }) => scenario.platforms.includes(name))) {
    for (const mode of scenario.modes) {
      const { observation, expected } = await runScenario(scenario, { platform, mode });
      assertEquals(observation, expected, `${platform.name} ${mode}`);
    }
  }
}

const { tasks } = JSON.parse(Deno.readTextFileSync(join(ROOT, "deno.json")));
const TASK = /\bdeno(?:@\S+)? task (?:-q |--quiet )?([a-z][\w:-]*)/g;

for (const { file, links, text } of documents) {
  Deno.test(`${file}: every link resolves, and every task exists`, () => {
    const broken = links.filter((link) => !resolves(file, link.text));
    assertEquals(broken, [], `${file}: Expected links within the repository to resolve`);
    const leaving = links.filter((link) => leavesPackage(file, link.text));
    assertEquals(leaving, [], `${file}: Expected links within the package, whose page it is`);
    const unknown = [...text.matchAll(TASK)].map(([, name]) => name!)
      .filter((name) => !(name in tasks));
    assertEquals(unknown, [], `${file}: Expected tasks of deno.json`);
  });
}

/** Whether a package's README links to what its page on JSR does not have: another package's file. */
function leavesPackage(file: string, link: string): boolean {
  const [home] = /^(packages|platforms)\/[^/]+\/(?=README\.md$)/.exec(file) ?? [];
  if (home === undefined || /^([a-z]+:|#)/.test(link)) return false;
  return !join(file, "..", link).startsWith(home);
}

/** Whether a link leads out of the workspace, or to something in it. */
function resolves(file: string, link: string): boolean {
  if (/^[a-z]+:/.test(link)) return true;
  const [path, anchor] = link.split("#");
  const target = path === "" ? file : join(file, "..", decodeURI(path!));
  if (!exists(target)) return false;
  return anchor === undefined ||
    documents.some(({ file, anchors }) => file === target && anchors.has(anchor));
}
