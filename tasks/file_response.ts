import { extname } from "@std/path";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".ts": "application/typescript",
};

/** Answers with a file, or that there is none. */
export async function fileResponse(path: string): Promise<Response> {
  try {
    const type = TYPES[extname(path)] ?? "application/octet-stream";
    return new Response(await Deno.readFile(path), { headers: { "content-type": type } });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return new Response("No such file", { status: 404 });
  }
}
