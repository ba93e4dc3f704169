import { DatabaseSync } from "node:sqlite";
import { assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { run } from "../../../../tasks/run.ts";
import { readRasdaemon, recordsIn } from "./rasdaemon.ts";

/** The table as rasdaemon 0.6.8 creates it. */
const SCHEMA = "CREATE TABLE mce_record (id INTEGER PRIMARY KEY, timestamp TEXT, " +
  "mcgcap INTEGER, mcgstatus INTEGER, status INTEGER, addr INTEGER, misc INTEGER, ip INTEGER, " +
  "tsc INTEGER, walltime INTEGER, cpu INTEGER, cpuid INTEGER, apicid INTEGER, socketid INTEGER, " +
  "cs INTEGER, bank INTEGER, cpuvendor INTEGER, bank_name TEXT, error_msg TEXT, " +
  "mcgstatus_msg TEXT, mcistatus_msg TEXT, mcastatus_msg TEXT, user_action TEXT, mc_location TEXT)";
/** SQLite's integers are signed: 0xbd80000000100134. */
const STATUS = -4791830003521158860n;
const INSERT =
  "INSERT INTO mce_record (id, mcgcap, mcgstatus, status, addr, misc, ip, walltime, cpu, " +
  `cpuid, cs, bank, cpuvendor) VALUES (7, 16780313, 4111, ${STATUS}, 2287536716551680, 134, -1, ` +
  "1706000767, 147, 526072, 16, 1, 0)";
/** Rows for some pages. */
const MANY = INSERT.replace(
  "VALUES (7,",
  "WITH RECURSIVE c(i) AS (SELECT 8 UNION ALL SELECT i + 1 FROM c LIMIT 2000) SELECT i,",
)
  .replace(/\)$/, " FROM c");

function read(...sql: string[]) {
  using database = new DatabaseSync(":memory:");
  for (const statement of sql) database.exec(statement);
  return [...recordsIn(database, "db")];
}

Deno.test("readRasdaemon() reads the table that rasdaemon creates", () => {
  assertEquals(read(SCHEMA, INSERT), [{
    record: {
      cpu: 147,
      bank: 1,
      status: 0xbd80000000100134n,
      mcgStatus: 0x100fn,
      address: 0x82080a5669600n,
      misc: 0x86n,
    },
    interrupted: { cs: 0x10, ip: 0xffffffffffffffffn },
    processor: { vendor: "GenuineIntel", family: 6, model: 0x8f, stepping: 8 },
    mcgCap: 0x1000c19n,
    time: 1706000767,
    where: { unit: "row", first: 7, last: 7 },
    damage: [],
  }]);
});

Deno.test("readRasdaemon() reads an empty table, and one with only the columns it needs", () => {
  assertEquals(read(SCHEMA), []);
  const few = "CREATE TABLE mce_record (id, cpu, bank, status, mcgstatus, addr, misc, ppin)";
  // ADDRV and MISCV are 0.
  const [found] = read(few, "INSERT INTO mce_record VALUES (1, 2, 3, 1, 0, 5, 6, 7)");
  assertEquals(found?.record, { cpu: 2, bank: 3, status: 1n, mcgStatus: 0n });
});

Deno.test("readRasdaemon() refuses other tables and columns", () => {
  const refusals: [sql: string[], message: string][] = [
    [
      ["CREATE TABLE mc_event (id)"],
      "db: Expected rasdaemon's table mce_record, got a database without it",
    ],
    [
      ["CREATE TABLE mce_record (id, cpu, bank, status)"],
      "db: Expected the columns of rasdaemon in mce_record, got none named mcgstatus, addr, misc",
    ],
    // It never ends.
    [
      [
        "CREATE VIEW mce_record AS WITH RECURSIVE c(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM c)" +
        " SELECT id, 0 AS cpu, 1 AS bank, 1 AS status, 0 AS mcgstatus, 0 AS addr, 0 AS misc FROM c",
      ],
      "db: Expected mce_record of type table, got view",
    ],
    [
      ["CREATE VIRTUAL TABLE mce_record USING fts5(id, cpu, bank, status, mcgstatus, addr, misc)"],
      "db: Expected mce_record of type table, got virtual",
    ],
  ];
  for (const [sql, message] of refusals) {
    assertEquals(assertThrows(() => read(...sql), SyntaxError).message, message);
  }
});

Deno.test("readRasdaemon() takes a CPU signature that was kept as a signed number of 32 bits", () => {
  // 0x806f8, with a reserved high bit set; what has more bits is none.
  const stepping = (cpuid: number) =>
    read(SCHEMA, INSERT, `UPDATE mce_record SET cpuid = ${cpuid}`)[0]!.processor?.stepping;
  assertEquals([stepping(0x806f8), stepping(0x806f8 | 1 << 31), stepping(2 ** 32)], [
    8,
    8,
    undefined,
  ]);
});

Deno.test("readRasdaemon() tells what a row lacks as its damage, and reads the others", () => {
  const place = { address: 0x82080a5669600n, misc: 0x86n };
  const whole = { cpu: 147, bank: 1, status: BigInt.asUintN(64, STATUS), mcgStatus: 0x100fn };
  const table: [set: string, damage: string[], record: object][] = [
    ["status = NULL", ["status: Expected an integer of 64 bits, got null"], {
      cpu: 147,
      bank: 1,
      mcgStatus: 0x100fn,
    }],
    ["cpu = -1, bank = 256", [
      "cpu: Expected an integer of 31 bits, got -1",
      "bank: Expected an integer of 8 bits, got 256",
    ], { status: whole.status, mcgStatus: 0x100fn, ...place }],
    [
      "misc = 'x', addr = 0.5",
      [
        "addr: Expected an integer of 64 bits, got real",
        "misc: Expected an integer of 64 bits, got text",
      ],
      whole,
    ],
    // MCi_ADDR and MCi_MISC are not valid, so they do not matter.
    ["status = 1, misc = x'00', addr = NULL", [], { ...whole, status: 1n }],
  ];
  for (const [set, damage, record] of table) {
    const found = read(
      SCHEMA,
      INSERT,
      INSERT.replace("(7,", "(8,"),
      `UPDATE mce_record SET ${set} WHERE id = 7`,
    );
    assertEquals(found[0]?.record, record, set);
    assertEquals(found[0]?.damage, damage.map((each) => `db: row 7: column ${each}`));
    assertEquals([found[1]?.where.first, found[1]?.damage], [8, []]);
  }
  // The privilege level of the code is in its segment.
  assertEquals(
    read(SCHEMA, INSERT, "UPDATE mce_record SET cs = 65536")[0]?.interrupted,
    undefined,
  );
  const [unnamed] = read(
    "CREATE TABLE mce_record (id, cpu, bank, status, mcgstatus, addr, misc)",
    "INSERT INTO mce_record VALUES ('\x1b[2J', 0, 1, 1, 0, 0, 0)",
  );
  assertEquals([unnamed?.where.first, unnamed?.damage], [1, [
    "db: row 1: column id: Expected an integer of 53 bits, got text",
  ]]);
});

Deno.test("readRasdaemon() refuses a file that is not a database, and one that is missing", async () => {
  const records = (path: string) => Array.fromAsync(readRasdaemon(path));
  const text = fromFileUrl(new URL("./rasdaemon.ts", import.meta.url));
  await assertRejects(() => records(text), SyntaxError, "it is no SQLite database");
  await assertRejects(() => records("/nowhere/ras-mc_event.db"), Error, "unable to open");
});

// Only a process of its own may write here.
Deno.test("readRasdaemon() reads a file, up to where it is damaged, but not while another program has it locked", async () => {
  const rasdaemon = JSON.stringify(new URL("./rasdaemon.ts", import.meta.url));
  const { stdout, stderr } = await run(Deno.execPath(), [
    "eval",
    `import { DatabaseSync } from "node:sqlite";
    import { readRasdaemon } from ${rasdaemon};
    const folder = Deno.makeTempDirSync();
    try {
      const path = folder + "/ras-mc_event.db";
      const database = new DatabaseSync(path);
      for (const sql of ${JSON.stringify([SCHEMA, INSERT])}) database.exec(sql);
      const show = () => Array.fromAsync(readRasdaemon(path)).then(
        (found) => console.log(found.length), (error) => console.log(error.message));
      await show();
      database.exec("BEGIN EXCLUSIVE");
      await show();
      database.exec("ROLLBACK");
      database.exec(${JSON.stringify(MANY)});
      database.close();
      const bytes = Deno.readFileSync(path);
      bytes.fill(255, 9 * 4096, 10 * 4096);
      Deno.writeFileSync(path, bytes);
      const found = await Array.fromAsync(readRasdaemon(path));
      const { where, damage } = found.at(-1);
      console.log(found.length > 100, where.last - found.length, damage[0].slice(path.length));
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }`,
  ]);
  assertMatch(
    stderr + stdout,
    /^1\n\S+: Expected a readable database of rasdaemon, but it is locked by another program\ntrue 0 : row \d+: Expected the further rows, but it is damaged\n$/,
  );
});

Deno.test("readRasdaemon() says what it needs where there is no node:sqlite", async () => {
  const file = (path: string) => new URL(path, import.meta.url).href;
  const imports = {
    "node:sqlite": file("./no_such_module.ts"),
    "@tdx/core": file("../../../core/mod.ts"),
    "@tdx/core/arguments": file("../../../core/arguments.ts"),
  };
  const code = `const { readRasdaemon } = await import("${file("./rasdaemon.ts")}");
    await readRasdaemon("ras-mc_event.db").next().catch(({ message }) => console.log(message));`;
  const map = `data:application/json,${JSON.stringify({ imports })}`;
  const args = ["eval", "--no-config", "--import-map", map, code];
  const { stdout, stderr } = await run(Deno.execPath(), args);
  assertEquals(
    stderr + stdout,
    "Expected a runtime with node:sqlite, such as Deno or Node from 22.13 on, got one without it\n",
  );
});
