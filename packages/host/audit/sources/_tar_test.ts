import { assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path";
import fc from "fast-check";
import { missingProgram, skippable } from "../../../../tests/skippable.ts";
import { tarEntries } from "./_tar.ts";

const ROOT = fromFileUrl(new URL("../../testdata/", import.meta.url));
// The tar of other systems calls its formats by other names.
const noTar = Deno.build.os === "linux" ? await missingProgram("tar", "--version") : "not Linux";

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

/** An archive as POSIX.1-1988 lays it out, with the header's fields at their places. */
function archive(files: readonly (readonly [string, Uint8Array])[]): Uint8Array<ArrayBuffer> {
  const blocks = files.flatMap(([name, data]) => {
    const header = new Uint8Array(512);
    const put = (at: number, text: string) => header.set(new TextEncoder().encode(text), at);
    put(0, name);
    put(124, data.length.toString(8).padStart(11, "0"));
    put(148, "        ");
    put(156, "0");
    put(257, "ustar\x0000");
    put(148, `${header.reduce((sum, byte) => sum + byte).toString(8).padStart(6, "0")}\0 `);
    const body = new Uint8Array(Math.ceil(data.length / 512) * 512);
    body.set(data);
    return [...header, ...body];
  });
  return new Uint8Array([...blocks, ...new Uint8Array(1024)]);
}

async function read(bytes: AsyncIterable<Uint8Array>): Promise<[string, number[]][]> {
  const files: [string, number[]][] = [];
  for await (const { name, bytes: data } of tarEntries(bytes)) {
    files.push([name, (await Array.fromAsync(data)).flatMap((chunk) => [...chunk])]);
  }
  return files;
}

Deno.test("tarEntries() gives back what was put in, however the bytes are cut", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.stringMatching(/^[a-z/]{1,90}$/), fc.uint8Array({ maxLength: 1500 })), {
        maxLength: 4,
      }),
      fc.integer({ min: 1, max: 2000 }),
      async (files, size) => {
        const expected = files.map(([name, data]) => [name, [...data]] as [string, number[]]);
        assertEquals(await read(pieces(archive(files), size)), expected);
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("tarEntries() goes on where a reader stopped early", async () => {
  const big = new Uint8Array(5000).fill(7);
  const names: string[] = [];
  for await (const { name, bytes } of tarEntries(pieces(archive([["a", big], ["b", big]]), 700))) {
    names.push(name);
    for await (const _ of bytes) break;
  }
  assertEquals(names, ["a", "b"]);
});

Deno.test("tarEntries() refuses an archive cut anywhere", async () => {
  const whole = archive([["proc/cpuinfo", new Uint8Array(700)]]);
  for (const length of [0, 1, 511, 512, 600, 1211, 1212, 1535, 1536]) {
    await assertRejects(() => read(pieces(whole.slice(0, length), 300)), SyntaxError, "Expected");
  }
});

Deno.test("tarEntries() refuses anything but a tar archive, and names gzip", async () => {
  const gzip = new Blob([archive([])]).stream().pipeThrough(new CompressionStream("gzip"));
  await assertRejects(() => read(gzip), SyntaxError, "got gzip data: unpack it first");
  const text = pieces(new TextEncoder().encode("x".repeat(1024)), 1024);
  await assertRejects(() => read(text), SyntaxError, 'Expected a tar header, got "xxx');
});

for (const format of ["ustar", "gnu", "pax", "v7"]) {
  Deno.test(skippable(noTar, `tarEntries() reads what tar writes as ${format}`, async () => {
    const args = ["-cf", "-", `--format=${format}`, "-C", `${ROOT}emr-6.18`, "."];
    const tar = new Deno.Command("tar", { args, stdout: "piped" }).spawn();
    const files = await read(tar.stdout);
    await tar.status;
    const manifest = files.find(([name]) => name === "./manifest")![1];
    assertEquals(new Uint8Array(manifest), Deno.readFileSync(`${ROOT}emr-6.18/manifest`));
    assertEquals(files.length, 12);
  }));
}
