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
