// Without permissions: what a command says in this process, and that it asks nothing on a terminal.
import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { run } from "../../../tasks/run.ts";
import { missingProgram, skippable } from "../../../tests/skippable.ts";
import { main } from "../main.ts";

const MAIN = fromFileUrl(new URL("../main.ts", import.meta.url));
const HINT = "name a platform, as in --platform emr, or give --cpuinfo or --cpuid of a host";
const SNAPSHOT = "or give a snapshot, as FILE or with --root DIR";
const READING = "reading it needs --allow-read=x";
/** Command lines, one for each permission, and what they lack. */
const ONE_EACH = {
  decide: `Reading this machine's CPU needs the program cat and --allow-run=cat; or ${HINT}`,
  "mce x": `Expected a readable file, got x: ${READING}`,
  "check --html x": "Writing x needs --allow-write=x",
  ...(Deno.build.arch === "x86_64"
    ? {
      meter:
        "Expected the permission --allow-ffi: measuring places a few bytes of machine code in " +
        "memory through the C library, and calls them",
    }
    : {}),
};
const REFUSALS = {
  ...ONE_EACH,
  audit: `Auditing this machine needs the program cat and --allow-run=cat; ${SNAPSHOT}`,
  "audit --root x": `Expected a snapshot folder, got x: ${READING}`,
  "decide --cpuid x": `Expected a readable file, got x: ${READING}`,
  "litmus x": `Expected a readable file, got x: ${READING}`,
  "teardown --platform spr --html x": "Writing x needs --allow-write=x",
};

for (const [args, message] of Object.entries(REFUSALS)) {
  Deno.test({
    name: `tdx ${args} says which permission it lacks`,
    permissions: "none",
    async fn() {
      const notes: string[] = [];
      const print = () => {
        throw new Error("an answer");
      };
      const status = await main(args.split(" "), { print, note: (text) => notes.push(text) });
      assertEquals([status, notes], [1, [`tdx: ${message}`]]);
    },
  });
}

/** What a command line without any permission shows on a terminal, which util-linux gives it. */
async function onTerminal(args: string): Promise<string> {
  // A question would wait for ever.
  const command = `timeout 20 "${Deno.execPath()}" run --quiet "${MAIN}" ${args}`;
  const env = { NO_COLOR: "1" };
  return (await run("script", ["-qc", command, "/dev/null"], { env })).stdout.trim();
}

Deno.test(skippable(
  Deno.build.os === "linux" ? await missingProgram("script", "--version") : "not Linux",
  "tdx without a permission asks nothing on a terminal",
  async () => {
    const said = await Promise.all(Object.keys(ONE_EACH).map(onTerminal));
    assertEquals(said, Object.values(ONE_EACH).map((message) => `tdx: ${message}`));
  },
));
