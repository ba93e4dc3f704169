// Whether the yardstick in C can be built here, for tests and for `deno task meter:c`.

/** Flags for the instructions in testdata/loops.c. */
export const GCC_FLAGS = ["-O2", "-mmovdir64b", "-mclflushopt"] as const;

const PROBE = `#include <immintrin.h>
void clear(void *line, const void *zeros) { _movdir64b(line, zeros); }
`;

/**
 * Says why a C compiler cannot build MOVDIR64B, `undefined` where it can: gcc can from version 9 on,
 * its assembler from binutils 2.31 on.
 *
 * @param compiler A command.
 */
export async function whyNoMovdir64b(compiler = "gcc"): Promise<string | undefined> {
  if (Deno.build.os !== "linux" || Deno.build.arch !== "x86_64") {
    return "this is no Linux on x86-64";
  }
  // Only a shell may write here: the tests have no permission to.
  const script = `o=$(mktemp) && trap 'rm -f "$o"' EXIT && ` +
    `${compiler} ${GCC_FLAGS.join(" ")} -x c -c -o "$o" -`;
  // Where even a shell may not run, gcc may not.
  if ((await Deno.permissions.query({ name: "run", command: "sh" })).state !== "granted") {
    return "running it needs --allow-run";
  }
  const shell = new Deno.Command("sh", {
    args: ["-c", script],
    env: { LC_ALL: "C" },
    stdin: "piped",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  // A compiler that is not there reads nothing.
  await new Blob([PROBE]).stream().pipeTo(shell.stdin).catch(() => {});
  const { success, stderr } = await shell.output();
  return success ? undefined : new TextDecoder().decode(stderr).trim().split("\n")[0];
}
