import { errorsIn, quote, type Refuse, type TextLine, textLines } from "../_text_lines.ts";
import { CPU_FORMS, LSCPU, readCpuFields } from "./_cpu_fields.ts";
import type { CpuIdentity } from "./cpu_identity.ts";
import { isCpuidLine, parseCpuidDump } from "./cpuid_dump.ts";
import { parseCpuinfo } from "./cpuinfo.ts";

const EXPECTED = "/proc/cpuinfo, lscpu, a CPUID dump or a report of a CPU";

/**
 * Reads a CPU's identity from any text that people have of it, recognised by its content:
 * `/proc/cpuinfo`; `lscpu` and `lscpu -J`; what {@link parseCpuidDump} reads; the decoded output of
 * `cpuid` by Allen and by Noonan, and of `kcpuid -a -d`; the reports of CPU-Z and AIDA64.
 *
 * @param text The text.
 * @param name The file's name, for messages.
 * @returns The identity; what the form does not say is absent.
 * @throws {SyntaxError} `name:line:column: …` If the text is none of them, empty, binary or cut, or
 * mixes CPUs.
 *
 * @example A host, by lscpu
 * ```ts
 * import { parseCpuText } from "@tdx/host/cpu";
 * import { assertEquals } from "@std/assert";
 *
 * const { model, hypervisor } = parseCpuText(`Vendor ID:             GenuineIntel
 *   Model name:          Intel(R) Xeon(R) 6710E
 *     CPU family:        6
 *     Model:             175
 *     Stepping:          3
 * `);
 * assertEquals([model, hypervisor], [0xaf, undefined]);
 * ```
 */
export function parseCpuText(text: string, name = "cpu"): CpuIdentity {
  const refuse = errorsIn(name);
  const lines = textLines(text, EXPECTED, refuse);
  const has = (sign: RegExp) => lines.some((line) => sign.test(line.text.trimEnd()));
  if (has(/^(?:processor|CPU implementer|vendor_id)\s*:/)) return parseCpuinfo(text, name);
  if (lines.some((line) => isCpuidLine(line.text))) return parseCpuidDump(text, name);
  if (/^\s*\{/.test(text)) return readCpuFields(LSCPU, jsonLines(text, refuse), refuse);
  const form = CPU_FORMS.find(({ sign }) => has(sign));
  if (form !== undefined) return readCpuFields(form, lines, refuse);
  const first = lines.find((line) => line.text.trim() !== "")!;
  throw refuse(first.number, `Expected ${EXPECTED}, got ${quote(first.text.trim())}`);
}

/** The fields of `lscpu -J` as the lines that `lscpu` writes. */
function jsonLines(text: string, refuse: Refuse): TextLine[] {
  let left: unknown[];
  try {
    left = [JSON.parse(text)?.lscpu];
  } catch {
    throw refuse(1, "Expected the JSON of lscpu -J, got JSON that is cut or malformed");
  }
  const lines: TextLine[] = [];
  while (left.length > 0) {
    const item = left.pop() as Partial<Record<string, unknown>> | null | undefined;
    if (Array.isArray(item)) left.push(...item.toReversed());
    else if (typeof item?.["field"] === "string") {
      lines.push({ text: `${item["field"]} ${item["data"] ?? ""}`, number: 1, ended: true });
      left.push(item["children"]);
    }
  }
  if (lines.length > 0) return lines;
  throw refuse(1, 'Expected the JSON of lscpu -J, with "lscpu" and its fields, got other JSON');
}
