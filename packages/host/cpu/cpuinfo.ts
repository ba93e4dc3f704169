import type { CpuIdentity } from "./cpu_identity.ts";
import { type Field, IDENTITY, readField, USED } from "./_cpuinfo_field.ts";
import {
  endOfText,
  quote,
  textError,
  type TextLine,
  textLines,
  type TextPlace,
} from "../_text_lines.ts";

/**
 * Reads the CPU's identity from the text of an x86 Linux `/proc/cpuinfo`.
 *
 * Every vendor is accepted here, {@link matchPlatform} is the one that asks for Intel. All
 * processors must have one vendor, family, model and stepping; brand, flags and bugs are the first
 * processor's. The text may stop in a later processor, but not in the middle of a value that is
 * used: a cut `bugs` line would hide a bug.
 *
 * `tme`, `movdir64b` and `pconfig` are `true` or absent, because Linux shows what it supports and
 * enabled, so a missing flag says nothing (Linux, Documentation/arch/x86/cpuinfo.rst).
 *
 * @param text The text of the file.
 * @param name The file's name, for messages.
 * @returns The identity; a property that the text does not give is absent.
 * @throws {TypeError} when text or name is no string.
 * @throws {SyntaxError} `name:line:column: …` when the text is empty, binary, cut, of another
 * architecture, or mixes CPUs, or when a number is none.
 *
 * @example An Emerald Rapids host
 * ```ts
 * import { parseCpuinfo } from "@tdx/host";
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
    // Linux writes `unknown` where the CPU has no brand string.
    ...(brand && brand !== "unknown" && { brand }),
    ...(flags && { hypervisor: flags.includes("hypervisor") }),
    ...(bugs && { bugs }),
    ...(flags && { flags }),
    ...(flags?.includes("tme") && { tme: true }),
    ...(flags?.includes("movdir64b") && { movdir64b: true }),
    ...(flags?.includes("pconfig") && { pconfig: true }),
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
