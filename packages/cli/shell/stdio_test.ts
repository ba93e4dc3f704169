// What is printed cannot steer a terminal, and a report that cannot be written leaves the old one.
import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { run } from "../../../tasks/run.ts";
import { missingProgram, skippable } from "../../../tests/skippable.ts";
import { CaughtStdio, refused } from "../fixtures_test.ts";
import { shownStdio } from "./stdio.ts";

const MAIN = fromFileUrl(new URL("../main.ts", import.meta.url));

Deno.test("shownStdio() shows what would steer a terminal, and keeps colours where they are meant", () => {
  const hostile = "a\x1b[31mb\x1b]0;title\x07\r\u202e\x9b2J\nc";
  const shown = "\\u001b]0;title\\u0007\\u000d\\u202e\\u009b2J\nc";
  for (const [colour, red] of [[false, "\\u001b[31m"], [true, "\x1b[31m"]] as const) {
    const caught = new CaughtStdio();
    const { print, note, progress } = shownStdio({ ...caught, colour });
    for (const write of [print, note, progress]) write(hostile);
    assertEquals([caught.printed, caught.notes, caught.shown], Array(3).fill([`a${red}b${shown}`]));
  }
});

Deno.test("shownStdio() makes links of what an answer cites, on a terminal that takes them", () => {
  const row = "W5: Linux 1e536e106897";
  const linked = "W5: Linux \x1b]8;;https://git.kernel.org/torvalds/c/1e536e106897\x1b\\" +
    "1e536e106897\x1b]8;;\x1b\\";
  for (const [links, printed] of [[false, row], [true, linked]] as const) {
    const caught = new CaughtStdio();
    const { print, note } = shownStdio({ ...caught, links });
    print(row);
    note(row);
    assertEquals([caught.printed, caught.notes], [[printed], [row]]);
  }
});

Deno.test("tdx says of a file what the system says, in one line", async () => {
  const expected = "tdx: Expected a readable file, got ";
  const long = "a".repeat(300);
  for (
    const [path, said] of [
      [`${MAIN}/x`, `${MAIN}/x: a part of its path is no folder`],
      [`/${long}`, `/${long.slice(0, 198)}…: its name is too long`],
      ["/none\nfile\x1b[2J", "/none\\u000afile\\u001b[2J: no such file"],
    ] as const
  ) {
    assertEquals(await refused("decide", "--cpuid", path), expected + said);
  }
});

/** A report where a file may have no more than 32 KiB, as where the disk is full. */
const ON_A_FULL_DISK = `
file=$(mktemp)
printf old > "$file"
(
  trap '' XFSZ
  ulimit -f 32
  exec "$0" run --quiet --no-prompt --no-code-cache --allow-read --allow-write="$file" \\
    "$1" check --platform spr --html "$file" > /dev/null
)
echo "status $?"
cat "$file"
rm "$file"
`;

Deno.test(skippable(
  Deno.build.os === "linux" ? await missingProgram("bash", "--version") : "not Linux",
  "tdx --html leaves the old report where the new one finds no room",
  async () => {
    const { stdout, stderr } = await run("bash", ["-c", ON_A_FULL_DISK, Deno.execPath(), MAIN]);
    assertEquals(stdout, "status 1\nold");
    assertEquals(
      stderr.replace(/got \S+:/, "got F:"),
      "tdx: Expected a file that can be written, got F: file too large\n",
    );
  },
));

Deno.test(skippable(
  Deno.build.os === "linux" ? await missingProgram("bash", "--version") : "not Linux",
  "tdx on a full device says so in one line",
  async () => {
    const command = `"$0" run --quiet --no-prompt "$1" decide --platform gnr > /dev/full`;
    const { code, stderr } = await run("bash", ["-c", command, Deno.execPath(), MAIN]);
    assertEquals([code, stderr], [
      1,
      "tdx: Expected to read the input and write the answer to its end, got: no space is left on " +
      "the device\n",
    ]);
  },
));
