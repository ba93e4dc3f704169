import { extname, join } from "@std/path";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".ts": "application/typescript",
};

/**
 * What every answer says: the type is as told, and a page of ours loads and frames nothing else.
 * Styles of elements are allowed because a browser writes them itself where coloured text is edited.
 */
const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; " +
    "style-src-attr 'unsafe-inline'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
};

/**
 * Answers with a file below a folder, or that there is none: a link that leads out of the folder, a
 * folder, or a name that the system refuses is none.
 *
 * @param folder The folder.
 * @param name Its path in it, with slashes.
 */
export async function fileResponse(folder: string, name: string): Promise<Response> {
  try {
    const root = await Deno.realPath(folder);
    const path = await Deno.realPath(join(root, name));
    if (path.startsWith(join(root, "/")) && (await Deno.stat(path)).isFile) {
      const type = TYPES[extname(path)] ?? "application/octet-stream";
      return answer(await Deno.readFile(path), 200, { "content-type": type });
    }
  } catch { /* The system has no such file for us. */ }
  return refusal(404, "No such file");
}

/** Answers that it does not. */
export function refusal(status: number, why: string): Response {
  return answer(why, status, { "content-type": "text/plain; charset=utf-8" });
}

function answer(body: BodyInit, status: number, headers: Record<string, string>): Response {
  return new Response(body, { status, headers: { ...HEADERS, ...headers } });
}
