import { join } from "@std/path";
import { fileResponse } from "../file_response.ts";

/**
 * Serves the files of a folder on loopback.
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
    return await fileResponse(join(folder, name));
  });
}
