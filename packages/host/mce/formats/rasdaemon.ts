import { MCI_STATUS } from "@tdx/core";
import { showText } from "@tdx/core/text";
import { type LoggedMachineCheck, loggedMachineCheck } from "../logged_machine_check.ts";
import { recordedCpu } from "./_recorded_cpu.ts";

const TABLE = "mce_record";
/** How long to wait for a writer; rasdaemon writes a row at a time. */
const WAIT_MS = 1000;

/** What SQLite's result codes mean here (sqlite.org/rescode.html). */
const LOCKED = 5;
const DAMAGED = 11;
const NO_DATABASE = 26;
const TROUBLE: Readonly<Record<number, string>> = {
  [LOCKED]: "it is locked by another program",
  [DAMAGED]: "it is damaged",
  [NO_DATABASE]: "it is no SQLite database",
};

/** What a column is read as; SQLite's integers are signed, registers are not. */
type Width = "register" | "number" | "word";
const BITS: Readonly<Record<Width, number>> = { register: 64, number: 53, word: 32 };

interface Column {
  readonly width: Width;
  /** Whether it is in every version's table. */
  readonly must?: true;
}

/** The columns that are read. */
const COLUMNS: Readonly<Record<string, Column>> = {
  id: { width: "number", must: true },
  cpu: { width: "number", must: true },
  bank: { width: "number", must: true },
  status: { width: "register", must: true },
  mcgstatus: { width: "register", must: true },
  addr: { width: "register", must: true },
  misc: { width: "register", must: true },
  mcgcap: { width: "register" },
  cs: { width: "number" },
  ip: { width: "register" },
  walltime: { width: "number" },
  cpuid: { width: "word" },
  cpuvendor: { width: "number" },
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
 * @throws {SyntaxError} `path: …` if it is not an SQLite database, has no such table or other
 * columns, or a value is not an integer of its width.
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
    all(): Row[];
    iterate(): Iterable<Row>;
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
  const columns = columnsIn(database, name);
  const rows = database.prepare(`SELECT ${columns.join(", ")} FROM ${TABLE} ORDER BY id`);
  rows.setReadBigInts(true);
  for (const row of rows.iterate()) yield new RasdaemonRow(row, name).record();
}

function columnsIn(database: Database, name: string): string[] {
  const info = database.prepare(`PRAGMA table_info(${TABLE})`).all();
  if (info.length === 0) {
    throw new SyntaxError(
      `${name}: Expected rasdaemon's table ${TABLE}, got a database without it`,
    );
  }
  const there = new Set(info.map((column) => column["name"]));
  const missing = Object.keys(COLUMNS).filter((column) =>
    COLUMNS[column]!.must && !there.has(column)
  );
  if (missing.length > 0) {
    throw new SyntaxError(
      `${name}: Expected the columns of rasdaemon in ${TABLE}, got none named ${
        missing.join(", ")
      }`,
    );
  }
  return Object.keys(COLUMNS).filter((column) => there.has(column));
}

/** A row of the table. */
class RasdaemonRow {
  readonly #values: Row;
  readonly #name: string;

  constructor(values: Row, name: string) {
    this.#values = values;
    this.#name = name;
  }

  /**
   * MCi_ADDR and MCi_MISC are taken where MCi_STATUS says they are valid, the RIP where it is not 0,
   * as the kernel prints them.
   *
   * @throws {SyntaxError} `name: row …: column …` if a value is not an integer or out of range.
   */
  record(): LoggedMachineCheck {
    const status = this.#register("status")!;
    const { addressValid, miscValid } = MCI_STATUS.decode(status);
    const ip = this.#register("ip") ?? 0n;
    const signature = this.#number("cpuid") ?? 0;
    const id = this.#number("id")!;
    return loggedMachineCheck(
      {
        cpu: this.#number("cpu"),
        bank: this.#number("bank"),
        status,
        mcgStatus: this.#register("mcgstatus"),
        address: addressValid ? this.#register("addr") : undefined,
        misc: miscValid ? this.#register("misc") : undefined,
        interrupted: ip === 0n ? undefined : { cs: this.#number("cs") ?? 0, ip },
        processor: recordedCpu(this.#number("cpuvendor") ?? 0, signature),
        mcgCap: this.#register("mcgcap"),
        time: this.#number("walltime"),
      },
      { unit: "row", first: id, last: id },
      [],
    );
  }

  #register(column: string): bigint | undefined {
    const { width, must } = COLUMNS[column]!;
    const value = this.#values[column];
    if (value === undefined || (value === null && !must)) return undefined;
    if (typeof value === "bigint") {
      if (width !== "number") return BigInt.asUintN(BITS[width], value);
      if (value >= 0n && value < 1n << 53n) return value;
    }
    const got = typeof value === "bigint" ? `${value}` : value === null ? "NULL" : typeof value;
    throw new SyntaxError(
      `${this.#name}: row ${showText(String(this.#values["id"]))}: column ${column}: Expected a ${
        BITS[width]
      }-bit integer, got ${got}`,
    );
  }

  #number(column: string): number | undefined {
    const value = this.#register(column);
    return value === undefined ? undefined : Number(value);
  }
}

/** An error that says in words what SQLite reports as a number; any other error as it is. */
function inWords(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !("code" in error) || error.code !== "ERR_SQLITE_ERROR") {
    return error;
  }
  const code = "errcode" in error && typeof error.errcode === "number" ? error.errcode : NaN;
  const reason = TROUBLE[code] ?? error.message;
  const Type = code === NO_DATABASE || code === DAMAGED ? SyntaxError : Error;
  return new Type(`${path}: Expected a readable database of rasdaemon, but ${reason}`, {
    cause: error,
  });
}
