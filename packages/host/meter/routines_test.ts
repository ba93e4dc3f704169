import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { GCC_FLAGS, whyNoMovdir64b } from "./gcc_fixtures_test.ts";
import { routine, type RoutineLine, type RoutineName, ROUTINES } from "./routines.ts";

const NAMES = Object.keys(ROUTINES) as RoutineName[];
const LOOPS = `${import.meta.dirname}/testdata/loops.c`;
const BINUTILS = await has("as", "objdump");
/** Of these gcc is known to make the loop that is written down; others may take another way. */
const TRIED = ["11", "12"];
const NO_GCC = await whyNoMovdir64b() ?? await whyNotTried();

async function whyNotTried(): Promise<string | undefined> {
  const { stdout } = await new Deno.Command("gcc", { args: ["-dumpversion"] }).output();
  const [major = ""] = new TextDecoder().decode(stdout).trim().split(".");
  return TRIED.includes(major) ? undefined : `gcc ${major}, tried are ${TRIED.join(" and ")}`;
}

async function has(...programs: string[]): Promise<boolean> {
  if (Deno.build.os !== "linux" || Deno.build.arch !== "x86_64") return false;
  const found = await Promise.all(programs.map(async (program) => {
    try {
      return (await new Deno.Command(program, { args: ["--version"] }).output()).success;
    } catch {
      return false;
    }
  }));
  return found.every(Boolean);
}

Deno.test({
  name:
    "whyNoMovdir64b() quotes a compiler that lacks an option, and one that is not there (needs gcc, Linux)",
  ignore: NO_GCC !== undefined,
  async fn() {
    const old = await whyNoMovdir64b("gcc -mno-such-option");
    assertStringIncludes(old!, "unrecognized command-line option ");
    assertStringIncludes((await whyNoMovdir64b("no-such-gcc"))!, "no-such-gcc: not found");
  },
});

Deno.test("routine() reads bytes and assembly, one instruction a line", () => {
  const { lines, code } = routine(`
    0f ae f0     | mfence

    c3           | ret
  `);
  assertEquals(lines, [
    { bytes: [0x0f, 0xae, 0xf0], assembly: "mfence" },
    { bytes: [0xc3], assembly: "ret" },
  ]);
  assertEquals([...code], [0x0f, 0xae, 0xf0, 0xc3]);
});

Deno.test("routine() refuses a line that is anything else", () => {
  for (const line of ["c3", "c3 |", "| ret", "c | ret", "c3 0 | ret", "C3 | ret", "c3| ret"]) {
    assertThrows(
      () => routine(line),
      SyntaxError,
      `listing:1:1: Expected bytes, a bar and an instruction, got "${line}"`,
    );
  }
});

/** Disassembles what a command line leaves in the file `$o`: for each function its instructions. */
async function disassemble(make: string, input: string): Promise<Map<string, string[]>> {
  // Only a shell may write here: the tests have no permission to.
  const script = `o=$(mktemp) && trap 'rm -f "$o"' EXIT && ${make} && ` +
    'objdump -d -w -M intel "$o"';
  const shell = new Deno.Command("sh", {
    args: ["-c", script],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stdin = shell.stdin.getWriter();
  await stdin.write(new TextEncoder().encode(input));
  await stdin.close();
  const { success, stdout, stderr } = await shell.output();
  assert(success, new TextDecoder().decode(stderr));
  const functions = new Map<string, string[]>();
  let current: string[] = [];
  for (const line of new TextDecoder().decode(stdout).split("\n")) {
    const name = /^[0-9a-f]+ <(\w+)>:$/.exec(line)?.[1];
    if (name !== undefined) functions.set(name, current = []);
    // "  1e:\t48 8d 04 17          \tlea    rax,[rdi+rdx*1]"
    const [, bytes, text] = /^ +[0-9a-f]+:\t((?:[0-9a-f]{2} )+) *\t(.+)$/.exec(line) ?? [];
    if (bytes !== undefined) current.push(`${bytes.trim()} | ${text!.replace(/ +/g, " ")}`);
  }
  return functions;
}

/** A source for the assembler that holds every routine. */
function source(line: (line: RoutineLine) => string): string {
  const body = NAMES.map((name) =>
    `.p2align 6\n${name}: ${ROUTINES[name].lines.map(line).join("\n")}`
  );
  return `${body.join("\n")}\n.p2align 6, 0\nend: ret\n`;
}

const ASSEMBLE = 'as --64 -msyntax=intel -mnaked-reg -o "$o"';

Deno.test({
  name:
    "ROUTINES: the assembler makes of each instruction the bytes beside it (needs binutils, Linux)",
  ignore: !BINUTILS,
  async fn() {
    const made = await disassemble(ASSEMBLE, source(({ assembly }) => assembly));
    for (const name of NAMES) {
      const bytes = made.get(name)!.map((line) => line.split(" | ")[0]);
      const ours = ROUTINES[name].lines.map((line) => hexadecimal(line.bytes));
      assertEquals(bytes.slice(0, ours.length), ours, name);
    }
  },
});

Deno.test({
  name: "ROUTINES: the bytes disassemble to the same instructions (needs binutils, Linux)",
  ignore: !BINUTILS,
  async fn() {
    const written = await disassemble(ASSEMBLE, source(({ assembly }) => assembly));
    const data = ({ bytes }: RoutineLine) => `.byte ${bytes.join(",")}`;
    const read = await disassemble(ASSEMBLE, source(data));
    assertEquals(read, written);
    const line = read.get("movdir64b")![2];
    assertEquals(line, "66 0f 38 f8 39 | movdir64b rdi,[rcx]");
  },
});

// No CPU at hand need have the instruction: these two are compared, the others also run.
Deno.test({
  name: "ROUTINES: movdir64b with either fence is the loop that gcc -O2 makes of the same C" +
    (NO_GCC === undefined ? "" : ` (ignored: ${NO_GCC})`),
  ignore: !BINUTILS || NO_GCC !== undefined,
  async fn() {
    const compile = `gcc ${GCC_FLAGS.join(" ")} -x c -c -o "$o" -`;
    const theirs = await disassemble(compile, await Deno.readTextFile(LOOPS));
    const ours = await disassemble(ASSEMBLE, source(({ assembly }) => assembly));
    for (const name of ["movdir64b", "movdir64bOneFence"] as const) {
      assertEquals(loop(ours.get(name)!), loop(theirs.get(name)!), name);
      // SDM volume 2: 66 0F 38 F8 /r.
      const stores = theirs.get(name)!.filter((line) => line.includes("| movdir64b "));
      assertEquals(stores.map((line) => line.slice(0, 11)), ["66 0f 38 f8"], name);
    }
  },
});

/**
 * The instructions to `ret`, less what gcc adds for loops that may have nothing to do: a test before
 * each (`cmp`, `je`), and padding. A jump names its target by its place among them, registers that are
 * free to use are numbered, and the operands of `cmp` are sorted, as `jne` asks only whether they
 * differ.
 */
function loop(lines: readonly string[]): string[] {
  let offset = 0;
  const all = lines.map((line) => {
    const [bytes, text] = line.split(" | ");
    const instruction = { at: offset, text: text! };
    offset += bytes!.split(" ").length;
    return instruction;
  });
  const body = all.slice(0, all.findIndex(({ text }) => text === "ret") + 1);
  const emptyTest = (index: number) => body[index]?.text.startsWith("je ");
  const kept = body.filter(({ text }, index) =>
    !/\bnop\b|^xchg ax,ax$/.test(text) && !emptyTest(index) && !emptyTest(index + 1)
  );
  const scratch: string[] = [];
  const place = (target: string) => kept.findIndex(({ at }) => at >= parseInt(target, 16));
  return kept.map(({ text }) =>
    text
      // Which free register the compiler takes is its own affair.
      .replace(/\b(?:rax|r8|r9|r10|r11)\b/g, (register) => {
        if (!scratch.includes(register)) scratch.push(register);
        return `scratch${scratch.indexOf(register)}`;
      })
      // "jne 20 <movdir64b+0x20>"
      .replace(/ [0-9a-f]+ <\w+(?:\+0x([0-9a-f]+))?>$/, (_, target = "0") => ` ${place(target)}`)
      .replace(/^cmp (\w+),(\w+)$/, (_, ...operands) => `cmp ${operands.slice(0, 2).sort()}`)
  );
}

function hexadecimal(bytes: readonly number[]): string {
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
