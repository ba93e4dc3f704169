import {
  endOfText,
  quote,
  textError,
  type TextLine,
  textLines,
  type TextPlace,
} from "../_text_lines.ts";
import type { CpuIdentity } from "./cpu_identity.ts";

/** A line `key : value` of `/proc/cpuinfo`; `place` is the value's. */
interface Field {
  readonly key: string;
  readonly value: string;
  readonly place: TextPlace;
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
  const lines = textLines(text, name, "an x86 /proc/cpuinfo");
  refuseArm(lines, name);
  const first = firstProcessor(lines, name);
  const brand = first.get("model name")?.value;
  const bugs = words(first.get("bugs"));
  const flags = words(first.get("flags"));
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

function refuseArm(lines: readonly TextLine[], name: string): void {
  const line = lines.find(({ text }) => /^CPU implementer\s*:/.test(text));
  if (line === undefined) return;
  throw textError(
    { name, line: line.number, column: 1 },
    `Expected an x86 /proc/cpuinfo, got one of an Arm machine, ${quote(line.text)}`,
  );
}

/** Collects the first processor's fields and checks that every other processor is of its kind. */
function firstProcessor(lines: readonly TextLine[], name: string): Map<string, Field> {
  const first = new Map<string, Field>();
  let current: Field | undefined;
  let inFirst = true;
  for (const line of lines) {
    if (line.text.trim() === "") continue;
    const field = readField(line, name);
    if (field.key === "processor") {
      inFirst = current === undefined;
      current = field;
      if (!inFirst) requireIdentity(first, { ...field.place, column: 1 }, "the next processor");
    } else if (current === undefined) {
      throw textError(
        { name, line: line.number, column: 1 },
        `Expected an x86 /proc/cpuinfo, beginning "processor : 0", got ${quote(line.text)}`,
      );
    } else if (IDENTITY.includes(field.key)) {
      refuseMixed(first.get(field.key) ?? field, field, current);
    }
    if (inFirst && USED.has(field.key)) first.set(field.key, field);
  }
  requireIdentity(first, endOfText(lines, name), "the end of the text");
  return first;
}

function refuseMixed(known: Field, field: Field, processor: Field): void {
  if (known.value === field.value) return;
  throw textError(
    field.place,
    `Expected one kind of CPU, with "${field.key}" ${quote(known.value)} as on line ` +
      `${known.place.line}, got ${quote(field.value)} for processor ${processor.value}`,
  );
}

function requireIdentity(first: Map<string, Field>, place: TextPlace, got: string): void {
  const missing = IDENTITY.find((key) => !first.has(key));
  if (missing === undefined) return;
  throw textError(
    place,
    `Expected an x86 /proc/cpuinfo with "${missing}" for the first processor, got ${got}`,
  );
}

function words(field: Field | undefined): readonly string[] | undefined {
  return field?.value.split(/\s+/).filter((word) => word !== "");
}

/**
 * Reads a line of `/proc/cpuinfo`.
 *
 * @throws {SyntaxError} If it has no colon, or a field that is used has no sound value.
 */
function readField(line: TextLine, name: string): Field {
  const { text, number } = line;
  const colon = text.indexOf(":");
  if (colon < 0) {
    throw textError(
      { name, line: number, column: 1 },
      `Expected a line "key : value", got ${quote(text)}`,
    );
  }
  const key = text.slice(0, colon).trim();
  const rest = text.slice(colon + 1);
  const value = rest.trim();
  if (USED.has(key) && !line.ended) {
    throw textError(
      { name, line: number, column: text.length + 1 },
      `Expected a line end after "${key}", got the end of the text: the value may be cut`,
    );
  }
  const column = value === "" ? colon + 2 : text.length - rest.trimStart().length + 1;
  const field = { key, value, place: { name, line: number, column } };
  checkValue(field);
  return field;
}

function checkValue({ key, value, place }: Field): void {
  const max = NUMBERS.get(key);
  if (max !== undefined && !(/^\d+$/.test(value) && Number(value) <= max)) {
    throw textError(place, `Expected "${key}" as a number from 0 to ${max}, got ${quote(value)}`);
  }
  if (key === "vendor_id" && value === "") {
    throw textError(place, `Expected a CPU vendor such as GenuineIntel, got nothing`);
  }
}
