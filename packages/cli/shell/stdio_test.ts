// What is printed cannot steer a terminal, and a report that cannot be written leaves the old one.
import { assertEquals, assertThrows } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { run } from "../../../tasks/run.ts";
import { missingProgram, skippable } from "../../../tests/skippable.ts";
import { CaughtStdio, refused } from "../fixtures_test.ts";
import { processStdio, shownStdio, type Stdio } from "./stdio.ts";

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

/** Gives an object other methods as long as something runs. */
function replaced<T extends object>(object: T, methods: Partial<T>): Disposable {
  const before = Object.fromEntries(
    Object.keys(methods).map((name) => [name, Object.getOwnPropertyDescriptor(object, name)]),
  );
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(object, name, { value, configurable: true });
  }
  return {
    [Symbol.dispose]() {
      for (const [name, old] of Object.entries(before)) {
        if (old === undefined) Reflect.deleteProperty(object, name);
        else Object.defineProperty(object, name, old);
      }
    },
  };
}

/** Takes three bytes at a time, as a pipe that is nearly full does. */
function narrow(written: number[]): { writeSync(bytes: Uint8Array): number } {
  return {
    writeSync: (bytes) => {
      const taken = [...bytes.subarray(0, 3)];
      written.push(...taken);
      return taken.length;
    },
  };
}

const said = (bytes: number[]) => new TextDecoder().decode(Uint8Array.from(bytes));

Deno.test("processStdio() writes all of an answer, however little is taken at once", () => {
  const [out, error]: number[][] = [[], []];
  using _out = replaced(Deno.stdout, narrow(out!));
  using _error = replaced(Deno.stderr, narrow(error!));
  const { print, note, progress } = processStdio();
  print("answer");
  note("beside it");
  // Not a terminal: nothing of progress.
  progress("10 %");
  assertEquals([said(out!), said(error!)], ["answer\n", "beside it\n"]);
});

Deno.test("processStdio() takes its progress away before it goes on, and on a terminal alone", () => {
  const all: number[] = [];
  const writeSync = (bytes: Uint8Array) => all.push(...bytes) && bytes.length;
  using _out = replaced(Deno.stdout, { writeSync });
  using _error = replaced(Deno.stderr, { writeSync, isTerminal: () => true });
  const { print, note, progress } = processStdio();
  progress("1 %");
  progress("2 %");
  print("answer");
  note("beside it");
  const clear = "\r\x1b[K";
  assertEquals(said(all), `${clear}1 %${clear}2 %${clear}answer\nbeside it\n`);
});

Deno.test("processStdio() ends as SIGPIPE ends a program where its reader has gone", () => {
  const exits: (number | undefined)[] = [];
  const exit = (status?: number) => {
    exits.push(status);
    throw new Error("exit");
  };
  const writeSync = () => {
    throw new Deno.errors.BrokenPipe();
  };
  using _exit = replaced(Deno, { exit });
  using _out = replaced(Deno.stdout, { writeSync });
  assertThrows(() => processStdio().print("answer"), Error, "exit");
  assertEquals(exits, [141]);
});

// NO_COLOR, TERM where it may be read, and whether there are colours and links: not every terminal
// skips what it does not know.
const TERMINALS = [
  [false, "xterm-256color", true, true],
  [true, "xterm-256color", false, false],
  [false, "dumb", true, false],
  [false, "", true, false],
  [false, undefined, true, false],
] as const;

Deno.test("processStdio() colours and links on a terminal alone, and is as wide as that", () => {
  const of = ({ colour, links, columns }: Stdio) => [colour, links, columns];
  assertEquals(of(processStdio()), [false, false, 100]);
  using _out = replaced(Deno.stdout, { isTerminal: () => true });
  using _size = replaced(Deno, { consoleSize: () => ({ columns: 72, rows: 24 }) });
  for (const [noColor, term, colour, links] of TERMINALS) {
    using _no = replaced(Deno, { noColor } as Partial<typeof Deno>);
    using _env = replaced(Deno.env, { get: () => term });
    for (const state of ["granted", "prompt"] as const) {
      const querySync = () => ({ state } as Deno.PermissionStatus);
      using _may = replaced(Deno.permissions, { querySync });
      assertEquals(of(processStdio()), [colour, links && state === "granted", 72], term);
    }
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
# A shorter one takes the place of all that was there.
head -c 1000000 /dev/zero > "$file"
"$0" run --quiet --no-prompt --no-code-cache --allow-read --allow-write="$file" \\
  "$1" check --platform spr --html "$file" > /dev/null
echo ", then $?"
head -c 15 "$file"
tail -c 8 "$file"
rm "$file"
# Where there is no answer there is no file of one.
"$0" run --quiet --no-prompt --no-code-cache --allow-read --allow-write="$file" \\
  "$1" check --platform spr --limit 3 --html "$file" 2> /dev/null
echo "then $?"
test ! -e "$file" || echo "and a file"
`;

Deno.test(skippable(
  Deno.build.os === "linux" ? await missingProgram("bash", "--version") : "not Linux",
  "tdx --html leaves the old report where the new one finds no room",
  async () => {
    const { stdout, stderr } = await run("bash", ["-c", ON_A_FULL_DISK, Deno.execPath(), MAIN]);
    assertEquals(stdout, "status 1\nold, then 2\n<!doctype html></html>\nthen 3\n");
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
