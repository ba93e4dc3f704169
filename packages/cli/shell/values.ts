import { GiB, KiB, MiB, TiB } from "@tdx/core/plugin";

/** A mistake in what the user typed or gave: shown as one line, exit status 1. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** A name that is not known; where it is told, the nearest of those that are is added. */
export class UnknownNameError extends UsageError {
  /**
   * @param message What was expected and what came.
   * @param typed What was typed.
   * @param names The names that are known.
   * @param prefix What stands before such a name.
   */
  constructor(
    message: string,
    readonly typed: string,
    readonly names: readonly string[],
    readonly prefix = "",
  ) {
    super(message);
  }

  /** The hint, for behind the message; what finds it is loaded only then. */
  async hint(): Promise<string> {
    const { nearest } = await import("./nearest.ts");
    return nearest(this.typed, this.names, this.prefix);
  }
}

/**
 * Picks what a name stands for.
 *
 * @param what What is named, for the message.
 * @throws {UnknownNameError} If the name is unknown, with the list.
 */
export function pick<T>(what: string, typed: string, choices: Readonly<Record<string, T>>): T {
  if (Object.hasOwn(choices, typed)) return choices[typed]!;
  const names = Object.keys(choices);
  const message = `Expected ${what} to be one of ${names.join(", ")}, got ${typed}`;
  throw new UnknownNameError(message, typed, names);
}

/** Picks a name out of a list; see {@link pick}. */
export function pickName<T extends string>(what: string, typed: string, names: readonly T[]): T {
  return pick(what, typed, Object.fromEntries(names.map((name) => [name, name])));
}

/** What numbers are meant. */
export interface NumberRange {
  /** The smallest; any where it is not given. */
  readonly from?: number;
  /** The largest; any where it is not given. */
  readonly to?: number;
  /** Whether fractions are meant too. */
  readonly fractions?: boolean;
}

/**
 * Reads a decimal number as people write it: digits, and where fractions are meant a point or an
 * exponent.
 *
 * @param name What it is, for the message.
 * @throws {UsageError} If it is not a number in the range.
 */
export function readNumber(
  name: string,
  text: string,
  { from = -Infinity, to = Infinity, fractions = false }: NumberRange = {},
): number {
  const pattern = fractions ? /^-?\d*\.?\d+(e-?\d+)?$/i : /^-?\d+$/;
  const value = pattern.test(text) ? Number(text) : NaN;
  if (value >= from && value <= to && (fractions || Number.isSafeInteger(value))) return value;
  const expected = (fractions ? "a number" : "a whole number") +
    (from > -Infinity ? ` from ${from}` : "") +
    (to < Infinity ? ` to ${to}` : value > Number.MAX_SAFE_INTEGER ? " below 2^53" : "");
  throw new UsageError(`Expected ${name} as ${expected}, got ${text}`);
}

/** What 52 bits of a physical address reach. */
const MOST_BYTES = 2 ** 52;
const UNITS: Readonly<Record<string, number>> = { "": 1, k: KiB, m: MiB, g: GiB, t: TiB };

/**
 * Reads a size as people write it, in bytes: `400GiB`, `256G` of QEMU, `800Gi` of Kubernetes, `18GB`,
 * `400g`, `1.5T`, or bytes. Of memory all of them mean powers of 1024, and answers show it back in GiB.
 *
 * @param name What it is, for the message.
 * @throws {UsageError} If it is not a size of whole bytes.
 */
export function readSize(name: string, text: string): number {
  const [, figure, unit] = /^(-?[0-9]+(?:\.[0-9]+)?) ?(?:([kmgt])i?)?b?$/i.exec(text) ?? [];
  const bytes = Number(figure) * UNITS[(unit ?? "").toLowerCase()]!;
  if (bytes >= MOST_BYTES) {
    throw new UsageError(`Expected ${name} below 4 PiB, got ${text}: addresses have 52 bits`);
  }
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new UsageError(
    `Expected ${name} as a size like 400GiB, 256G, 1.5T or 4096 (bytes), of powers of 1024, got ${text}`,
  );
}
