import { MCI_STATUS } from "@tdx/core";
import type { LoggedMachineCheck } from "../logged_machine_check.ts";
import { recordedCpu } from "./_recorded_cpu.ts";

/** What a column of `mce_record` is read as; SQLite integers are signed, registers are not. */
type Width = "register" | "number" | "word";

/** The columns that are read; those marked are in every version's table. */
export const COLUMNS: Readonly<Record<string, { readonly width: Width; readonly must?: true }>> = {
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

/** A row as node:sqlite gives it with bigints. */
export type Row = Readonly<Record<string, unknown>>;

/**
 * Reads a row of rasdaemon's table `mce_record`.
 *
 * MCi_ADDR and MCi_MISC are taken where MCi_STATUS says they are valid, the RIP where it is not 0, as
 * the kernel prints them.
 *
 * @throws {SyntaxError} `name: row …: column …` where a value is no integer or out of range.
 */
export function readRow(row: Row, name: string): LoggedMachineCheck {
  const read = (column: string) => integer(row, column, name);
  const exact = (column: string) => number(row, column, name);
  const status = read("status")!;
  const mcgStatus = read("mcgstatus")!;
  const { addressValid, miscValid } = MCI_STATUS.decode(status);
  const [ip = 0n, mcgCap, time, signature, vendor] = [
    read("ip"),
    read("mcgcap"),
    exact("walltime"),
    exact("cpuid"),
    exact("cpuvendor"),
  ];
  const processor = signature === undefined ? undefined : recordedCpu(vendor ?? 0, signature);
  const id = exact("id")!;
  return {
    record: {
      cpu: exact("cpu")!,
      bank: exact("bank")!,
      status,
      mcgStatus,
      ...(addressValid && { address: read("addr")! }),
      ...(miscValid && { misc: read("misc")! }),
    },
    ...(ip !== 0n && { interrupted: { cs: exact("cs") ?? 0, ip } }),
    ...(processor && { processor }),
    ...(mcgCap !== undefined && { mcgCap }),
    ...(time !== undefined && { time }),
    where: { unit: "row", first: id, last: id },
    damage: [],
  };
}

const BITS: Readonly<Record<Width, number>> = { register: 64, number: 53, word: 32 };

function integer(row: Row, column: string, name: string): bigint | undefined {
  const { width, must } = COLUMNS[column]!;
  const value = row[column];
  if (value === undefined || (value === null && !must)) return undefined;
  if (typeof value === "bigint") {
    if (width !== "number") return BigInt.asUintN(BITS[width], value);
    if (value >= 0n && value < 1n << 53n) return value;
  }
  const got = typeof value === "bigint" ? `${value}` : `${value === null ? "NULL" : typeof value}`;
  throw new SyntaxError(
    `${name}: row ${row["id"]}: column ${column}: Expected a ${
      BITS[width]
    }-bit integer, got ${got}`,
  );
}

function number(row: Row, column: string, name: string): number | undefined {
  const value = integer(row, column, name);
  return value === undefined ? undefined : Number(value);
}
