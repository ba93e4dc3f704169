import { MCI_STATUS } from "@tdx/core";
import { type LoggedMachineCheck, loggedMachineCheck } from "../logged_machine_check.ts";
import { recordedCpu } from "./_recorded_cpu.ts";

const TABLE = "mce_record";
/** How long to wait for a writer; rasdaemon writes a row at a time. */
const WAIT_MS = 1000;
/** So many rows are fetched at once. */
const MOST_ROWS = 1000;

/** What SQLite's result codes mean here (sqlite.org/rescode.html). */
const LOCKED = 5;
const DAMAGED = 11;
const NO_DATABASE = 26;
const TROUBLE = new Map([
  [LOCKED, "it is locked by another program"],
  [DAMAGED, "it is damaged"],
  [NO_DATABASE, "it is no SQLite database"],
]);

/** How many bits a column has; SQLite's integers are signed, registers are not. */
interface Column {
  readonly bits: number;
  /** Whether it is in every version's table. */
  readonly must?: true;
}

/** The columns that are read. */
const COLUMNS = {
  id: { bits: 53, must: true },
  cpu: { bits: 31, must: true },
  bank: { bits: 8, must: true },
  status: { bits: 64, must: true },
  mcgstatus: { bits: 64, must: true },
  addr: { bits: 64, must: true },
  misc: { bits: 64, must: true },
  mcgcap: { bits: 64 },
  cs: { bits: 16 },
  ip: { bits: 64 },
  walltime: { bits: 53 },
  cpuid: { bits: 32 },
  cpuvendor: { bits: 8 },
} as const satisfies Readonly<Record<string, Column>>;
type ColumnName = keyof typeof COLUMNS;
const COLUMN_NAMES = Object.keys(COLUMNS) as ColumnName[];

/**
 * Reads the machine checks out of rasdaemon's database.
 *
 * The table is `mce_record` as rasdaemon creates it (read from a database that rasdaemon 0.6.8 made);
 * columns that only some versions have may be missing. What a row does not hold as it should is told
 * as its `damage`, and so is the rest of a table that cannot be read. The file is opened read-only,
 * through `node:sqlite`, and read row by row, so its size does not matter. Needs permission to read
 * the file.
 *
 * @param path The file, for example `/var/lib/rasdaemon/ras-mc_event.db`.
 * @returns The records, in the order of the table.
 * @throws {SyntaxError} `path: …` if it is not an SQLite database, or has no such table, a view in
 * its place, or other columns.
 * @throws {Error} If it cannot be opened or is locked, with SQLite's own error as its cause; and in a
 * runtime without `node:sqlite`, which Deno has, and Node from 22.13 on.
 *
 * @example
 * ```ts
 * import { readRasdaemon } from "@tdx/host";
 * import { assertRejects } from "@std/assert";
 *
 * await assertRejects(() => Array.fromAsync(readRasdaemon("/nowhere/ras-mc_event.db")), Error);
 * ```
 */
export async function* readRasdaemon(path: string): AsyncGenerator<LoggedMachineCheck> {
  const { DatabaseSync } = await sqlite();
  try {
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      yield* recordsIn(database, path);
    } finally {
      database.close();
    }
  } catch (error) {
    throw inWords(error, path);
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

/** What is used of `DatabaseSync`, whose types are not everywhere where these declarations are. */
interface Database {
  exec(sql: string): void;
  prepare(sql: string): {
    setReadBigInts(wanted: boolean): void;
    all(...parameters: (bigint | number)[]): Row[];
  };
}
type Row = Readonly<Record<string, unknown>>;

/**
 * Reads the rows of an open database.
 *
 * @param database The database.
 * @param name Its file's name, for messages.
 */
export function* recordsIn(database: Database, name: string): Generator<LoggedMachineCheck> {
  database.exec(`PRAGMA busy_timeout = ${WAIT_MS}`);
  // Of what is no integer only the type is fetched: a text may be as large as the file.
  const values = columnsIn(database, name).map((column) =>
    `iif(typeof(${column}) = 'integer', ${column}, typeof(${column})) AS ${column}`
  );
  const statement = database.prepare(
    `SELECT _rowid_ AS place, ${values.join(", ")} FROM ${TABLE} NOT INDEXED ` +
      "WHERE _rowid_ > ? ORDER BY _rowid_ LIMIT ?",
  );
  statement.setReadBigInts(true);
  let place = -(1n << 63n);
  let number = 0;
  const cut = () => {
    const where = { unit: "row", first: number + 1, last: number + 1 } as const;
    const reason = TROUBLE.get(DAMAGED);
    const message = `${name}: row ${number + 1}: Expected the further rows, but ${reason}`;
    return loggedMachineCheck({}, where, [message]);
  };
  // Not by iterate(), which in Deno 2.9 ends without a word where SQLite finds damage.
  for (let batch = MOST_ROWS;;) {
    let rows: readonly Row[];
    try {
      rows = statement.all(place, batch);
    } catch (error) {
      if (!isSqlite(error) || codeOf(error) !== DAMAGED) throw error;
      if (batch === 1) return yield cut();
      // What stands before the damage can be read.
      batch = 1;
      continue;
    }
    for (const row of rows) {
      const next = row["place"] as bigint;
      // The pages of a broken file may lead in circles.
      if (next <= place) return yield cut();
      place = next;
      yield new RasdaemonRow(row, ++number, name).record();
    }
    if (rows.length < batch) return;
  }
}

function columnsIn(database: Database, name: string): ColumnName[] {
  const [table] = database.prepare(`PRAGMA table_list(${TABLE})`).all();
  if (table === undefined) {
    throw new SyntaxError(
      `${name}: Expected rasdaemon's table ${TABLE}, got a database without it`,
    );
  }
  // What a view or a virtual table computes may have no end.
  if (table["type"] !== "table") {
    throw new SyntaxError(`${name}: Expected ${TABLE} of type table, got ${table["type"]}`);
  }
  const info = database.prepare(`PRAGMA table_info(${TABLE})`).all();
  const there = new Set(info.map((column) => column["name"]));
  const missing = COLUMN_NAMES.filter((column) => "must" in COLUMNS[column] && !there.has(column));
  if (missing.length > 0) {
    throw new SyntaxError(
      `${name}: Expected the columns of rasdaemon in ${TABLE}, got none named ${
        missing.join(", ")
      }`,
    );
  }
  return COLUMN_NAMES.filter((column) => there.has(column));
}

/** A row of the table. */
class RasdaemonRow {
  readonly #values: Row;
  readonly #name: string;
  /** Its id; where it has none, how many rows came up to it. */
  readonly #id: number;
  readonly #damage: string[] = [];

  constructor(values: Row, number: number, name: string) {
    this.#values = values;
    this.#name = name;
    this.#id = number;
    this.#id = this.#number("id") ?? number;
  }

  /**
   * MCi_ADDR and MCi_MISC are taken where MCi_STATUS says they are valid, the RIP where it is not 0,
   * as the kernel prints them.
   */
  record(): LoggedMachineCheck {
    const status = this.#register("status");
    const { addressValid = false, miscValid = false } = status === undefined
      ? {}
      : MCI_STATUS.decode(status);
    const ip = this.#register("ip") ?? 0n;
    const cs = this.#number("cs");
    const vendor = this.#number("cpuvendor") ?? 0;
    return loggedMachineCheck(
      {
        cpu: this.#number("cpu"),
        bank: this.#number("bank"),
        status,
        mcgStatus: this.#register("mcgstatus"),
        address: addressValid ? this.#register("addr") : undefined,
        misc: miscValid ? this.#register("misc") : undefined,
        // Without its code segment nobody knows whose it is.
        interrupted: ip === 0n || cs === undefined ? undefined : { cs, ip },
        processor: recordedCpu(vendor, this.#number("cpuid") ?? 0),
        mcgCap: this.#register("mcgcap"),
        time: this.#number("walltime"),
      },
      { unit: "row", first: this.#id, last: this.#id },
      this.#damage,
    );
  }

  #register(column: ColumnName): bigint | undefined {
    const { bits }: Column = COLUMNS[column];
    const value = this.#values[column];
    if (value === undefined || (value === "null" && !("must" in COLUMNS[column]))) return undefined;
    if (typeof value === "bigint") {
      const unsigned = BigInt.asUintN(64, value);
      if (bits === 64 || (bits === 32 && value === BigInt.asIntN(32, value))) {
        return BigInt.asUintN(bits, value);
      }
      if (unsigned < 1n << BigInt(bits)) return unsigned;
    }
    this.#damage.push(
      `${this.#name}: row ${this.#id}: column ${column}: Expected an integer of ${bits} bits, got ${value}`,
    );
    return undefined;
  }

  #number(column: ColumnName): number | undefined {
    const value = this.#register(column);
    return value === undefined ? undefined : Number(value);
  }
}

function isSqlite(error: unknown): error is Error & { readonly errcode?: unknown } {
  return error instanceof Error && "code" in error && error.code === "ERR_SQLITE_ERROR";
}

/** The code without what extends it. */
function codeOf({ errcode }: { readonly errcode?: unknown }): number {
  return Number(errcode) & 0xff;
}

/** An error that says in words what SQLite reports as a number; any other error as it is. */
function inWords(error: unknown, path: string): unknown {
  if (!isSqlite(error)) return error;
  const code = codeOf(error);
  const reason = TROUBLE.get(code) ?? error.message;
  const Type = code === NO_DATABASE || code === DAMAGED ? SyntaxError : Error;
  return new Type(`${path}: Expected a readable database of rasdaemon, but ${reason}`, {
    cause: error,
  });
}
