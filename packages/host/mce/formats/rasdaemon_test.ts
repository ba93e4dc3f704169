import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { run } from "../../../../tasks/run.ts";
import { readRasdaemon } from "./rasdaemon.ts";
import { SCHEMA, withDatabase } from "./rasdaemon_fixture_test.ts";

/** SQLite's integers are signed: 0xbd80000000100134. */
const STATUS = -4791830003521158860n;
const INSERT =
  "INSERT INTO mce_record (id, mcgcap, mcgstatus, status, addr, misc, ip, walltime, cpu, " +
  `cpuid, cs, bank, cpuvendor) VALUES (7, 16780313, 4111, ${STATUS}, 2287536716551680, 134, -1, ` +
  "1706000767, 147, 526072, 16, 1, 0)";

async function read(path: string) {
  return await Array.fromAsync(readRasdaemon(path));
}

async function refuses(sql: readonly string[], type: typeof SyntaxError, message: RegExp) {
  await withDatabase({ sql }, async (path) => {
    const error = await assertRejects(() => read(path), type);
    assertMatch(error.message.replace(path, "db"), message);
  });
}

Deno.test("readRasdaemon() reads the table that rasdaemon creates", async () => {
  await withDatabase({ sql: [SCHEMA, INSERT] }, async (path) => {
    assertEquals(await read(path), [{
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
});

Deno.test("readRasdaemon() reads an empty table, and one with only the columns it needs", async () => {
  await withDatabase({ sql: [SCHEMA] }, async (path) => assertEquals(await read(path), []));
  const few = "CREATE TABLE mce_record (id, cpu, bank, status, mcgstatus, addr, misc, ppin)";
  const row = "INSERT INTO mce_record VALUES (1, 2, 3, 1, 0, 5, 6, 7)";
  await withDatabase({ sql: [few, row] }, async (path) => {
    // ADDRV and MISCV are 0.
    const [found] = await read(path);
    assertEquals(found?.record, { cpu: 2, bank: 3, status: 1n, mcgStatus: 0n });
  });
});

Deno.test("readRasdaemon() refuses other tables and columns", async () => {
  await refuses(
    ["CREATE TABLE mc_event (id)"],
    SyntaxError,
    /^db: Expected rasdaemon's table mce_record, got a database without it$/,
  );
  await refuses(
    ["CREATE TABLE mce_record (id, cpu, bank, status)"],
    SyntaxError,
    /^db: Expected the columns of rasdaemon in mce_record, got none named mcgstatus, addr, misc$/,
  );
  await refuses(
    [SCHEMA, "INSERT INTO mce_record (id, status) VALUES (1, 'no')"],
    SyntaxError,
    /^db: row 1: column status: Expected a 64-bit integer, got string$/,
  );
  await refuses(
    [SCHEMA, INSERT, "UPDATE mce_record SET cpu = -1"],
    SyntaxError,
    /^db: row 7: column cpu: Expected a 53-bit integer, got -1$/,
  );
  await refuses(
    [SCHEMA, INSERT, "UPDATE mce_record SET misc = NULL"],
    SyntaxError,
    /^db: row 7: column misc: Expected a 64-bit integer, got NULL$/,
  );
});

Deno.test("readRasdaemon() refuses what is no database, is missing or locked", async () => {
  const text = fromFileUrl(new URL("./rasdaemon.ts", import.meta.url));
  await assertRejects(() => read(text), SyntaxError, "it is no SQLite database");
  await assertRejects(() => read("/nowhere/ras-mc_event.db"), Error, "unable to open");
  await withDatabase({ sql: [SCHEMA], locked: true }, async (path) => {
    await assertRejects(() => read(path), Error, "it is locked by another program");
  });
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
