import { assertEquals } from "@std/assert";
import { commandLine } from "./command_line.ts";

Deno.test("commandLine() quotes what a shell would change, and nothing else", () => {
  const table: readonly (readonly [readonly string[], string])[] = [
    [["tdx", "check", "--html", "out/c.html"], "tdx check --html out/c.html"],
    [["--memory=1.5GiB", "0x1000,0x2000"], "--memory=1.5GiB 0x1000,0x2000"],
    [["a b", "", "$HOME", "*"], "'a b' '' '$HOME' '*'"],
    [["it's <script>"], `'it'\\''s <script>'`],
    [["two\nlines"], "'two\nlines'"],
  ];
  for (const [words, line] of table) assertEquals(commandLine(words), line);
});
