// The packages as Node, Bun, a browser and tsc get them: built for npm, packed, and installed offline
// into a folder outside the workspace.
//
// Not named `_test.ts`, for it is slow: `deno task test:consumers`.
import { assertEquals, assertMatch } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { outputOf } from "../../tasks/run.ts";
import { ROOT } from "../../tasks/workspace.ts";
import { missingProgram, skippable } from "../skippable.ts";
import { EXPECTED } from "./expected.ts";
import { installedEntries } from "./installed.ts";
import { servePage } from "./page.ts";
import { temporaryFolder } from "./temporary_folder.ts";

const CHROMIUM = ["run", "--quiet", "--allow-all", "tests/consumers/chromium.ts"];
const BUN = ["-y", "bun@1.4.5"];

/** What of the packages does not run everywhere, called; what each ends with is a line. */
const FOR_DENO = `
  import { folderSource, liveSource, readRasdaemon } from "@tdx/host";
  for (const call of [() => liveSource(), () => folderSource("/"), () => readRasdaemon("x").next()]) {
    await (async () => call())().catch(({ message }) => console.log(message));
  }`;

/** How users of tsc have it: packages as Node finds them, or as a bundler does. */
const TSCONFIG = {
  compilerOptions: {
    strict: true,
    skipLibCheck: false,
    target: "ES2022",
    lib: ["ES2022", "DOM"],
    types: [],
  },
  files: ["consumer.ts", "every_entry.ts"],
};
// The last one's output is what runs.
const RESOLUTIONS = [
  { module: "ESNext", moduleResolution: "bundler" },
  { module: "NodeNext", moduleResolution: "NodeNext" },
];
const TSC = ["run", "--quiet", "--allow-read", "--allow-write", "--allow-env", "--allow-sys"];

Deno.test(skippable(await missingProgram("npm", "--version"), "from npm", async (t) => {
  await using temporary = await temporaryFolder();
  const { path } = temporary;
  const folder = `${path}/consumer`;
  await Deno.mkdir(folder);
  const inFolder = { cwd: folder, env: { NO_COLOR: "1" } };

  await t.step("npm pack and npm install, offline", async () => {
    await outputOf(Deno.execPath(), ["task", "build:npm", "--out", `${path}/build`]);
    const built = [...Deno.readDirSync(`${path}/build`)].map(({ name }) => `${path}/build/${name}`);
    await Deno.mkdir(`${path}/packed`);
    await outputOf("npm", ["pack", "--pack-destination", `${path}/packed`, ...built]);
    const packed = [...Deno.readDirSync(`${path}/packed`)].map(({ name }) => `../packed/${name}`);
    await Deno.writeTextFile(`${folder}/package.json`, `{ "type": "module" }`);
    await outputOf("npm", ["install", "--offline", ...packed], inFolder);
    await Deno.copyFile(`${ROOT}tests/consumers/consumer.ts`, `${folder}/consumer.ts`);
    const all = installedEntries(folder).map(({ specifier }, i) =>
      `export * as entry${i} from "${specifier}";\n`
    );
    await Deno.writeTextFile(`${folder}/every_entry.ts`, all.join(""));
  });

  for (const resolution of RESOLUTIONS) {
    await t.step(`tsc, ${resolution.moduleResolution}: no error but the one expected`, async () => {
      const { compilerOptions, files } = TSCONFIG;
      const tsconfig = { compilerOptions: { ...compilerOptions, ...resolution }, files };
      await Deno.writeTextFile(`${folder}/tsconfig.json`, JSON.stringify(tsconfig));
      const tsc = [...TSC, `${config.imports.typescript}/tsc`, "-p", folder];
      assertEquals(await outputOf(Deno.execPath(), tsc), "");
    });
  }

  await t.step("Node loads every entry", async () => {
    assertEquals(await outputOf("node", ["every_entry.js"], inFolder), "");
  });

  await t.step("Node finds what the specification says", async () => {
    assertEquals(JSON.parse(await outputOf("node", ["consumer.js"], inFolder)), EXPECTED);
  });

  await t.step("Node is told what needs Deno, or a newer Node", async () => {
    await Deno.writeTextFile(`${folder}/for_deno.js`, FOR_DENO);
    const said = (await outputOf("node", ["for_deno.js"], inFolder)).trimEnd().split("\n");
    assertEquals(said.slice(0, 2), [
      "Expected Deno, which liveSource() reads with, got a runtime without it",
      "Expected Deno, which folderSource() reads with, got a runtime without it",
    ]);
    assertMatch(said[2]!, /^(Expected a runtime with node:sqlite|x: Expected a readable database)/);
  });

  await t.step(skippable(await missingProgram("npx", ...BUN, "--version"), "Bun too", async () => {
    const said = await outputOf("npx", [...BUN, "consumer.ts"], inFolder);
    assertEquals(JSON.parse(said), EXPECTED);
  }));

  const missing = await missingProgram(Deno.execPath(), ...CHROMIUM);
  await t.step(skippable(missing, "a browser too", async () => {
    await using page = servePage(folder, "every_entry.js", "consumer.js");
    const said = await outputOf(Deno.execPath(), [...CHROMIUM, page.url]);
    assertEquals(JSON.parse(said), EXPECTED);
  }));
}));
