/**
 * Runs `deno doc --lint` on every entry point of packages and platforms. It takes them together: a
 * type that one of them exports is no private type in the signatures of another.
 *
 * @module
 */
import { entryPoints } from "./entry_points.ts";

const { code } = await new Deno.Command(Deno.execPath(), {
  args: ["doc", "--lint", ...entryPoints().map(({ file }) => file)],
  // The documentation itself.
  stdout: "null",
  stderr: "inherit",
}).output();
Deno.exit(code);
