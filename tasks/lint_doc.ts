/**
 * Runs `deno doc --lint` on every entry point of packages and platforms. It takes them together: a
 * type that one of them exports is no private type in the signatures of another.
 *
 * @module
 */
import { run } from "./run.ts";
import { entryPoints } from "./workspace.ts";

const files = entryPoints().map(({ file }) => file);
const { code, stderr } = await run(Deno.execPath(), ["doc", "--lint", ...files]);
console.error(stderr.trimEnd());
Deno.exit(code);
