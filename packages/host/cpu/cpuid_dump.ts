import { errorsIn, quote, type Refuse, type TextLine, textLines } from "../_text_lines.ts";
import { type CpuidLeaf, decodeCpuid } from "./_cpuid.ts";
import { type CpuIdentity, cpuLabel } from "./cpu_identity.ts";

const EXPECTED = 'a CPUID dump, with lines like "CPUID 00000000: …" or "0x00000000 0x00: eax=…"';

/**
 * Reads the CPU's identity from a dump of CPUID registers.
 *
 * Two formats are known: lines `CPUID 00000001: 000C06F2-00800800-7FFEFBFF-BFEBFBFF`, with
 * ` [SL 00]` after the registers where a leaf has subleaves, and the raw output of the `cpuid`
 * program (`cpuid -r`). All other lines are skipped. A dump may hold several CPUs, each beginning
 * with leaf 0; they must have one vendor and signature. The rest of the identity is the first
 * CPU's. A dump never says which bugs or flags Linux sees.
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

/** By what a line of registers begins with, cut or not, its shape; `#` is a hexadecimal digit. */
const SHAPES: readonly (readonly [RegExp, string])[] = [
  // Reports also carry lines such as "CPUID Revision    : 00090672h".
  [/^\s*CPUID (?:\d|[0-9a-f]{8}\b)/i, "CPUID ########: ########-########-########-########"],
  [/^\s*0x\d/i, "0x######## 0x##: eax=0x######## ebx=0x######## ecx=0x######## edx=0x########"],
];

/**
 * Reads a line of a CPUID dump: its first digits are the leaf, its last the registers. What comes
 * after them, and the subleaf, are skipped.
 *
 * @returns The leaf, or `undefined` for a line without registers.
 * @throws {SyntaxError} If a line of registers is cut or malformed.
 */
function readCpuidLine({ text, number }: TextLine, refuse: Refuse): DumpedLeaf | undefined {
  const shape = SHAPES.find(([begin]) => begin.test(text))?.[1];
  if (shape === undefined) return undefined;
  const start = text.search(/\S/);
  const part = text.slice(start, start + shape.length);
  const wrong = [...shape].findIndex((want, i) => !fits(want, part.charAt(i)));
  if (wrong >= 0 || /^\S/.test(text.slice(start + shape.length))) {
    const column = start + (wrong < 0 ? shape.length : wrong) + 1;
    const got = quote(text.trim());
    throw refuse(number, `Expected CPUID registers as "${shape}", got ${got}`, column);
  }
  const digits = [...part].filter((_, i) => shape[i] === "#").join("");
  const at = (from: number) => parseInt(digits.slice(from).slice(0, 8), 16);
  return { leaf: at(0), eax: at(-32), ebx: at(-24), ecx: at(-16), edx: at(-8), line: number };
}

function fits(want: string, got: string): boolean {
  return want === "#" ? /^[0-9a-f]$/i.test(got) : got.toLowerCase() === want.toLowerCase();
}
