import { assertEquals, assertRejects } from "@std/assert";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { logText } from "./_log_text.ts";

const LOG = "[1.0] Zeile für Zeile\n";

/** Reads bytes, given in pieces of a size, and what was told as damage. */
async function read(bytes: Uint8Array, size = bytes.length): Promise<[string, string[]]> {
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
  const damage: string[] = [];
  const text = await Array.fromAsync(logText(pieces(), "log", (each) => damage.push(each)));
  return [text.join(""), damage];
}

const utf8 = (text: string) => new TextEncoder().encode(text);
function utf16(text: string, littleEndian: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(2 * text.length));
  for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i), littleEndian);
  return new Uint8Array(view.buffer);
}
const joined = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));

Deno.test("logText() reads UTF-8 and UTF-16, packed or not, in pieces of any size", async () => {
  const packed = [
    utf8(LOG),
    utf8(`\ufeff${LOG}`),
    utf16(LOG, true),
    utf16(LOG, false),
    utf16(`\ufeff${LOG}`, true),
    utf16(`\ufeff${LOG}`, false),
    gzipSync(LOG),
    gzipSync(utf16(LOG, true)),
    zstdCompressSync(utf8(LOG)),
    // With a frame to skip.
    joined(zstdCompressSync(utf8(LOG)), Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 2)),
  ];
  for (const bytes of packed) {
    for (const size of [1, 3, 1000]) assertEquals(await read(bytes, size), [LOG, []]);
  }
  assertEquals(await read(new Uint8Array()), ["", []]);
});

Deno.test("logText() reads all parts of a rotated log", async () => {
  const gzip = joined(gzipSync("a\n"), gzipSync("b\n"));
  const zstd = joined(zstdCompressSync(utf8("a\n")), zstdCompressSync(utf8("b\n")));
  for (const bytes of [gzip, zstd]) assertEquals(await read(bytes), ["a\nb\n", []]);
});

Deno.test("logText() reads what is packed as far as it goes, and tells that it ends early", async () => {
  const random = crypto.getRandomValues(new Uint8Array(50_000)).toString();
  const rows = [[gzipSync(random), "gzip"], [zstdCompressSync(utf8(random)), "zstd"]] as const;
  for (const [bytes, called] of rows) {
    const [text, [damage, ...others]] = await read(bytes.subarray(0, -100), 4096);
    assertEquals([random.startsWith(text), others], [true, []]);
    assertEquals(damage!.startsWith(`log: Expected all of the packed text, got ${called} `), true);
    // A piece or two may be lost, not more.
    assertEquals(text.length > 0.5 * random.length, true);
  }
});

Deno.test("logText() refuses what is no text, and names what unpacks it", async () => {
  const refusals: [Uint8Array, string][] = [
    [
      joined(Uint8Array.of(0xfd), utf8("7zXZ\0...")),
      "got an xz file: give - instead, and pipe xz -dc in",
    ],
    [utf8("BZh91AY"), "got a bzip2 file: give - instead, and pipe bzip2 -dc in"],
    [utf8("LPKSHHRH...."), "got a file of the journal: give - instead, and pipe journalctl"],
    [utf8("\x7fELF"), "got a program or a core dump"],
    [Uint8Array.from({ length: 512 }, (_, i) => i * 7), "got binary data"],
    [gzipSync(gzipSync(LOG)), "got binary data"],
  ];
  for (const [bytes, message] of refusals) {
    await assertRejects(() => read(bytes), SyntaxError, `log: Expected a text, ${message}`);
  }
});
