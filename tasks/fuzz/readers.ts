/** One row for each reader of texts and bytes that come from outside. */
import { DatabaseSync } from "node:sqlite";
import { showLines } from "@tdx/core/text";
import {
  assessMachineCheck,
  audit,
  type HostFile,
  type HostSource,
  MACHINE_CHECK_FORMATS,
  type MachineCheckFormat,
  readMachineChecks,
} from "@tdx/host";
import { parseScenario, printScenario } from "@tdx/litmus";
import { readLink, writeLink } from "../../explorer/model/link.ts";
import { AUDIT_FORMATS, AUDIT_WRITERS } from "../../packages/cli/audit/formats.ts";
import { CaughtStdio } from "../../packages/cli/fixtures_test.ts";
import { main } from "../../packages/cli/main.ts";
import { PLATFORMS } from "../../packages/cli/platforms.ts";
import { UsageError } from "../../packages/cli/shell/values.ts";
import { FIXTURES, OTHERS } from "../../packages/host/mce/fixtures_test.ts";
import { recordsIn } from "../../packages/host/mce/formats/rasdaemon.ts";
import { outputOf } from "../run.ts";
import { pick, type Random } from "./mutate.ts";

/** What a reader is given, and what it says. */
export interface Reader {
  readonly fixtures: readonly Uint8Array[];
  /** The share of the runs that it gets, where it is slow; default 1. */
  readonly share?: number;
  /** Gives all that people would see; throws only what is for them too. */
  read(input: Uint8Array, random: Random): Promise<string>;
}

/** A reader by its name, made when it is asked for. */
export const READERS: Readonly<Record<string, () => Promise<Reader>>> = {
  ...Object.fromEntries(
    MACHINE_CHECK_FORMATS.map((format) => [`mce ${format}`, () => mce(format)]),
  ),
  "rasdaemon database": () =>
    rows(DATABASE_ROWS, (input) => {
      using database = new DatabaseSync(":memory:");
      try {
        database.exec(`CREATE TABLE mce_record (${DATABASE_COLUMNS});\n${textOf(input)}`);
      } catch {
        return Promise.resolve(""); // No SQL.
      }
      const found = [...recordsIn(database, "db")];
      return Promise.resolve(found.map((record) => JSON.stringify(record, bigInts)).join("\n"));
    }),
  "CPU": async () => ({
    fixtures: [
      ...await files("packages/cli/testdata", "cpuinfo", "cpuid"),
      ...await files("packages/host/cpu/testdata"),
    ],
    read: command(["decide", "--cpuinfo", "-"], ["decide", "--cpuid", "-", "--json"]),
  }),
  "snapshot": async () => ({
    fixtures: (await snapshots()).map(({ text }) => text),
    share: 0.2,
    read: async (input, random) => {
      const found = await audit(snapshot(input), PLATFORMS);
      const context = { explain: random(2) === 0, colour: false };
      return showLines(AUDIT_WRITERS[pick(AUDIT_FORMATS, random)](found, context));
    },
  }),
  "archive": async () => ({
    fixtures: (await snapshots()).map(({ tar }) => tar),
    share: 0.2,
    read: command(["audit", "-"], ["audit", "-", "--json"], ["audit", "-", "--explain"]),
  }),
  "log for an audit": async () => ({
    fixtures: await files("packages/host/testdata", "dmesg"),
    read: command(["audit", "-"], ["audit", "-", "--json"], ["audit", "-", "--explain"]),
  }),
  "fleet": () =>
    rows(
      [
        '{"formatVersion":1,"host":"a","platform":"gnr","kernel":"clears-on-erratum","verdict":"fine"}',
        '{"formatVersion":1,"host":"b","platform":"emr","kernel":"unknown","verdict":"at-risk"}',
      ],
      command(["audit", "--fleet", "-"], ["audit", "--fleet", "-", "--json"]),
    ),
  "SEAMCALL log": () => rows(SEAMCALL_LINES, command(["status", "-"], ["status", "-", "--json"])),
  "inventory": async () => ({
    fixtures: await files(
      "packages/cli/testdata",
      "inventory.csv",
      "inventory.jsonl",
      "outside.csv",
    ),
    read: command(["estimate", "--inventory", "-"], ["estimate", "--inventory", "-", "--json"]),
  }),
  "meter": async () => ({
    fixtures: await files("packages/cli/testdata", "meter.json", "movdir64b.json"),
    read: command(
      ["estimate", "--platform", "gnr", "--memory", "18GiB", "--vcpus", "4", "--clear", "-"],
      [
        "estimate",
        "--platform",
        "emr",
        "--memory",
        "18GiB",
        "--vcpus",
        "4",
        "--clear",
        "-",
        "--json",
      ],
    ),
  }),
  "scenario": async () => ({
    fixtures: await files("packages/litmus/scenarios", "tdx"),
    read: (input) => {
      const platforms = PLATFORMS.map(({ name }) => name);
      const options = { file: "stdin", platforms };
      const printed = printScenario(parseScenario(textOf(input), options));
      if (printScenario(parseScenario(printed, options)) !== printed) {
        throw new Error(`Printed and read again it is another scenario:\n${printed}`);
      }
      // As every answer, it is shown by the one way out.
      return Promise.resolve(showLines(printed));
    },
  }),
  "command line": () =>
    rows(COMMAND_LINES, (input) => {
      const args = textOf(input).replace(/\n$/, "").split(" ");
      return COMMANDS.includes(args[0]!)
        ? command(args)(new Uint8Array(), () => 0)
        : Promise.resolve("");
    }),
  "shutdown": async () => ({
    fixtures: [...await files("packages/host/shutdown/testdata"), bytesOf(TRACE_STAT)],
    read: command(["shutdown", "-"], ["shutdown", "-", "--json"]),
  }),
  "explorer link": () =>
    rows(LINKS, (input) => Promise.resolve(writeLink(readLink(textOf(input))))),
};

/** Texts of a form: the record that all of them hold, the firmware's, other vendors', whole logs. */
async function mce(format: MachineCheckFormat): Promise<Reader> {
  const texts = FIXTURES.filter((fixture) => fixture.format === format).map(({ text }) => text);
  const logs = format === "kernel" ? await files("packages/host/testdata", "dmesg") : [];
  const fixtures = [...[...texts, ...Object.values(OTHERS)].map(bytesOf), ...logs];
  const told = ["--format", format];
  const shown = command(["mce", "-"], ["mce", "-", "--json"], ["mce", "-", "--explain", ...told]);
  return {
    fixtures,
    read: async (input, random) => {
      const text = await shown(input, random);
      await checkRecords(input, random(2) === 0 ? { format } : {});
      return text;
    },
  };
}

/** Throws where a record has no place, damage has none, or nothing is said of a record. */
async function checkRecords(
  input: Uint8Array,
  options: { readonly format?: MachineCheckFormat },
): Promise<void> {
  const log = new Blob([input as Uint8Array<ArrayBuffer>]).stream();
  for await (const found of readMachineChecks(log, options)) {
    const { where, damage } = found;
    const { grades } = assessMachineCheck(found, { maxPa: 52, keyIdBits: 6 });
    const placed = damage.every((each) => /^log:(?:\d+:\d+:)? Expected /.test(each));
    if (where.first > where.last || !placed || grades.length === 0) {
      throw new Error(`A record without place or answer: ${JSON.stringify(found, bigInts)}`);
    }
  }
}

const DATABASE_COLUMNS =
  "id, mcgcap, mcgstatus, status, addr, misc, ip, walltime, cpu, cpuid, cs, bank, cpuvendor";
const DATABASE_ROWS = [
  "INSERT INTO mce_record VALUES (7, 16780313, 4111, -4791830003521158860, 2287536716551680, 134, " +
  "-1, 1706000767, 147, 526072, 16, 1, 0);",
  "INSERT INTO mce_record VALUES ('8', NULL, 'x', 0.5, x'00', 1e30, '', 0, -1, 'a', '1', 9, 9);",
];

const TRACE_STAT = "  Function             Hit    Time            Avg             s^2\n" +
  "  --------             ---    ----            ---             ---\n" +
  "  tdh_mem_track          3    12.500 us       4.166 us        0.010 us\n";

const SEAMCALL_LINES = [
  "[  261.262866] SEAMCALL (0x000000000000001c) failed: 0xc000030000000001 RCX 0x0000000000000000",
  "kvm_intel: SEAMCALL TDH_PHYMEM_PAGE_RECLAIM failed: 0x8000020000000080, rcx 0x3, rdx 0x1000",
  "tdx: SEAMCALL failed: CPU 94: leaf 33, error 0xc000092100000122.",
  "__seamcall_ret(0x26) returned 0x8000020100000000",
];

/** Those that are quick and take no memory. */
const COMMANDS = ["decide", "estimate", "status", "platforms", "--help"];
const COMMAND_LINES = [
  "decide --platform emr --kernel 6.18.3-200.fc43.x86_64 --policy quirk --host-keys shared --json",
  "estimate --platform gnr --memory 1.5TiB --vcpus 64 --path dynamic --clear 410.5",
  "status 0xc000030000000001 8000_0200_0000_0080",
  "status TDX_OPERAND_BUSY",
  "platforms --json",
];

const LINKS = [
  "v=1&platform=spr&beside=gnr&mode=Ci&keys=keyid0&policy=never&lines=X.td.secret&acts=" +
  "host.partial-write.X.keyid0.host,host.load.X.keyid0&at=2&state=6aa4e0a2",
];

/** A reader of texts of one line, alone and together. */
function rows(lines: readonly string[], read: Reader["read"]): Promise<Reader> {
  const texts = [...lines, lines.join("\n")];
  return Promise.resolve({ fixtures: texts.map((text) => bytesOf(`${text}\n`)), read });
}

/** `tdx` with the input piped in, by one of some command lines. */
function command(...lines: readonly (readonly string[])[]): Reader["read"] {
  return async (input, random) => {
    const stdio = new CaughtStdio(input as Uint8Array<ArrayBuffer>);
    const args = pick(lines, random);
    const status = await main(args, stdio);
    const printed = stdio.printed.join("\n");
    if (status === 1 && printed === "") throw new UsageError(stdio.notes.join("\n"));
    if (args.includes("--json") && printed !== "") JSON.parse(printed);
    return [...stdio.notes, printed].join("\n");
  };
}

/** Files of a folder and of those in it, by the ends of their names; none where there is no folder. */
async function files(folder: string, ...ends: readonly string[]): Promise<Uint8Array[]> {
  const found = await listed(folder);
  return found.filter((path) => ends.length === 0 || ends.some((end) => path.endsWith(end)))
    .map((path) => Deno.readFileSync(path));
}

async function listed(folder: string): Promise<string[]> {
  const paths: string[] = [];
  for (const { name, isDirectory } of await Array.fromAsync(Deno.readDir(folder)).catch(() => [])) {
    const path = `${folder}/${name}`;
    if (isDirectory) paths.push(...await listed(path));
    else paths.push(path);
  }
  return paths.sort();
}

/** The snapshots of hosts, as archives, and as one text: `==> PATH <==`, then the file. */
async function snapshots(): Promise<{ tar: Uint8Array; text: Uint8Array }[]> {
  const root = "packages/host/testdata";
  const found = [];
  for (const { name, isDirectory } of Deno.readDirSync(root)) {
    if (!isDirectory) continue;
    const folder = `${root}/${name}`;
    const parts = (await listed(folder)).map((path) =>
      `==> ${path.slice(folder.length + 1)} <==\n${Deno.readTextFileSync(path)}`
    );
    const tar = await outputOf("tar", ["-C", folder, "--format=ustar", "-cf", "-", "."]);
    found.push({ tar: bytesOf(tar), text: bytesOf(parts.join("\n")) });
  }
  return found;
}

function snapshot(input: Uint8Array): HostSource {
  const [, ...parts] = textOf(input).split(/^==> (.*) <==\n/m);
  const held = new Map<string, string>();
  for (let i = 0; i + 1 < parts.length; i += 2) held.set(parts[i]!, parts[i + 1]!);
  return {
    async *files(paths: readonly string[]): AsyncGenerator<HostFile> {
      for (const path of paths) {
        const text = held.get(path);
        if (text === undefined) yield { path, state: "absent" };
        else yield { path, state: "present", bytes: new Blob([text]).stream() };
      }
    },
  };
}

function textOf(input: Uint8Array): string {
  return new TextDecoder().decode(input);
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function bigInts(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? `0x${value.toString(16)}` : value;
}
