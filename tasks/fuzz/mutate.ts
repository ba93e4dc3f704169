/** Inputs that are nearly right: fixtures with a few bytes, pieces or lines changed. */
import { randomNumbers } from "@tdx/reclaim";

/** Whole numbers from 0 up to, not including, `below`; the same for the same seed. */
export type Random = (below: number) => number;

/** Numbers for one run of one reader. */
export function randomOf(...seeds: readonly number[]): Random {
  const mixed = seeds.reduce((mixed, seed) => (Math.imul(mixed, 0x9e3779b1) + seed) | 0);
  const next = randomNumbers(mixed);
  return (below) => Math.floor(next() * below);
}

/** What readers trip over: names of prototypes, steering of terminals, numbers no one writes. */
const PIECES = [
  ..."\0\x01\t\n\v\f\r\x1b\x7f\"'`\\<>&{}[]()=:;,%#*.-+ ".split(""),
  ..."\x1b]0;title\x07|\x1b[2J|\x9b31m|\u202e|\u2066|\u2028|\ufeff|\ud83d\ude00|\r\n|\n\n".split(
    "|",
  ),
  ...'__proto__|constructor|toString|hasOwnProperty|prototype|null|true|{}|[]|[[|""|-->|</script>'
    .split(
      "|",
    ),
  ..."-1|0|1e9|1e400|0x|0x10|0b1|1_000|00|08|4294967296|9007199254740993|18446744073709551616"
    .split("|"),
  "9".repeat(400),
  "f".repeat(17),
  "A".repeat(5000),
].map((piece) => new TextEncoder().encode(piece));

/** Changes a fixture in 1 to 4 places; `others` lend pieces. */
export function mutate(
  fixture: Uint8Array,
  others: readonly Uint8Array[],
  random: Random,
): Uint8Array {
  let bytes = fixture;
  for (let changes = 1 + random(4); changes > 0; changes--) bytes = change(bytes, others, random);
  return bytes;
}

function change(bytes: Uint8Array, others: readonly Uint8Array[], random: Random): Uint8Array {
  const at = random(bytes.length + 1);
  const replace = (from: number, to: number, ...pieces: readonly Uint8Array[]) =>
    joined([bytes.subarray(0, from), ...pieces, bytes.subarray(to)]);
  switch (random(9)) {
    case 0: // a bit
      return replace(at, at + 1, new Uint8Array([(bytes[at] ?? 0) ^ (1 << random(8))]));
    case 1: // any byte
      return replace(at, at + 1, new Uint8Array([random(256)]));
    case 2:
      return replace(at, at, pick(PIECES, random));
    case 3: { // a word by something else
      const [from, to] = wordAt(bytes, at);
      return replace(from, to, pick(PIECES, random));
    }
    case 4:
      return replace(at, at + random(1 + random(40)));
    case 5: // the end is missing
      return bytes.subarray(0, at);
    case 6: { // a line twice, or gone
      const [from, to] = lineAt(bytes, at);
      const line = bytes.subarray(from, to);
      return random(2) === 0 ? replace(from, from, line) : replace(from, to);
    }
    case 7: { // a line goes elsewhere
      const line = bytes.subarray(...lineAt(bytes, at));
      const [to] = lineAt(bytes, random(bytes.length + 1));
      return replace(to, to, line);
    }
    default: { // a piece of another fixture
      const other = pick(others, random);
      const from = random(other.length + 1);
      return replace(at, at, other.subarray(from, from + random(200)));
    }
  }
}

/** Repeats a piece of an input until it is `size` bytes long, at least. */
export function grow(bytes: Uint8Array, size: number, random: Random): Uint8Array {
  const from = random(bytes.length);
  const piece = random(2) === 0
    ? bytes.subarray(...lineAt(bytes, from))
    : bytes.subarray(from, from + 1 + random(30));
  const times = Math.ceil(size / Math.max(piece.length, 1));
  const middle = new Uint8Array(piece.length * times);
  for (let i = 0; i < times; i++) middle.set(piece, i * piece.length);
  return joined([bytes.subarray(0, from), middle, bytes.subarray(from)]);
}

/** The smallest input, by leaving pieces out, for which `fails` still holds. */
export async function shrink(
  bytes: Uint8Array,
  fails: (bytes: Uint8Array) => Promise<boolean>,
): Promise<Uint8Array> {
  for (let size = bytes.length >> 1; size > 0; size >>= 1) {
    for (let at = 0; at < bytes.length;) {
      const less = joined([bytes.subarray(0, at), bytes.subarray(at + size)]);
      if (await fails(less)) bytes = less;
      else at += size;
    }
  }
  return bytes;
}

export function pick<T>(list: readonly T[], random: Random): T {
  return list[random(list.length)]!;
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

function lineAt(bytes: Uint8Array, at: number): [number, number] {
  const end = bytes.indexOf(0x0a, at);
  return [at === 0 ? 0 : bytes.lastIndexOf(0x0a, at - 1) + 1, end < 0 ? bytes.length : end + 1];
}

function wordAt(bytes: Uint8Array, at: number): [number, number] {
  const isWord = (byte = 0) => /\w/.test(String.fromCharCode(byte));
  let [from, to] = [at, at];
  while (from > 0 && isWord(bytes[from - 1])) from--;
  while (to < bytes.length && isWord(bytes[to])) to++;
  return [from, to];
}
