// What real shells complete; one that is not installed is skipped with the reason.
import { assertEquals } from "@std/assert";
import { run } from "../../../tasks/run.ts";
import { missingProgram, skippable } from "../../../tests/skippable.ts";
import { refused, tdx } from "../fixtures_test.ts";

/** What is typed after `tdx`, with the last word unfinished, and what completes it. */
const TYPED: readonly (readonly [readonly string[], readonly string[]])[] = [
  [["dec"], ["decide"]],
  [["decide", "--pl"], ["--platform"]],
  [["decide", "--platform", "s"], ["spr", "srf"]],
  [["check", "--mode", "C"], ["Ci"]],
  [["prove", "--platform", "s"], ["spr", "srf"]],
  [["prove", "--fail", "TDH.MNG.V"], ["TDH.MNG.VPFLUSHDONE"]],
  [["completions", "f"], ["fish"]],
  [["mce", "--root", "/us"], ["/usr"]],
];

/** A program that completes words as a shell would, given the completion script. */
const SHELLS = {
  bash: (script: string, words: readonly string[]) =>
    `${script}
COMP_WORDS=(tdx ${
      words.join(" ")
    }); COMP_CWORD=${words.length}; _tdx; printf '%s\\n' "\${COMPREPLY[@]}"`,
  fish: (script: string, words: readonly string[]) =>
    `${script}
complete -C 'tdx ${words.join(" ")}' | string split -f1 \\t | string trim -r -c /`,
};

for (const [shell, program] of Object.entries(SHELLS)) {
  Deno.test(skippable(
    await missingProgram(shell, "--version"),
    `tdx completions ${shell} completes subcommands, options and values`,
    async () => {
      const { text } = await tdx("completions", shell);
      for (const [words, completed] of TYPED) {
        const { stdout } = await run(shell, ["-c", program(text, words)]);
        assertEquals(stdout.trim().split("\n").toSorted(), completed, words.join(" "));
      }
    },
  ));
}

Deno.test(skippable(
  await missingProgram("zsh", "--version"),
  "tdx completions zsh is a function that zsh takes, with every subcommand",
  async () => {
    const { text } = await tdx("completions", "zsh");
    const program = `autoload -U compinit && compinit -D\n${text}\nprint $_comps[tdx]`;
    const { stdout, stderr } = await run("zsh", ["-f", "-c", program]);
    assertEquals([stdout.trim(), stderr], ["_tdx", ""]);
  },
));

Deno.test("every value of an option has a name", async () => {
  const { text } = await tdx("completions", "zsh");
  assertEquals(text.match(/.*\]::.*/g), null);
});

Deno.test("tdx completions refuses another shell", async () => {
  assertEquals(
    await refused("completions", "powershell"),
    "tdx: Expected the shell to be one of bash, zsh, fish, got powershell",
  );
});
