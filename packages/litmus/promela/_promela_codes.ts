import type { Key, LineAutomatonOptions, PartialWrite, Poison } from "@tdx/core";
import { VALUES } from "../model/_line_table.ts";
import { type KeyName, KEYS, type Problem } from "../model/problem.ts";

/** Origins of poison by their number in a model; 0 is no poison. */
const POISONS: readonly (Poison | "none")[] = [
  "none",
  "integrity",
  "partial-write",
  "hardware-transient",
  "hardware-stuck",
];

/** A name as a constant of the model: `partial-write` is `PARTIAL_WRITE`. */
export function constant(name: string): string {
  return name.replaceAll("-", "_").toUpperCase();
}

/** A key as a constant of the model. */
export function keyConstant(name: KeyName): string {
  return `KEY_${constant(name)}`;
}

/** Text that may stand inside a comment, whatever it was. */
export function comment(text: string): string {
  return `/* ${text.replace(/[^\x20-\x7e]/g, " ").replaceAll("*/", "* /")} */`;
}

/** Every key that a problem names, each once. */
export function keysOf(problem: Problem): KeyName[] {
  return [
    ...new Set([
      ...problem.lines.map(({ content }) => content.key),
      ...problem.threads.flatMap(({ steps }) => steps.map(({ key }) => key)),
      ...problem.speculation,
    ]),
  ];
}

/** What a partial write does to an owned line, as a constant of the model. */
export function partialWriteConstant(partialWrite: PartialWrite): string {
  return partialWrite === "poison" ? "POISONS" : "MERGES";
}

/** What the machine is, numbers for data, poison and keys, and what the rules ask of a key. */
export function promelaCodes(
  { mode, partialWriteToOwnedLine }: LineAutomatonOptions,
  keys: readonly KeyName[],
): string {
  const where = (wanted: (key: Key) => boolean) =>
    keys.filter((name) => wanted(KEYS[name])).map((name) => `k == ${keyConstant(name)}`)
      .join(" || ") || "false";
  return [
    "#define LI 0",
    "#define CI 1",
    ...(mode === undefined ? [] : [`#define MODE ${constant(mode)}`]),
    "#define MERGES 0",
    "#define POISONS 1",
    `#define PARTIAL_WRITE_TO_OWNED_LINE ${partialWriteConstant(partialWriteToOwnedLine)}`,
    "#define FULL 0",
    "#define PARTIAL 1",
    ...VALUES.map((value, code) => value && `#define ${constant(value)} ${code}`),
    ...POISONS.map((poison, code) => `#define ${constant(poison)} ${code}`),
    ...keys.map((name, i) => `#define ${keyConstant(name)} ${i + 1}`),
    `#define IS_PRIVATE(k) (${where(({ access }) => access === "private")})`,
    `#define HAS_INTEGRITY(k) (MODE == CI && (${where(({ integrity }) => integrity)}))`,
  ].filter((line) => line !== undefined).join("\n");
}
