import { quote, textError, type TextLine, type TextPlace } from "../_text_lines.ts";

/** A line `key : value` of `/proc/cpuinfo`; `place` is the value's. */
export interface Field {
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
export const IDENTITY: readonly string[] = ["vendor_id", "cpu family", "model", "stepping"];
/** The fields that are used; the others are skipped. */
export const USED: ReadonlySet<string> = new Set([
  ...IDENTITY,
  "processor",
  "model name",
  "flags",
  "bugs",
]);

/**
 * Reads a line of `/proc/cpuinfo`.
 *
 * @throws {SyntaxError} when it is no field, or one that is used and has no sound value
 */
export function readField(line: TextLine, name: string): Field {
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
