/**
 * Writes an API site of all entry points by `deno doc --html`.
 *
 * @module
 */
import { entryPoints } from "./entry_points.ts";

Deno.mkdirSync("site", { recursive: true });
const { code } = await new Deno.Command(Deno.execPath(), {
  args: ["doc", "--html", "--name=tdx-reclaim", "--output=site/api", ...entryPoints()],
}).spawn().status;
Deno.exit(code);
