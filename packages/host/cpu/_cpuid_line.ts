import { quote, textError, type TextLine } from "../_text_lines.ts";

/** What CPUID returned for one leaf and subleaf, each register 32 bits. */
export interface CpuidLeaf {
  readonly leaf: number;
  readonly subleaf: number;
  readonly eax: number;
  readonly ebx: number;
  readonly ecx: number;
  readonly edx: number;
  /** The line it stands on, from 1. */
  readonly line: number;
}

interface LineFormat {
  /** Tells a line of registers, cut or not, from any other line. */
  readonly known: RegExp;
  /** Its shape: leaf, subleaf where it is inside, registers; `#` is a hexadecimal digit. */
  readonly shape: string;
  /** What may follow. */
  readonly tail: RegExp;
}

const FORMATS: readonly LineFormat[] = [
  {
    // Reports also carry lines such as "CPUID Revision    : 00090672h".
    known: /^\s*CPUID (?:\d|[0-9a-f]{8}\b)/i,
    shape: "CPUID ########: ########-########-########-########",
    tail: /^\s*(?:$|\[(?!SL )|\[SL (?<subleaf>[0-9a-f]{2})\])/i,
  },
  {
    known: /^\s*0x\d/i,
    shape: "0x######## 0x##: eax=0x######## ebx=0x######## ecx=0x######## edx=0x########",
    tail: /^\s*$/,
  },
];

/**
 * Reads a line of a CPUID dump.
 *
 * @returns The leaf, or `undefined` for a line that holds no registers
 * @throws {SyntaxError} when a line of registers is cut or malformed
 */
export function readCpuidLine(line: TextLine, name: string): CpuidLeaf | undefined {
  const format = FORMATS.find(({ known }) => known.test(line.text));
  if (format === undefined) return undefined;
  const { digits, end, complete } = matchShape(line.text, format.shape);
  const tail = complete ? format.tail.exec(line.text.slice(end)) : null;
  if (tail === null) {
    throw textError(
      { name, line: line.number, column: end + 1 },
      `Expected CPUID registers as "${format.shape}", got ${quote(line.text.trim())}`,
    );
  }
  const subleaf = tail.groups?.subleaf ?? digits.slice(8, -32);
  return {
    leaf: parseInt(digits.slice(0, 8), 16),
    subleaf: subleaf === "" ? 0 : parseInt(subleaf, 16),
    eax: parseInt(digits.slice(-32, -24), 16),
    ebx: parseInt(digits.slice(-24, -16), 16),
    ecx: parseInt(digits.slice(-16, -8), 16),
    edx: parseInt(digits.slice(-8), 16),
    line: line.number,
  };
}

/** Walks text and shape together and collects the digits; `end` is where they part. */
function matchShape(text: string, shape: string) {
  let end = text.length - text.trimStart().length;
  let digits = "";
  for (const want of shape) {
    const got = text.charAt(end);
    const fits = want === "#" ? /^[0-9a-f]$/i.test(got) : got.toLowerCase() === want.toLowerCase();
    if (!fits) return { digits, end, complete: false };
    if (want === "#") digits += got;
    end++;
  }
  return { digits, end, complete: true };
}
