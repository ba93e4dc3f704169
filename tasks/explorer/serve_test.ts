// The server answers itself alone, reads, and stays in its folder. Needs --allow-net and
// --allow-write: `deno task test:browser`.
import { assertEquals } from "@std/assert";
import { serveFolder } from "./serve.ts";

interface Answer {
  readonly status: number;
  readonly headers: string;
  readonly body: string;
}

/** Sends a request as it stands, which fetch would not. */
async function ask(port: number, request: string): Promise<Answer> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(request.replaceAll("\n", "\r\n")));
  const text = await new Response(connection.readable).text();
  const [head = "", body = ""] = text.split("\r\n\r\n");
  return { status: Number(head.split(" ")[1]), headers: head.toLowerCase(), body };
}

const MAY = (["net", "write"] as const).every((name) =>
  Deno.permissions.querySync({ name }).state === "granted"
);

Deno.test({
  name: "serveFolder() checks Host and method, and stays in its folder",
  ignore: !MAY,
  fn: staysInItsFolder,
});

async function staysInItsFolder(): Promise<void> {
  const outer = await Deno.makeTempDir();
  const folder = `${outer}/page`;
  await Deno.mkdir(`${folder}/sub`, { recursive: true });
  await Deno.writeTextFile(`${outer}/secret.txt`, "secret");
  await Deno.writeTextFile(`${folder}/index.html`, "<p>page");
  await Deno.symlink("../secret.txt", `${folder}/out.txt`);
  await Deno.symlink("index.html", `${folder}/in.html`);
  await Deno.symlink("round.html", `${folder}/round.html`);
  const server = serveFolder(folder, 0);
  const { port } = server.addr;
  const get = (path: string, host = `127.0.0.1:${port}`, method = "GET") =>
    ask(port, `${method} ${path} HTTP/1.1\nHost: ${host}\nConnection: close\n\n`);
  try {
    // Path, host, method; status and body.
    const cases: readonly (readonly [Parameters<typeof get>, number, string])[] = [
      [["/"], 200, "<p>page"],
      [["/index.html", `localhost:${port}`], 200, "<p>page"],
      [["/in.html"], 200, "<p>page"],
      [["/", undefined, "HEAD"], 200, ""],
      [["/", "evil.example"], 421, "Not this host"],
      [["/", `evil.example:${port}`], 421, "Not this host"],
      [["/", "127.0.0.1"], 421, "Not this host"],
      [["/", undefined, "POST"], 405, "Only GET and HEAD"],
      [["/", undefined, "DELETE"], 405, "Only GET and HEAD"],
      [["/out.txt"], 404, "No such file"],
      [["/round.html"], 404, "No such file"],
      [["/sub"], 404, "No such file"],
      [["/../secret.txt"], 404, "No such file"],
      [["/%2e%2e%2fsecret.txt"], 404, "No such file"],
      [["/.."], 200, "<p>page"],
      [["/..."], 404, "No such file"],
      [["/%00"], 404, "No such file"],
      [["/%ff%"], 404, "No such file"],
      [[`/${"a".repeat(300)}`], 404, "No such file"],
    ];
    for (const [args, status, body] of cases) {
      const { headers, ...found } = await get(...args);
      assertEquals(found, { status, body }, args.join(" "));
      assertEquals(headers.includes("x-content-type-options: nosniff"), true);
      assertEquals(headers.includes("content-security-policy: default-src 'none'"), true);
    }
  } finally {
    await server.shutdown();
    await Deno.remove(outer, { recursive: true });
  }
}
