import { requireString } from "@tdx/core/arguments";
import type { LoggedMachineCheck } from "../logged_machine_check.ts";
import { COLUMNS, readRow, type Row } from "./rasdaemon_row.ts";

const TABLE = "mce_record";
/** How long to wait for a writer; rasdaemon writes a row at a time. */
const WAIT_MS = 1000;

/** What SQLite's result codes mean here (sqlite.org/rescode.html). */
const TROUBLE: Readonly<Record<number, string>> = {
  5: "it is locked by another program",
  11: "it is damaged",
  26: "it is no SQLite database",
};

/**
 * Reads the machine checks out of rasdaemon's database.
 *
 * The table is `mce_record` as rasdaemon creates it (read from a database that rasdaemon 0.6.8 made);
 * columns that only some versions have may be missing. The file is opened read-only, through
 * `node:sqlite`, and row by row, so its size does not matter. Needs permission to read the file.
 *
 * @param path The file, for example `/var/lib/rasdaemon/ras-mc_event.db`.
 * @returns The records, by row id.
 * @throws {TypeError} Where it is no string.
 * @throws {SyntaxError} `path: …` where it is no SQLite database, has no such table or other
 * columns, or a value is no integer of its width.
 * @throws {Error} Where it cannot be opened or is locked, with SQLite's own error as its cause; and
 * in a runtime without `node:sqlite`, which Deno has, and Node from 22.13 on.
 *
 * @example
 * ```ts
 * import { readRasdaemon } from "@tdx/host";
 * import { assertRejects } from "@std/assert";
 *
 * await assertRejects(() => Array.fromAsync(readRasdaemon("/nowhere/ras-mc_event.db")), Error);
 * ```
 */
export function readRasdaemon(path: string): AsyncGenerator<LoggedMachineCheck> {
  // Not within the walk, which begins when the first record is asked for.
  requireString("path", path);
  return walk(path);
}

async function* walk(path: string): AsyncGenerator<LoggedMachineCheck> {
  const { DatabaseSync } = await sqlite();
  const database = told(path, () => new DatabaseSync(path, { readOnly: true }));
  try {
    database.exec(`PRAGMA busy_timeout = ${WAIT_MS}`);
    const columns = told(
      path,
      () => columnsOf(database.prepare(`PRAGMA table_info(${TABLE})`), path),
    );
    const select = `SELECT ${columns.join(", ")} FROM ${TABLE} ORDER BY id`;
    const rows = told(path, () => {
      const statement = database.prepare(select);
      statement.setReadBigInts(true);
      return statement.iterate() as Iterator<Row>;
    });
    for (;;) {
      const next = told(path, () => rows.next());
      if (next.done) return;
      yield readRow(next.value, path);
    }
  } finally {
    database.close();
  }
}

/** Loaded only when needed, so that the rest of the package runs where there is none. */
async function sqlite() {
  try {
    return await import("node:sqlite");
  } catch (cause) {
    throw new Error(
      "Expected a runtime with node:sqlite, such as Deno or Node from 22.13 on, got one without it",
      { cause },
    );
  }
}

function columnsOf(info: { all(): unknown[] }, path: string): string[] {
  const there = new Set(info.all().map((row) => (row as { name: string }).name));
  if (there.size === 0) {
    throw new SyntaxError(
      `${path}: Expected rasdaemon's table ${TABLE}, got a database without it`,
    );
  }
  const missing = Object.keys(COLUMNS).filter((name) => COLUMNS[name]!.must && !there.has(name));
  if (missing.length > 0) {
    throw new SyntaxError(
      `${path}: Expected the columns of rasdaemon in ${TABLE}, got none named ${
        missing.join(", ")
      }`,
    );
  }
  return Object.keys(COLUMNS).filter((name) => there.has(name));
}

/** Says in words what SQLite reports as a number. */
function told<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error) || error.code !== "ERR_SQLITE_ERROR") {
      throw error;
    }
    const code = "errcode" in error && typeof error.errcode === "number" ? error.errcode : NaN;
    const reason = TROUBLE[code] ?? error.message;
    const message = `${path}: Expected a readable database of rasdaemon, but ${reason}`;
    throw code === 26 || code === 11
      ? new SyntaxError(message, { cause: error })
      : new Error(message, { cause: error });
  }
}
