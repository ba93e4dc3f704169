import { fileResponse } from "../../tasks/file_response.ts";
import { installedEntries } from "./installed.ts";
import { serve, type Server } from "./serve.ts";

/**
 * Serves a page that runs scripts, and the packages as ES modules, under their names by an import
 * map.
 *
 * @param folder The consumer's folder, with its `node_modules`.
 * @param scripts ES modules in it.
 * @returns The server; its address is that of the page.
 */
export function servePage(folder: string, ...scripts: readonly string[]): Server {
  const entries = installedEntries(folder).map(({ specifier, path }) => [specifier, path]);
  const html = `<!DOCTYPE html><title>consumer</title>
    <script type="importmap">${JSON.stringify({ imports: Object.fromEntries(entries) })}</script>
    ${scripts.map((script) => `<script type="module" src="${script}"></script>`).join("")}`;
  return serve((request) => {
    const { pathname } = new URL(request.url);
    if (pathname !== "/") return fileResponse(folder, decodeURIComponent(pathname));
    return Promise.resolve(new Response(html, { headers: { "content-type": "text/html" } }));
  });
}
