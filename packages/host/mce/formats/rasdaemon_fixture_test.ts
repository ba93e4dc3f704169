/**
 * Databases for the tests of `readRasdaemon()`.
 *
 * The tests may read and run but not write, so a child process makes the file, holds it, and removes
 * it when its standard input ends.
 */
import { DatabaseSync } from "node:sqlite";

/** The table as rasdaemon 0.6.8 creates it. */
export const SCHEMA: string = "CREATE TABLE mce_record (id INTEGER PRIMARY KEY, timestamp TEXT, " +
  "mcgcap INTEGER, mcgstatus INTEGER, status INTEGER, addr INTEGER, misc INTEGER, ip INTEGER, " +
  "tsc INTEGER, walltime INTEGER, cpu INTEGER, cpuid INTEGER, apicid INTEGER, socketid INTEGER, " +
  "cs INTEGER, bank INTEGER, cpuvendor INTEGER, bank_name TEXT, error_msg TEXT, " +
  "mcgstatus_msg TEXT, mcistatus_msg TEXT, mcastatus_msg TEXT, user_action TEXT, mc_location TEXT)";

const SERVE = "serve-database";

/** What to run in the new database, and whether to keep it locked. */
export interface Fixture {
  readonly sql: readonly string[];
  readonly locked?: boolean;
}

/** Runs a test with the path of a database file that exists only meanwhile. */
export async function withDatabase(
  fixture: Fixture,
  test: (path: string) => Promise<void>,
): Promise<void> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-read", "--allow-write", import.meta.url, SERVE],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const input = child.stdin.getWriter();
  try {
    await input.write(new TextEncoder().encode(`${JSON.stringify(fixture)}\n`));
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const { value: path = "" } = await reader.read();
    reader.releaseLock();
    await test(path.trim());
  } finally {
    await input.close();
    await child.status;
  }
}

async function main(): Promise<void> {
  const reader = Deno.stdin.readable.pipeThrough(new TextDecoderStream()).getReader();
  const { sql, locked }: Fixture = JSON.parse((await reader.read()).value!);
  const folder = Deno.makeTempDirSync();
  const path = `${folder}/ras-mc_event.db`;
  const database = new DatabaseSync(path);
  for (const statement of sql) database.exec(statement);
  if (locked) database.exec("BEGIN EXCLUSIVE");
  console.log(path);
  while (!(await reader.read()).done);
  database.close();
  Deno.removeSync(folder, { recursive: true });
}

if (Deno.args[0] === SERVE) await main();
