/**
 * Builds the explorer into `dist/explorer`, for any file server, and serves it on loopback until it
 * is stopped: `deno task explorer [--port N] [--build-only]`; port 0 is any that is free.
 *
 * @module
 */
import { parseArgs } from "@std/cli";
import { buildExplorer } from "./build.ts";
import { serveFolder } from "./serve.ts";

const FOLDER = "dist/explorer";

const args = parseArgs(Deno.args, {
  string: ["port"],
  boolean: ["build-only"],
  default: { port: "8000" },
  unknown: (arg) => fail(`Expected --port N or --build-only, got ${arg}`),
});
const text = String(args.port);
const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
if (!(port < 2 ** 16)) {
  fail(`Expected --port as a number from 0 to 65535, got ${args.port}`);
}
await buildExplorer(FOLDER);
console.log(`${FOLDER}: the page, for any file server`);
if (!args["build-only"]) {
  const { addr } = serveFolder(FOLDER, port);
  console.log(`http://127.0.0.1:${addr.port}/  (Ctrl-C stops)`);
}

function fail(message: string): never {
  console.error(`explorer: ${message}`);
  Deno.exit(1);
}
