import { quote, type Refuse, type TextLine } from "../_text_lines.ts";
import { type CpuidLeaf, decodeSignature, registersText } from "./_cpuid.ts";
import type { CpuIdentity } from "./cpu_identity.ts";

/** What a form can say of a CPU, each in a line of its own. */
type Field =
  | "vendor"
  | "vendorEbx"
  | "vendorEdx"
  | "vendorEcx"
  | "signature"
  | "family"
  | "model"
  | "familyBase"
  | "modelBase"
  | "familyExtended"
  | "modelExtended"
  | "familyAndModel"
  | "stepping"
  | "brand"
  | "hypervisor"
  | "flags";

/** A text that says a CPU's family and model in words. */
export interface CpuForm {
  /** What it is, for messages. */
  readonly what: string;
  /** A line by which it is recognised. */
  readonly sign: RegExp;
  /** The first line that is of no use any more. */
  readonly until?: RegExp;
  /** The line of each field, with its value. */
  readonly fields: Readonly<Partial<Record<Field, RegExp>>>;
  /** The base of family, model and stepping; 10 by default. */
  readonly base?: 16;
}

/** What `lscpu` writes; with `-J` the same as JSON. */
export const LSCPU: CpuForm = {
  what: "lscpu of an x86 machine",
  sign: /^\s*(?:Vendor ID|Architecture):\s/,
  fields: {
    vendor: /^\s*Vendor ID:\s+(\S.*)$/,
    family: /^\s*CPU family:\s+(\S.*)$/,
    model: /^\s*Model:\s+(\S.*)$/,
    stepping: /^\s*Stepping:\s+(\S.*)$/,
    brand: /^\s*Model name:\s+(\S.*)$/,
    hypervisor: /^\s*Hypervisor vendor:\s+(\S.*)$/,
    flags: /^\s*Flags:\s+(\S.*)$/,
  },
};

/** The forms in which programs write what CPUID says, decoded. */
export const CPU_FORMS: readonly CpuForm[] = [
  LSCPU,
  {
    what: "the output of cpuid",
    sign: /^\s*version information \(1\/eax\):/,
    fields: {
      vendor: /^\s*vendor_id = "(.*)"/,
      familyBase: /^\s*family\s+= .*\((\d+)\)$/,
      modelBase: /^\s*model\s+= .*\((\d+)\)$/,
      stepping: /^\s*stepping id\s+= .*\((\d+)\)$/,
      familyExtended: /^\s*extended family\s+= .*\((\d+)\)$/,
      modelExtended: /^\s*extended model\s+= .*\((\d+)\)$/,
      brand: /^\s*brand = "(.*)"/,
      hypervisor: /^\s*hypervisor guest status\s+= (true|false)$/,
    },
  },
  {
    what: "the output of cpuid",
    sign: /^CPU vendor string: '/,
    fields: {
      vendor: /^CPU vendor string: '(.*)'/,
      signature: /^Signature:\s+0x([0-9a-f]{8})$/i,
      brand: /^Processor Name: (\S.*)$/,
    },
  },
  {
    what: "the output of kcpuid -a -d",
    sign: /^CPUID_0x0_ECX\[0x0\]:/,
    until: /^CPUID_0x(?![01]_)/,
    base: 16,
    fields: {
      vendorEbx: /^\s*(?:EBX|cpu_vendorid_0)\s*: 0x([0-9a-f]{8})\b/i,
      vendorEdx: /^\s*(?:EDX|cpu_vendorid_1)\s*: 0x([0-9a-f]{8})\b/i,
      vendorEcx: /^\s*(?:ECX|cpu_vendorid_2)\s*: 0x([0-9a-f]{8})\b/i,
      familyBase: /^\s*(?:family|base_family_id)\s*: 0x([0-9a-f]+)\b/i,
      modelBase: /^\s*(?:model|base_model)\s*: 0x([0-9a-f]+)\b/i,
      stepping: /^\s*stepping\s*: 0x([0-9a-f]+)\b/i,
      familyExtended: /^\s*(?:family_ext|ext_family)\s*: 0x([0-9a-f]+)\b/i,
      modelExtended: /^\s*(?:model_ext|ext_model)\s*: 0x([0-9a-f]+)\b/i,
    },
  },
  {
    what: "a report of CPU-Z",
    sign: /^\s*Extended CPUID\s+[0-9A-F]+\.[0-9A-F]+$/,
    until: /^(?:Chipset|Thread dumps)\b/,
    base: 16,
    fields: {
      vendor: /^\s*Manufacturer\s+(\S.*)$/,
      familyAndModel: /^\s*Extended CPUID\s+([0-9A-F]+\.[0-9A-F]+)$/,
      stepping: /^\s*CPUID\s+[0-9A-F]+\.[0-9A-F]+\.([0-9A-F]+)$/,
      brand: /^\s*Specification\s+(\S.*)$/,
    },
  },
  {
    what: "a report of AIDA64",
    // It speaks many languages, in which these two keep their shape.
    sign: /^(?=.*\bCPUID\b).*\s[0-9A-F]{8}h$/,
    fields: {
      vendor: /^(?=.*\bCPUID\b).*\s(GenuineIntel|AuthenticAMD|HygonGenuine|CentaurHauls)$/,
      signature: /^(?=.*\bCPUID\b).*\s([0-9A-F]{8})h$/,
      brand: /\bCPUID CPU Name\s*:?\s+(\S.*)$/,
    },
  },
];

/** The fields in which all CPUs of a text must agree. */
const IDENTITY: ReadonlySet<Field> = new Set<Field>([
  "signature",
  "family",
  "model",
  "familyBase",
  "modelBase",
  "familyExtended",
  "modelExtended",
  "familyAndModel",
  "stepping",
]);

/** The largest numbers that CPUID leaf 1 can hold. */
const MOST: Readonly<Partial<Record<Field, number>>> = {
  family: 0xf + 0xff,
  model: 0xff,
  familyBase: 0xf,
  modelBase: 0xf,
  familyExtended: 0xff,
  modelExtended: 0xf,
  stepping: 0xf,
};

/** The field of a line: where it stands, and what it says. */
interface Found {
  readonly value: string;
  readonly line: number;
}

/**
 * Reads a CPU's identity from a text of a form.
 *
 * @throws {SyntaxError} If a field is missing, malformed or perhaps cut, or CPUs are mixed.
 */
export function readCpuFields(
  form: CpuForm,
  lines: readonly TextLine[],
  refuse: Refuse,
): CpuIdentity {
  const { found, last } = findFields(form, lines, refuse);
  const text = (field: Field): string => {
    const value = found.get(field)?.value;
    if (value !== undefined) return value;
    throw refuse(last, `Expected ${form.what} with the ${WORDS[field] ?? field}, got none`);
  };
  const number = (field: Field): number => {
    const value = text(field);
    const base = form.base ?? 10;
    const parsed = (base === 16 ? /^[0-9a-f]{1,8}$/i : /^\d{1,8}$/).test(value)
      ? parseInt(value, base)
      : NaN;
    if (parsed <= MOST[field]!) return parsed;
    const want = `the ${WORDS[field] ?? field} as a number from 0 to ${MOST[field]}`;
    throw refuse(found.get(field)!.line, `Expected ${want}, got ${quote(value)}`);
  };
  const vendor = "vendorEbx" in form.fields
    ? registersText(
      (["vendorEbx", "vendorEdx", "vendorEcx"] as const).map((part) => parseInt(text(part), 16)),
    )
    : text("vendor");
  const brand = found.get("brand")?.value;
  const flags = found.get("flags")?.value.split(/\s+/);
  const hypervisor = found.get("hypervisor")?.value;
  return {
    vendor,
    ...signatureOf(form, text, number),
    ...(brand && { brand }),
    ...(hypervisor !== undefined && { hypervisor: hypervisor !== "false" }),
    ...(hypervisor === undefined && flags && { hypervisor: flags.includes("hypervisor") }),
    ...(flags && { flags }),
  };
}

/** Words for fields whose name is not one. */
const WORDS: Readonly<Partial<Record<Field, string>>> = {
  family: "CPU family",
  familyBase: "family",
  modelBase: "model",
  familyExtended: "extended family",
  modelExtended: "extended model",
  familyAndModel: "Extended CPUID",
  vendorEbx: "vendor in EBX of leaf 0",
  vendorEdx: "vendor in EDX of leaf 0",
  vendorEcx: "vendor in ECX of leaf 0",
};

function findFields(
  { fields, until }: CpuForm,
  lines: readonly TextLine[],
  refuse: Refuse,
): { readonly found: ReadonlyMap<Field, Found>; readonly last: number } {
  const found = new Map<Field, Found>();
  let last = 1;
  for (const { text, number, ended } of lines) {
    if (until?.test(text)) break;
    const trimmed = text.trimEnd();
    if (trimmed !== "") last = number;
    for (const [name, pattern] of Object.entries(fields)) {
      const field = name as Field;
      const value = pattern.exec(trimmed)?.[1]?.trim();
      if (value === undefined) continue;
      if (!ended) {
        const got = "the end of the text: the value may be cut";
        throw refuse(number, `Expected a line end after the last value, got ${got}`);
      }
      const known = found.get(field);
      if (known === undefined) found.set(field, { value, line: number });
      else if (IDENTITY.has(field) && known.value !== value) {
        const want = `one kind of CPU, with ${quote(known.value)} as on line ${known.line}`;
        throw refuse(number, `Expected ${want}, got ${quote(value)}`);
      }
    }
  }
  return { found, last };
}

function signatureOf(
  { fields }: CpuForm,
  text: (field: Field) => string,
  number: (field: Field) => number,
): Pick<CpuIdentity, "family" | "model" | "stepping"> {
  if ("signature" in fields) return decodeSignature(parseInt(text("signature"), 16));
  if ("familyAndModel" in fields) {
    const [family, model] = text("familyAndModel").split(".").map((part) => parseInt(part, 16));
    return { family: family!, model: model!, stepping: number("stepping") };
  }
  if ("family" in fields) {
    return { family: number("family"), model: number("model"), stepping: number("stepping") };
  }
  const eax: CpuidLeaf["eax"] = number("familyExtended") << 20 | number("modelExtended") << 16 |
    number("familyBase") << 8 | number("modelBase") << 4 | number("stepping");
  return decodeSignature(eax);
}
