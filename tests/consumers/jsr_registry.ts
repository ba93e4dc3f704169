// A JSR registry on this machine: what `deno publish` uploads is unpacked as it is, and served under
// the addresses that https://jsr.io serves.
import { cp } from "node:fs/promises";
import { fileResponse } from "../../tasks/file_response.ts";
import { outputOf } from "../../tasks/run.ts";
import { serve, type Server } from "./serve.ts";

/** A version of a package, as the address of its upload names it. */
const VERSION = /^\/api\/scopes\/([^/]+)\/packages\/([^/]+)\/versions\/([^/]+)$/;

/** What a package's `deno.json` says about itself. */
interface Config {
  readonly name: string;
  readonly version: string;
  readonly exports: string | Readonly<Record<string, string>>;
}

/**
 * Starts a registry with nothing in it.
 *
 * @param folder Where it keeps its files, in the layout of jsr.io.
 * @returns The server; its address is what `JSR_URL` asks for.
 */
export function serveJsr(folder: string): Server {
  return serve(async (request) => {
    const { pathname } = new URL(request.url);
    const [, scope, name, version] = VERSION.exec(pathname) ?? [];
    if (request.method === "POST" && version !== undefined) {
      await store(`${folder}/@${scope}/${name}/${version}`, await request.bytes());
      return Response.json({ id: crypto.randomUUID(), status: "success", error: null });
    }
    // A version that is there already would not be uploaded again.
    if (version !== undefined) return Response.json({ code: "notFound" }, { status: 404 });
    // Every scope and every package may be published to.
    if (pathname.startsWith("/api/")) return Response.json({});
    return await fileResponse(folder, decodeURIComponent(pathname));
  });
}

/**
 * Puts a package into the registry as it lies in a folder, without `deno publish`.
 *
 * @param registry The registry's folder.
 * @param source The package's folder.
 */
export async function addFolder(registry: string, source: string): Promise<void> {
  const config = await readConfig(source);
  const home = `${registry}/${config.name}/${config.version}`;
  await cp(source, home, { recursive: true });
  await describe(home, config);
}

/** Unpacks an upload. */
async function store(home: string, tarball: Uint8Array): Promise<void> {
  await Deno.mkdir(home, { recursive: true });
  await Deno.writeFile(`${home}.tgz`, tarball);
  await outputOf("tar", ["-xzf", `${home}.tgz`, "-C", home]);
  await describe(home, await readConfig(home));
}

async function readConfig(folder: string): Promise<Config> {
  return JSON.parse(await Deno.readTextFile(`${folder}/deno.json`));
}

/** Writes what a client reads before any file of a package. */
async function describe(home: string, { name, version, exports }: Config): Promise<void> {
  await writeJson(`${home}_meta.json`, {
    exports: typeof exports === "string" ? { ".": exports } : exports,
    manifest: await manifest(home),
  });
  const [scope, bare] = name.slice(1).split("/");
  const versions = { [version]: {} };
  await writeJson(`${home}/../meta.json`, { scope, name: bare, latest: version, versions });
}

/** Size and checksum of every file. */
async function manifest(home: string, folder = ""): Promise<Record<string, unknown>> {
  const files: Record<string, unknown> = {};
  for await (const { name, isDirectory } of Deno.readDir(`${home}${folder}`)) {
    const path = `${folder}/${name}`;
    if (isDirectory) {
      Object.assign(files, await manifest(home, path));
      continue;
    }
    const bytes = await Deno.readFile(`${home}${path}`);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    files[path] = { size: bytes.length, checksum: `sha256-${digest.toHex()}` };
  }
  return files;
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await Deno.writeTextFile(path, JSON.stringify(value));
}
