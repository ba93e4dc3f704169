/** A server on this machine that ends with its scope. */
export interface Server extends AsyncDisposable {
  /** Its address, with a slash at the end. */
  readonly url: string;
}

/** Serves what the handler answers, at any free port. */
export function serve(answer: (request: Request) => Promise<Response>): Server {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, answer);
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

const TYPES: Readonly<Record<string, string>> = {
  js: "text/javascript",
  json: "application/json",
  ts: "application/typescript",
};

/** Answers with a file of a folder, or that there is none. */
export async function fileResponse(folder: string, pathname: string): Promise<Response> {
  try {
    const { readable } = await Deno.open(`${folder}${decodeURIComponent(pathname)}`);
    const type = TYPES[pathname.split(".").at(-1)!] ?? "application/octet-stream";
    return new Response(readable, { headers: { "content-type": type } });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return new Response("No such file", { status: 404 });
  }
}
