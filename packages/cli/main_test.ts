import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import config from "./deno.json" with { type: "json" };
import { CaughtStdio, refused, tdx, tdxOn, testData } from "./fixtures_test.ts";
import { main } from "./main.ts";

const SUBCOMMANDS = [
  "audit",
  "check",
  "claims",
  "decide",
  "diff",
  "estimate",
  "export",
  "litmus",
  "mce",
  "meter",
  "platforms",
  "shutdown",
  "status",
  "teardown",
];

/** Examples that need a machine or a file, or that explore what is explored elsewhere. */
const NOT_RUN = ["audit", "check", "claims", "litmus", "mce", "meter", "shutdown"];

Deno.test("main() lists the subcommands for --help, and for no arguments with status 1", async () => {
  for (const [args, status] of [[["--help"], 0], [["help"], 0], [[], 1]] as const) {
    const answer = await tdx(...args);
    assertEquals(answer.status, status);
    for (const name of SUBCOMMANDS) assertStringIncludes(answer.text, `\n  ${name} `);
  }
});

Deno.test("main() says the version for --version, and --help lists it", async () => {
  const { status, text } = await tdx("--version");
  assertEquals([status, text], [0, `tdx ${config.version}`]);
  assertStringIncludes((await tdx("--help")).text, "\ntdx --version ");
});

for (const name of SUBCOMMANDS) {
  Deno.test(`main() explains ${name} with an example that runs`, async () => {
    const { status, text } = await tdx(name, "--help");
    assertEquals(status, 0);
    assertStringIncludes(text, `Usage: tdx ${name}`);
    assertStringIncludes(text, "--json ");
    const [, example] = /\nExample: (?:.* \| )?tdx (.*)$/.exec(text)!;
    if (!NOT_RUN.includes(name)) assertEquals((await tdx(...example!.split(" "))).status, 0);
  });
}

Deno.test("main() refuses an unknown subcommand, with the list and the nearest name", async () => {
  const note = await refused("decid");
  for (const name of SUBCOMMANDS) assertStringIncludes(note, name);
  assert(note.startsWith("tdx: Expected the subcommand to be one of "));
  assert(note.endsWith(", got decid; did you mean decide?"));
  // What every object has is no subcommand.
  assertStringIncludes(await refused("toString"), "got toString");
});

Deno.test("main() refuses options that are unknown, given twice, without a value or with one too many", async () => {
  const list =
    "--platform --cpuinfo --cpuid --kernel --host-keys --policy --mode --help --json --quiet";
  assertEquals(
    await refused("decide", "--polcy", "never"),
    `tdx: Expected one of ${list}, got --polcy; did you mean --policy?`,
  );
  assertEquals(
    await refused("decide", "--polcy=never"),
    `tdx: Expected one of ${list}, got --polcy; did you mean --policy?`,
  );
  assertEquals(
    await refused("decide", "--platform", "spr", "--platform", "gnr"),
    "tdx: Expected --platform once, got spr, gnr",
  );
  assertEquals(
    await refused("decide", "--platform"),
    "tdx: Expected --platform spr|emr|gnr|srf|cwf|generic, got no value",
  );
  assertEquals(
    await refused("decide", "--platform="),
    "tdx: Expected --platform spr|emr|gnr|srf|cwf|generic, got no value",
  );
  assertEquals(
    await refused("decide", "--json=false"),
    "tdx: Expected --json without a value, got --json=false",
  );
});

Deno.test("main() knows -h, -V and -q, and help NAME", async () => {
  const help = await tdx("decide", "--help");
  assertEquals(await tdx("decide", "-h"), help);
  assertEquals(await tdx("help", "decide"), help);
  assertEquals(await tdx("-h"), await tdx("--help"));
  assertEquals(await tdx("-V"), await tdx("--version"));
  const [loud, quiet] = [new CaughtStdio(), new CaughtStdio()];
  await tdxOn(loud, "teardown", "--platform", "gnr");
  await tdxOn(quiet, "teardown", "--platform", "gnr", "-q");
  assertEquals([loud.shown.length > 0, quiet.shown], [true, []]);
});

Deno.test("main() fits its help to a narrow terminal", async () => {
  class Narrow extends CaughtStdio {
    override readonly columns: number = 60;
  }
  for (const name of ["", ...SUBCOMMANDS]) {
    const { text } = await tdxOn(new Narrow(), "help", ...name === "" ? [] : [name]);
    // A choice of many names is one word.
    const wide = text.split("\n").filter((line) => line.length > 60 && !line.includes("|"));
    assertEquals(wide, []);
  }
});

Deno.test("main() refuses words behind what stands alone", async () => {
  for (const name of ["--help", "-h", "--version", "-V", "man"]) {
    assertEquals(await refused(name, "x", "y"), `tdx: Expected ${name} alone, got x y behind it`);
  }
  assertEquals(await refused("help", "x", "y"), "tdx: Expected help alone, got x y behind it");
});

Deno.test("tdx man has every subcommand, and no line that man takes for a request", async () => {
  const { text } = await tdx("man");
  for (const name of SUBCOMMANDS) assertStringIncludes(text, `\n.SS ${name}`);
  const requests = text.split("\n").filter((line) => /^[.']/.test(line)).map((line) =>
    line.split(" ")[0]
  );
  assertEquals(new Set(requests), new Set([".TH", ".SH", ".B", ".SS", ".TP", ".PP"]));
});

Deno.test("main() refuses words beside the options", async () => {
  for (const name of ["check", "claims", "decide", "meter", "platforms", "teardown"]) {
    assertEquals(await refused(name, "spr"), "tdx: Expected only options, got spr");
  }
});

Deno.test("main() keeps the stack trace of what is no mistake of the user", async () => {
  const broken = {
    print: () => {
      throw new TypeError("a bug");
    },
    note: () => {},
    progress: () => {},
  };
  await assertRejects(() => main(["platforms"], broken), TypeError, "a bug");
});

Deno.test("main() shows the line of a mistake in a text, with a caret below it", async () => {
  const [message, line, caret] = (await refused("litmus", testData("broken.tdx"))).split("\n");
  assertStringIncludes(message!, "broken.tdx:5:2: ");
  assertEquals([line!.trim().length > 0, caret!.trim()], [true, "^"]);
});
