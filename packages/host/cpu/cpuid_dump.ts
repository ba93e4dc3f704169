import { errorsIn, quote, type Refuse, type TextLine, textLines } from "../_text_lines.ts";
import { type CpuidLeaf, decodeCpuid } from "./_cpuid.ts";
import { type CpuIdentity, cpuLabel } from "./cpu_identity.ts";

const EXPECTED = 'a CPUID dump, with lines like "CPUID 00000000: …" or "0x00000000 0x00: eax=…"';

/**
 * Reads the CPU's identity from a dump of CPUID registers.
 *
 * A line of registers has the leaf, perhaps a subleaf, and four registers, as reports in the form of
 * instlatx64, AIDA64 and CPU-Z have them, and as `cpuid -r` by Allen, `cpuid -d` by Noonan and
 * `kcpuid -r` write them. All other lines are skipped. A dump may hold several CPUs, each beginning
 * with leaf 0; they must have one vendor and signature. The rest of the identity is the first CPU's. A
 * dump never says which bugs or flags Linux sees.
 *
 * @param text The text of the dump.
 * @param name The file's name, for messages.
 * @returns The identity; `brand` is absent without its leaves.
 * @throws {SyntaxError} `name:line:column: …` If the text is empty, binary or cut, has no line of a
 * dump, or mixes CPUs.
 *
 * @example A Granite Rapids, two leaves
 * ```ts
 * import { parseCpuidDump } from "@tdx/host/cpu";
 * import { assertEquals } from "@std/assert";
 *
 * const cpu = parseCpuidDump(`
 * CPUID 00000000: 00000024-756E6547-6C65746E-49656E69 [GenuineIntel]
 * CPUID 00000001: 000A06D1-00800800-7FFEFBFF-BFEBFBFF
 * `);
 *
 * assertEquals([cpu.vendor, cpu.family, cpu.model], ["GenuineIntel", 6, 0xad]);
 * assertEquals(cpu.hypervisor, false);
 * ```
 */
export function parseCpuidDump(text: string, name = "cpuid"): CpuIdentity {
  const refuse = errorsIn(name);
  const lines = textLines(text, EXPECTED, refuse);
  const leaves = lines.flatMap((line) => readCpuidLine(line, refuse) ?? []);
  if (leaves.length === 0) {
    throw refuse(1, `Expected ${EXPECTED}, got ${quote(text.trim().split("\n", 1)[0]!)}`);
  }
  const [first, ...others] = splitCpus(leaves, refuse).map((cpu) => decodeCpu(cpu, refuse));
  const kind = ({ identity }: Cpu) => `${cpuLabel(identity)} stepping ${identity.stepping}`;
  const other = others.find((cpu) => kind(cpu) !== kind(first!));
  if (other !== undefined) {
    const want = `${kind(first!)} as on line ${first!.line}`;
    throw refuse(other.line, `Expected one kind of CPU, ${want}, got ${kind(other)}`);
  }
  return first!.identity;
}

/** A leaf, and the line it stands on. */
interface DumpedLeaf extends CpuidLeaf {
  readonly line: number;
}

interface Cpu {
  readonly identity: CpuIdentity;
  /** The line of its leaf 0. */
  readonly line: number;
}

/** Groups the leaves by CPU; each group begins with leaf 0. */
function splitCpus(leaves: readonly DumpedLeaf[], refuse: Refuse): DumpedLeaf[][] {
  const { leaf, line } = leaves[0]!;
  if (leaf !== 0) {
    const got = leaf.toString(16).toUpperCase().padStart(8, "0");
    throw refuse(line, `Expected CPUID leaf 00000000 first, got leaf ${got}`);
  }
  const starts = leaves.flatMap(({ leaf }, i) => leaf === 0 ? [i] : []);
  return starts.map((start, cpu) => leaves.slice(start, starts[cpu + 1]));
}

function decodeCpu(leaves: readonly DumpedLeaf[], refuse: Refuse): Cpu {
  const vendor = leaves[0]!;
  const [signature, second] = leaves.filter(({ leaf }) => leaf === 1);
  if (signature === undefined || second !== undefined) {
    const want = `one CPUID leaf 00000001 for the CPU that begins on line ${vendor.line}`;
    const got = second === undefined ? "none up to here" : "a second one";
    throw refuse((second ?? leaves.at(-1)!).line, `Expected ${want}, got ${got}`);
  }
  const identity = decodeCpuid(vendor, signature, leaves);
  if (identity.vendor === "") {
    const got = "characters that cannot be printed";
    throw refuse(vendor.line, `Expected a vendor in CPUID leaf 00000000, got ${got}`);
  }
  return { identity, line: vendor.line };
}

/** How a line of registers begins, cut or not; a report also has "CPUID Revision : 00090672h". */
const BEGIN =
  /^\s*(?:CPUID\s+(?:\d[0-9a-f]|[0-9a-f]{8}\b)|'?0x[0-9a-f]{8}(?:,\d+|\s+0x[0-9a-f]{1,2})?:?\s*(?:e[a-d]x|0x)|eax in:\s*0x)/i;

const HEX = "(?:0x)?([0-9a-f]{8})\\b";
const LEAF = `^\\s*'?(?:CPUID\\s+|eax in:\\s*)?${HEX}`;
/** The subleaf, which is skipped: `:00`, ` 0x00` before a colon, `,0`, `, index 0`. */
const SUBLEAF = "(?::[0-9a-f]{2}\\b|\\s+0x[0-9a-f]{2}(?=:)|,\\s*(?:index )?\\d+\\b|, results)?";
const REGISTER = `(?:\\s*[-:=,]\\s*|\\s+)(?:e[a-d]x\\s*=\\s*)?${HEX}`;
/** As far as a line is one of registers: the leaf, and up to four registers. */
const REGISTERS = new RegExp(
  `${LEAF}${SUBLEAF}(?:${REGISTER}(?:${REGISTER}(?:${REGISTER}(?:${REGISTER})?)?)?)?`,
  "i",
);

/** Whether a line holds registers, or the beginning of them. */
export function isCpuidLine(text: string): boolean {
  return BEGIN.test(text);
}

/**
 * Reads a line of a CPUID dump; what comes after the registers is skipped.
 *
 * @returns The leaf, or `undefined` for a line without registers.
 * @throws {SyntaxError} If a line of registers is cut or malformed.
 */
function readCpuidLine({ text, number }: TextLine, refuse: Refuse): DumpedLeaf | undefined {
  if (!isCpuidLine(text)) return undefined;
  const [all = "", ...registers] = REGISTERS.exec(text) ?? [];
  const [leaf, eax, ebx, ecx, edx] = registers.map((digits) => parseInt(digits, 16));
  if (Number.isNaN(edx ?? NaN)) {
    const want = "a CPUID leaf and four registers of 8 hexadecimal digits";
    throw refuse(number, `Expected ${want}, got ${quote(text.trim())}`, all.length + 1);
  }
  return { leaf: leaf!, eax: eax!, ebx: ebx!, ecx: ecx!, edx: edx!, line: number };
}
