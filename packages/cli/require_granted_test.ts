import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";

const MAIN = fromFileUrl(new URL("main.ts", import.meta.url));
/** Gives a program a terminal; util-linux, in every Debian. */
const SCRIPT = Deno.build.os === "linux" && await has("script");

async function has(program: string): Promise<boolean> {
  try {
    return (await new Deno.Command(program, { args: ["--version"] }).output()).success;
  } catch {
    return false;
  }
}

/** What a command line without any permission shows on a terminal. */
async function onTerminal(args: string): Promise<string> {
  const { stdout } = await new Deno.Command("script", {
    args: ["-qc", `"${Deno.execPath()}" run --quiet "${MAIN}" ${args}`, "/dev/null"],
    stdin: "null",
    env: { NO_COLOR: "1" },
    // A question waits for ever.
    signal: AbortSignal.timeout(20_000),
  }).output();
  return new TextDecoder().decode(stdout).trim();
}

const HINT = "name one with --platform, or give --cpuinfo or --cpuid";
const REFUSALS = {
  decide: `Reading this machine's CPU needs the program cat and --allow-run=cat; or ${HINT}`,
  audit:
    "Auditing this machine needs the program cat and --allow-run=cat; or give a snapshot, with --root DIR " +
    "or -",
  "audit --root x": "Expected a snapshot folder, got x: reading it needs --allow-read=x",
  "mce x": "Expected a readable file, got x: reading it needs --allow-read=x",
  "check --platform spr --mode Li --html x": "Writing x needs --allow-write=x",
  ...(Deno.build.arch === "x86_64"
    ? {
      meter:
        "Expected the permission --allow-ffi: measuring places a few bytes of machine code in " +
        "memory through the C library, and calls them",
    }
    : {}),
};

for (const [args, message] of Object.entries(REFUSALS)) {
  Deno.test({
    name: `tdx ${args} on a terminal says what it lacks, and asks nothing (needs script, Linux)`,
    ignore: !SCRIPT,
    fn: async () => assertEquals(await onTerminal(args), `tdx: ${message}`),
  });
}
