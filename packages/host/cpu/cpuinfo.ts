import { errorsIn, quote, type Refuse, type TextLine, textLines } from "../_text_lines.ts";
import type { CpuIdentity } from "./cpu_identity.ts";

/** A line `key : value` of `/proc/cpuinfo`; `column` is the value's. */
interface Field {
  readonly key: string;
  readonly value: string;
  readonly line: number;
  readonly column: number;
}

/** The largest value of each number; family, model and stepping as CPUID leaf 1 can hold them. */
const NUMBERS: ReadonlyMap<string, number> = new Map([
  ["processor", Number.MAX_SAFE_INTEGER],
  ["cpu family", 0xf + 0xff],
  ["model", 0xff],
  ["stepping", 0xf],
]);
/** The fields in which all processors must agree. */
const IDENTITY: readonly string[] = ["vendor_id", "cpu family", "model", "stepping"];
/** The fields that are used; the others are skipped. */
const USED: ReadonlySet<string> = new Set([
  ...IDENTITY,
  "processor",
  "model name",
  "flags",
  "bugs",
]);

/**
 * Reads the CPU's identity from the text of an x86 Linux `/proc/cpuinfo`.
 *
 * Every vendor is accepted here, {@link matchPlatform} is the one that asks for Intel. All
 * processors must have one vendor, family, model and stepping; brand, flags and bugs are the first
 * processor's. The text may stop in a later processor, but not in the middle of a value that is
 * used: a cut `bugs` line would hide a bug.
 *
 * @param text The text of the file.
 * @param name The file's name, for messages.
 * @returns The identity; a property that the text does not give is absent.
 * @throws {SyntaxError} `name:line:column: …` If the text is empty, binary, cut, of another
 * architecture, or mixes CPUs, or if a number is malformed or too large.
 *
 * @example An Emerald Rapids host
 * ```ts
 * import { parseCpuinfo } from "@tdx/host/cpu";
 * import { assertEquals } from "@std/assert";
 *
 * const cpu = parseCpuinfo(`processor : 0
 * vendor_id : GenuineIntel
 * cpu family : 6
 * model : 207
 * stepping : 2
 * bugs : spectre_v1 tdx_pw_mce
 * `);
 *
 * assertEquals(cpu.model, 0xcf);
 * assertEquals(cpu.bugs, ["spectre_v1", "tdx_pw_mce"]);
 * assertEquals(cpu.hypervisor, undefined);
 * ```
 */
export function parseCpuinfo(text: string, name = "cpuinfo"): CpuIdentity {
  const refuse = errorsIn(name);
  const lines = textLines(text, "an x86 /proc/cpuinfo", refuse);
  const arm = lines.find(({ text }) => /^CPU implementer\s*:/.test(text));
  if (arm !== undefined) {
    const got = `one of an Arm machine, ${quote(arm.text)}`;
    throw refuse(arm.number, `Expected an x86 /proc/cpuinfo, got ${got}`);
  }
  const first = firstProcessor(lines, refuse);
  const brand = first.get("model name")?.value;
  const [bugs, flags] = ["bugs", "flags"].map((key) =>
    first.get(key)?.value.split(/\s+/).filter((word) => word !== "")
  );
  return {
    vendor: first.get("vendor_id")!.value,
    family: Number(first.get("cpu family")!.value),
    model: Number(first.get("model")!.value),
    stepping: Number(first.get("stepping")!.value),
    // Linux writes `unknown` for a CPU without a brand string.
    ...(brand && brand !== "unknown" && { brand }),
    ...(flags && { hypervisor: flags.includes("hypervisor") }),
    ...(bugs && { bugs }),
    ...(flags && { flags }),
  };
}

/** Collects the first processor's fields and checks that every other processor is of its kind. */
function firstProcessor(lines: readonly TextLine[], refuse: Refuse): Map<string, Field> {
  const first = new Map<string, Field>();
  const requireIdentity = (got: string, line: number, column?: number) => {
    const missing = IDENTITY.find((key) => !first.has(key));
    if (missing === undefined) return;
    const want = `an x86 /proc/cpuinfo with "${missing}" for the first processor`;
    throw refuse(line, `Expected ${want}, got ${got}`, column);
  };
  let current: Field | undefined;
  let inFirst = true;
  for (const line of lines) {
    if (line.text.trim() === "") continue;
    const field = readField(line, refuse);
    if (field.key === "processor") {
      inFirst = current === undefined;
      current = field;
      if (!inFirst) requireIdentity("the next processor", line.number);
    } else if (current === undefined) {
      const want = 'an x86 /proc/cpuinfo, beginning "processor : 0"';
      throw refuse(line.number, `Expected ${want}, got ${quote(line.text)}`);
    } else if (IDENTITY.includes(field.key)) {
      refuseMixed(first.get(field.key) ?? field, field, current, refuse);
    }
    if (inFirst && USED.has(field.key)) first.set(field.key, field);
  }
  const { number, text } = lines.at(-1)!;
  requireIdentity("the end of the text", number, text.length + 1);
  return first;
}

function refuseMixed(known: Field, field: Field, processor: Field, refuse: Refuse): void {
  if (known.value === field.value) return;
  const want = `with "${field.key}" ${quote(known.value)} as on line ${known.line}`;
  const got = `${quote(field.value)} for processor ${processor.value}`;
  throw refuse(field.line, `Expected one kind of CPU, ${want}, got ${got}`, field.column);
}

/**
 * Reads a line of `/proc/cpuinfo`.
 *
 * @throws {SyntaxError} If it has no colon, or a field that is used has no sound value.
 */
function readField({ text, number, ended }: TextLine, refuse: Refuse): Field {
  const colon = text.indexOf(":");
  if (colon < 0) throw refuse(number, `Expected a line "key : value", got ${quote(text)}`);
  const key = text.slice(0, colon).trim();
  const rest = text.slice(colon + 1);
  const value = rest.trim();
  if (USED.has(key) && !ended) {
    const got = "the end of the text: the value may be cut";
    throw refuse(number, `Expected a line end after "${key}", got ${got}`, text.length + 1);
  }
  const column = value === "" ? colon + 2 : text.length - rest.trimStart().length + 1;
  const max = NUMBERS.get(key);
  if (max !== undefined && !(/^\d+$/.test(value) && Number(value) <= max)) {
    const want = `"${key}" as a number from 0 to ${max}`;
    throw refuse(number, `Expected ${want}, got ${quote(value)}`, column);
  }
  if (key === "vendor_id" && value === "") {
    throw refuse(number, "Expected a CPU vendor such as GenuineIntel, got nothing", column);
  }
  return { key, value, line: number, column };
}
