// What help and manual page make of a command, and what is told of a long input.
import { assertEquals } from "@std/assert";
import { CaughtStdio } from "../fixtures_test.ts";
import { type Command, commandHelp, EXIT, generalHelp } from "./command.ts";
import { openInput } from "./input.ts";
import { manPage } from "./man_page.ts";

const LONG = "a-name-of-24-letters";
const COMMAND: Command = {
  summary: "say what a \\ is",
  usage: "[--size N]",
  options: {
    size: { value: "N", help: ".of a line, in words that go on and on" },
    [LONG]: { value: "N", help: "fits beside its help" },
    [`${LONG}-more`]: { help: "has a line of its own" },
  },
  example: "tdx x --size 1",
  run: () => EXIT.fine,
};

Deno.test("manPage() writes dashes and backslashes as they are read, and starts no request", () => {
  const lines = manPage([["x", COMMAND]]).split("\n");
  const from = lines.indexOf(".SS x [\\-\\-size N]");
  assertEquals(lines.slice(from + 1, from + 5), [
    "Say what a \\e is.",
    ".TP",
    ".B \\-\\-size N",
    "\\&.of a line, in words that go on and on.",
  ]);
  assertEquals(lines.slice(-2), [".B 3", "Could not tell."]);
});

Deno.test("commandHelp() has each option's help beside it, below where it is wide, in so many columns", () => {
  assertEquals(commandHelp("x", COMMAND, 50).split("\n"), [
    "tdx x: say what a \\ is",
    "",
    "Usage: tdx x [--size N]",
    "",
    "  --size N                  .of a line, in words",
    "                            that go on and on",
    `  --${LONG} N  fits beside its help`,
    `  --${LONG}-more`,
    "                            has a line of its own",
    "  --help                    say how to use it",
    "  --json                    answer with one JSON",
    "                            object",
    "  --quiet                   show no progress",
    "",
    "Example: tdx x --size 1",
  ]);
});

Deno.test("generalHelp() says what each exit status means", () => {
  const text = generalHelp([["x", COMMAND]], 200);
  assertEquals(text.split("\n")[4], "  x  say what a \\ is");
  assertEquals(
    text.slice(text.indexOf("Exit status: ")),
    "Exit status: 0 fine, 1 usage or bad input, 2 a hazard was found, 3 could not tell.",
  );
});

Deno.test("openInput() tells how much was read, every 4 MiB", async () => {
  const stdio = new CaughtStdio();
  const pieces = Array.from({ length: 9 }, () => new Uint8Array(2 ** 20));
  Object.assign(stdio, { stdin: () => ReadableStream.from(pieces) });
  let read = 0;
  for await (const piece of await openInput("-", stdio)) read += piece.length;
  assertEquals(read, 9 * 2 ** 20);
  assertEquals(stdio.shown, ["standard input: 4 MiB read", "standard input: 8 MiB read"]);
});
