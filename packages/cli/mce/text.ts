import { showCount } from "@tdx/core";
import {
  type ErrorAddress,
  type GradeByMode,
  type InterruptedCode,
  type KernelAnswer,
  type LoggedMachineCheck,
  type LogSummary,
  type MachineCheckAssessment,
  type MachineCheckPages,
  UNCLEANED_MEMORY,
  type UncleanedMemory,
} from "@tdx/host";
import { hex, table } from "../shell/show.ts";

/** Where the meaning of each line is read, by the line's name. */
export const MEANINGS: Readonly<Record<string, string>> = {
  status: "Intel SDM volume 3B, IA32_MCi_STATUS MSRs",
  error: "Intel SDM volume 3B, Interpreting the MCA Error Codes",
  encrypt:
    "rasdaemon mce-intel-i10nm.c and mcelog i10nm.c, which give only the names; the check is " +
    "inferred from them",
  mcg: "Intel SDM volume 3B, IA32_MCG_STATUS MSR; SEAM_NR: Linux 7911f145de5f",
  address: "KeyID in PA bits MAXPA-1 to MAXPA-k: Intel 336907 and 343754; what Linux uses: " +
    "mce_usable_address",
  code: "the two low bits of CS are the privilege level, 3 for a process",
  linux: "Linux arch/x86/kernel/cpu/mce/severity.c; SEAM_NR: 7911f145de5f",
  kernel: "the log",
  cause: "rules of the memory in Intel 348549; erratum: Linux 1e536e106897",
};

/** A `Date` holds no more. */
const MAX_DATE_SECONDS = 8.64e12;

/** A line of the answer: what it is about, and what it says. */
type Row = readonly [name: string, text: string];

/** Says one record in lines. */
export function recordText(
  logged: LoggedMachineCheck,
  assessed: MachineCheckAssessment,
  path: string,
  explain: boolean,
): string {
  const rows = [
    ...statusRows(logged, assessed),
    ...(assessed.address ? [["address", addressText(assessed.address)] as const] : []),
    ...(showsCode(logged.interrupted) ? [["code", codeText(logged.interrupted)] as const] : []),
    ...assessed.grades.flatMap((grade) => gradeRows(grade, explain)),
    ...kernelRows(assessed.kernel),
    ["cause", assessed.cause.title],
    ["", because(assessed, explain)],
    ...logged.damage.map((text) => ["damage", text] as const),
  ] as const;
  const lines = rows.flatMap(([name, text]) => [
    rowLine(name, text),
    ...(explain && MEANINGS[name] !== undefined ? [rowLine("", `source: ${MEANINGS[name]}`)] : []),
  ]);
  return [heading(logged, assessed, path), ...lines].join("\n");
}

function rowLine(name: string, text: string): string {
  return `  ${name.padEnd(8)} ${text}`;
}

function heading(
  { where, record, time = 0 }: LoggedMachineCheck,
  { platform }: MachineCheckAssessment,
  path: string,
): string {
  const place = where.unit === "row"
    ? ` row ${where.first}`
    : `:${where.first}${where.last === where.first ? "" : `-${where.last}`}`;
  const who = [
    record.cpu === undefined ? "CPU unknown" : `CPU ${record.cpu}`,
    record.bank === undefined ? "bank unknown" : `bank ${record.bank}`,
    platform?.title ?? "platform unknown",
    ...(time > 0 && time < MAX_DATE_SECONDS ? [new Date(time * 1000).toISOString()] : []),
  ];
  return `${path}${place}: ${who.join(", ")}`;
}

/** Forms that lack it may have it as 0:0. */
function showsCode(code: InterruptedCode | undefined): code is InterruptedCode {
  return code !== undefined && (code.cs !== 0 || Boolean(code.ip));
}

function codeText({ cs, ip, symbol }: InterruptedCode): string {
  const place = symbol === undefined ? "" : ` ${symbol}`;
  return `RIP ${hex(cs, 2)}${ip === undefined ? "" : `:${hex(ip)}`}${place}, ${
    (cs & 3) === 3 ? "a process" : "the kernel"
  }`;
}

function statusRows({ record }: LoggedMachineCheck, assessed: MachineCheckAssessment): Row[] {
  const { status, error, encryption, statusFlags, mcgFlags } = assessed;
  const rows: Row[] = [];
  if (record.status !== undefined) rows.push(["status", flags(record.status, 16, statusFlags)]);
  if (status && error) {
    const codes = `MCACOD ${hex(status.mcaCod, 4)} ${error.name} (${error.meaning})`;
    rows.push(["error", `${codes}, MSCOD ${hex(status.msCod, 4)}`]);
  }
  if (encryption) {
    const assumed = encryption.assumed ? " if the CPU is a Sapphire Rapids or Emerald Rapids" : "";
    rows.push(["encrypt", `${encryption.name}, check: ${encryption.check}${assumed}`]);
  }
  if (record.mcgStatus !== undefined) rows.push(["mcg", flags(record.mcgStatus, 1, mcgFlags)]);
  return rows;
}

function flags(value: bigint, digits: number, names: readonly string[]): string {
  return `${hex(value, digits)} ${names.join(" ")}`.trimEnd();
}

function addressText({ raw, keyId, keyIdKind, pa, note }: ErrorAddress): string {
  const kind = keyIdKind === undefined ? "" : ` (${keyIdKind})`;
  const split = keyId === undefined || pa === undefined
    ? ""
    : ` = KeyID ${hex(keyId)}${kind} over PA ${hex(pa)}`;
  return `${hex(raw)}${split}${note === undefined ? "" : `; ${note}`}`;
}

function gradeRows(grade: GradeByMode, explain: boolean): Row[] {
  const { mode, severity, message, reason, rule } = grade;
  const when = mode === "any" ? "" : `, if it was ${mode === "user" ? "a process" : "the kernel"}`;
  // Only a panic is printed.
  const said = severity === "panic" && message !== undefined ? `: ${message}` : "";
  return [
    ["linux", `${severity}${pageWords(grade)}${when}${said}`],
    ["", explain ? `rule ${rule}: ${reason}` : reason],
  ];
}

/** What becomes of the page, where the host goes on with it. */
function pageWords({ severity, pageRetired }: GradeByMode): string {
  if (pageRetired) return ", page retired";
  if (severity !== "recovered") return "";
  return pageRetired === undefined ? ", page perhaps not retired" : ", page not retired";
}

function kernelRows({ said, panic, agrees }: KernelAnswer): Row[] {
  if (said.length === 0 && panic === undefined) return [];
  const words = [...said, ...(panic === undefined ? [] : [`panic: ${panic}`])].join("; ");
  const judged = agrees === undefined
    ? ""
    : agrees
    ? " (as the rules say)"
    : " (not what the rules say; an older kernel may lack one)";
  return [["kernel", `${words}${judged}`]];
}

function because({ cause }: MachineCheckAssessment, explain: boolean): string {
  if (!explain) return cause.reason;
  const open = cause.possible.length === 0 ? "nothing" : cause.possible.join(", ");
  return `rule ${cause.rule}: ${cause.reason}; left open: ${open}`;
}

/** Says that a log tells of memory that was left uncleaned. */
export function uncleanedText({ line, words }: UncleanedMemory, path: string): string {
  const { meaning, fix } = UNCLEANED_MEMORY;
  return `${path}:${line}: "${words}"\n  ${meaning}\n  ${fix}`;
}

/** Says why there is no record: an empty file, or one that would not hold any, is no good sign. */
function nothingText(path: string, read: LogSummary | null): string {
  if (read?.lines === 0) return `Nothing read: ${path} is empty`;
  if (read?.log === false) {
    return `Cannot tell: ${path} holds no kernel log and no other known form of machine checks, in ` +
      showCount(read.lines, "line");
  }
  const lines = read === null ? "" : `, in ${showCount(read.lines, "line")}`;
  return `No machine-check record in ${path}${lines}`;
}

/** Says what is wrong with a text as a whole. */
export function damageText({ damage }: LogSummary): string {
  return damage.map((text) => rowLine("damage", text)).join("\n");
}

/** Says what all records add up to. */
export function summaryText(
  pages: MachineCheckPages,
  severities: ReadonlyMap<string, number>,
  records: number,
  path: string,
  read: LogSummary | null,
): string {
  if (records === 0) return nothingText(path, read);
  const counts = [...severities].map(([name, count]) => `${count} ${name}`).join(", ");
  const reports = pages.reports();
  const lines = [`${showCount(records, "record")}: ${counts}`];
  if (reports.length > 0) {
    lines.push(
      "",
      table(
        ["page", "KeyIDs", "records", "advice", "causes"],
        reports.map(({ page, keyIds, records, advice, causes }) => [
          hex(page),
          keyIds.map((keyId) => hex(keyId)).join(" ") || "not split off",
          `${records}`,
          advice,
          causes.join(", "),
        ]),
      ),
      ...new Set(reports.map(({ advice, reason }) => `${advice}: ${reason}`)),
    );
  }
  if (pages.dropped > 0) lines.push(`${pages.dropped} records on further pages are not listed`);
  return lines.join("\n");
}
