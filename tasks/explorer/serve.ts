/**
 * Serves a folder of files on loopback.
 *
 * @module
 */
import { extname, join } from "@std/path";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
};

/**
 * Serves the files of a folder, compressed where the browser takes it.
 *
 * @param folder The folder.
 * @param port The port; 0 for any that is free.
 * @returns The server.
 */
export function serveFolder(folder: string, port: number): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ hostname: "127.0.0.1", port, onListen: () => {} }, async (request) => {
    const { pathname } = new URL(request.url);
    const name = pathname === "/" ? "index.html" : pathname.slice(1);
    // The page is flat: no name with a slash, so none that climbs out of the folder.
    if (!/^[\w.-]+$/.test(name)) return new Response("No such file", { status: 404 });
    try {
      const bytes = await Deno.readFile(join(folder, name));
      const type = TYPES[extname(name)] ?? "application/octet-stream";
      return new Response(bytes, { headers: { "content-type": type } });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      return new Response("No such file", { status: 404 });
    }
  });
}
