import { fileResponse, refusal } from "../file_response.ts";

/** The names by which loopback is asked; another name is a page elsewhere that points here. */
const HOSTS = ["127.0.0.1", "localhost"];
const METHODS = ["GET", "HEAD"];

/**
 * Serves the files of a folder on loopback, to read only.
 *
 * @param folder The folder.
 * @param port The port; 0 for any that is free.
 * @returns The server.
 */
export function serveFolder(folder: string, port: number): Deno.HttpServer<Deno.NetAddr> {
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port,
    onListen: () => {},
    onError: () => refusal(500, "No answer"),
  }, async (request) => {
    const hosts = HOSTS.map((host) => `${host}:${server.addr.port}`);
    if (!hosts.includes(request.headers.get("host") ?? "")) return refusal(421, "Not this host");
    if (!METHODS.includes(request.method)) return refusal(405, "Only GET and HEAD");
    const { pathname } = new URL(request.url);
    const name = pathname === "/" ? "index.html" : pathname.slice(1);
    // The page is flat: no name with a slash, so none that climbs out of the folder.
    if (!/^[\w.-]+$/.test(name)) return refusal(404, "No such file");
    return await fileResponse(folder, name);
  });
  return server;
}
