/**
 * Builds the explorer and serves it: `deno task explorer [--port N] [--build-only]`.
 *
 * @module
 */
import { parseArgs } from "@std/cli";
import { buildExplorer } from "./build.ts";
import { serveFolder } from "./serve.ts";

const FOLDER = "dist/explorer";

const USAGE = `Usage: deno task explorer [--port N] [--build-only]

Builds the page into ${FOLDER}, and serves it on http://127.0.0.1:8000/ until it is stopped.

  --port N      another port; 0 takes any that is free
  --build-only  serve nothing`;

const args = parseArgs(Deno.args, {
  string: ["port"],
  boolean: ["build-only", "help"],
  default: { port: "8000" },
  unknown: (arg) => fail(`Expected --port N, --build-only or --help, got ${arg}`),
});
if (args.help) {
  console.log(USAGE);
  Deno.exit(0);
}
const text = String(args.port);
const port = Number(text);
if (!/^\d{1,5}$/.test(text) || port > 65535) {
  fail(`Expected --port as a number from 0 to 65535, got ${text}`);
}
await buildExplorer(FOLDER);
console.log(`${FOLDER}: the page, for any file server`);
if (!args["build-only"]) {
  const { addr } = serve();
  console.log(`http://127.0.0.1:${addr.port}/  (Ctrl-C stops)`);
}

function serve(): Deno.HttpServer<Deno.NetAddr> {
  try {
    return serveFolder(FOLDER, port);
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    return fail(`Expected a free port, got ${port}, which is in use; try --port 0`);
  }
}

function fail(message: string): never {
  console.error(`explorer: ${message}`);
  Deno.exit(1);
}
