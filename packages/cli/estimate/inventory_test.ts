import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { GiB } from "@tdx/core";
import { FleetTally } from "./fleet.ts";
import { type InventoryEntry, type InventoryRow, linesOf, readInventory } from "./inventory.ts";

const HEADER = "platform,memory,vcpus,shutdowns_per_day";

/** Reads a text that comes in pieces. */
async function read(...pieces: string[]): Promise<InventoryEntry[]> {
  const encoder = new TextEncoder();
  const bytes = ReadableStream.from(pieces.map((piece) => encoder.encode(piece)));
  return await Array.fromAsync(readInventory(bytes, "fleet"));
}

/** What is wrong with the only row. */
async function trouble(row: string, header = HEADER): Promise<string> {
  const [entry, ...others] = await read(header === "" ? row : `${header}\n${row}`);
  assertEquals(others, []);
  assert("trouble" in entry!, "a good row");
  return `${entry.column}: ${entry.trouble}`;
}

function goodRow(entry: InventoryEntry): InventoryRow {
  assert("found" in entry, JSON.stringify(entry));
  return entry.found;
}

Deno.test("readInventory() reads CSV and JSON lines alike, however they are cut", async () => {
  const csv = `\ufeff${HEADER}\r\ngnr,400GiB,64,2.5\r\n\r\nspr,"18 GiB",4,0`;
  const json = '{"platform":"gnr","memory":"400GiB","vcpus":64,"shutdownsPerDay":2.5}\n\n' +
    '{"vCPUs":4,"Platform":"spr","memory":19327352832,"Shutdowns per day":"0","owner":null}\n';
  const expected = [["gnr", 400 * GiB, 64, 2.5], ["spr", 18 * GiB, 4, 0]];
  for (const [text, rows] of [[csv, [2, 4]], [json, [1, 3]]] as const) {
    for (const pieces of [[text], [...text]]) {
      const entries = await read(...pieces);
      assertEquals(entries.map(({ row }) => row), [...rows]);
      const found = entries.map(goodRow).map(({ platform, guestBytes, vcpus, shutdownsPerDay }) => [
        platform.name,
        guestBytes,
        vcpus,
        shutdownsPerDay,
      ]);
      assertEquals(found, expected);
    }
  }
});

Deno.test("readInventory() refuses a header that lacks a column or has one twice", async () => {
  const columns = "fleet:1:1: Expected the columns platform, memory, vcpus, shutdowns per day, got";
  for (
    const [header, message] of [
      ["platform,memory,shutdowns_per_day", `${columns} no vcpus`],
      ["gnr,400GiB,64,10", `${columns} no platform, no memory, no vcpus, no shutdowns per day`],
      [
        '[{"platform":"gnr"}]',
        'fleet:1:3: Expected fields of CSV, got bare " in non-quoted-field',
      ],
      [`${HEADER},Platform`, "fleet:1:1: Expected the column platform once, got it again"],
      [
        'platform,"memory',
        'fleet:1:1: Expected fields of CSV, got extraneous or missing " in quoted-field',
      ],
    ] as const
  ) {
    assertEquals((await assertRejects(() => read(header), SyntaxError)).message, message);
  }
});

Deno.test("readInventory() says what is wrong with a value", async () => {
  const shutdowns = "Expected shutdowns per day as a number from 0 to 1000000000, got";
  for (const wrong of ["-1", "1e10", "NaN", "Infinity", "1,5", "many", "1000000001", "0x10"]) {
    assertEquals(await trouble(`gnr,400GiB,64,"${wrong}"`), `1: ${shutdowns} ${wrong}`);
  }
  const object = "Expected a row as one JSON object, got something else";
  const first = '{"platform":"gnr","memory":"400GiB","vcpus":64,"shutdowns":1}';
  assertEquals(await trouble(first, ""), "1: Expected shutdowns per day, got none");
  const rows = await read(`${first}\n[1]\nnull\n{"a"\n7\n`);
  assertEquals(rows.slice(1).map((entry) => "trouble" in entry && entry.trouble), [
    object,
    object,
    object,
    object,
  ]);
  const nested = first.replace('"gnr"', '{"name":"gnr"}');
  assertEquals(
    await trouble(nested, ""),
    "1: Expected platform as a short text or a number, got something else",
  );
  // What is shown to a terminal holds nothing that steers it.
  for (const steering of ["\x1b[2J", "\u202e", "x".repeat(65)]) {
    assertEquals(
      await trouble(`gnr,400GiB${steering},64,1`),
      "1: Expected memory as a short text or a number, got something else",
    );
  }
});

Deno.test("readInventory() reads quoted fields, and refuses a row whose quotes do not fit", async () => {
  const [entry] = await read(`note,${HEADER}\n"a, ""b""", gnr ,"400 GiB",64, 1 \n`);
  const { guestBytes, shutdownsPerDay } = goodRow(entry!);
  assertEquals([guestBytes, shutdownsPerDay], [400 * GiB, 1]);
  const quotes = "Expected fields of CSV, got";
  assertEquals(
    await trouble('gnr,"400GiB"x,64,1'),
    `12: ${quotes} extraneous or missing " in quoted-field`,
  );
  assertEquals(
    await trouble('gnr,4"00GiB,64,1'),
    `6: ${quotes} bare " in non-quoted-field`,
  );
});

const TOO_LONG = "Expected a line of at most 64 KiB, got a longer one";

Deno.test("linesOf() puts lines and letters together that come in parts", async () => {
  const bytes = new TextEncoder().encode("Größe 漢\nzwei\n\nübrig");
  for (const size of [1, 2, 3, 100]) {
    const parts = Array.from(
      { length: Math.ceil(bytes.length / size) },
      (_, i) => bytes.subarray(i * size, (i + 1) * size),
    );
    const lines = await Array.fromAsync(linesOf(ReadableStream.from(parts)));
    assertEquals(lines, ["Größe 漢", "zwei", "", "übrig"]);
  }
});

Deno.test("linesOf() takes garbage without filling the memory", async () => {
  const garbage = new Uint8Array(2 ** 18).fill(0xff);
  const pieces = function* () {
    yield new TextEncoder().encode(`${HEADER}\n`);
    for (let i = 0; i < 16; i++) yield garbage;
    yield new TextEncoder().encode("\ngnr,18GiB,4,1\n");
  };
  const lines = await Array.fromAsync(linesOf(ReadableStream.from(pieces())));
  // Of what is too long one unit too many is kept.
  assertEquals(lines.map(({ length }) => length), [HEADER.length, 2 ** 16 + 1, 13]);
});

Deno.test("readInventory() marks a line that is too long as bad, however it is cut", async () => {
  const good = "gnr,18GiB,4,1";
  const json = '{"platform":"gnr","memory":"18GiB","vcpus":4,"shutdownsPerDay":1';
  // Both ends are a good row, and so is what a cut in the middle would leave.
  const long = `"gnr"${" ".repeat(2 ** 16)},18GiB,4,1`;
  const longest = `gnr,18GiB,4,1${" ".repeat(2 ** 16 - good.length)}`;
  for (
    const [text, bad, rows] of [
      [`${HEADER}\n${good}\n${long}\n${good}\n${longest}`, 3, 5],
      [`${HEADER}\n${long}\n${good}`, 2, 3],
      [`${HEADER}\n${good}\n${" ".repeat(2 ** 16 + 1)}`, 3, 3],
      [`${json}${" ".repeat(2 ** 16)}}\n${json}}\n`, 1, 2],
    ] as const
  ) {
    for (const size of [1000, 2 ** 15, 2 ** 20]) {
      const pieces = text.match(new RegExp(`[^]{1,${size}}`, "g"))!;
      const entries = await read(...pieces);
      assertEquals(entries.at(-1)!.row, rows);
      const wrong = entries.filter((entry) => "trouble" in entry);
      assertEquals(wrong, [{ row: bad, column: 1, trouble: TOO_LONG }]);
    }
  }
  await assertRejects(
    () => read(`platform,${" ".repeat(2 ** 16)}\n${good}\n`),
    SyntaxError,
    `fleet:1:1: ${TOO_LONG}`,
  );
});

Deno.test("FleetTally counts many rows, and names the first bad ones", async () => {
  const rows = 20_000;
  const text = function* () {
    yield `${HEADER}\n`;
    for (let i = 0; i < rows; i++) yield i % 4 === 3 ? "gnr,lots,64,1\n" : "gnr,400GiB,64,36\n";
  };
  const bytes = ReadableStream.from(text()).pipeThrough(new TextEncoderStream());
  const tally = new FleetTally("terminate", ["published", "measured"]);
  for await (const entry of readInventory(bytes, "fleet")) tally.add(entry);
  const { count, named } = tally.bad;
  assertEquals([count, named.length, named[0]!.row], [5_000, 20, 5]);
  // 15,000 rows of 36 shutdowns of 467 s: 4.67 hours each.
  const { rows: good, shutdownsPerDay, always } = tally.all;
  assertEquals([good, shutdownsPerDay], [15_000, 540_000]);
  for (const end of ["low", "high"] as const) {
    assertAlmostEquals(always.hoursPerDay![end], 70_050, 1e-6);
  }
});
