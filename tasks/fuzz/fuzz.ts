/** Runs a reader on mutated fixtures, and says what is wrong with what comes out. */
import { LinkError } from "../../explorer/model/link.ts";
import { UsageError } from "../../packages/cli/shell/values.ts";
import { grow, mutate, pick, type Random, randomOf, shrink } from "./mutate.ts";
import { type Reader, READERS } from "./readers.ts";

/** Where inputs are kept that broke a reader: `NAME-….input`. */
const FOUND = `${import.meta.dirname}/found`;
/** C0 but line ends and tabs, DEL, C1, the marks that turn the direction of text, line separators. */
// deno-lint-ignore no-control-regex
const STEERING = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
const INTERNAL = /\bundefined\b|\bNaN\b|\[object/;
/** How the engine's own errors begin; ours say what was expected. */
const ENGINE =
  /^(Maximum call|Invalid (array|string|count|reg|time|date)|Unexpected|Cannot|Unterminated|\S+ is not (a|an|iterable|defined)\b)/;

/** One run in so many is also about time. */
const TIMED = 1000;
/** Bytes of the shortest of the three inputs whose times are compared. */
const TIMED_BYTES = 2 ** 15;
/** Four times the input: linear is 4 times the time, quadratic 16; less than the floor is noise. */
const MOST_TIMES = 10;
const FLOOR_MS = 100;

/**
 * Fuzzes a reader, until something is wrong.
 *
 * @returns What; `undefined` where all went well.
 */
export async function fuzz(name: string, seed: number, runs: number): Promise<string | undefined> {
  const reader = await READERS[name]!();
  const found = inputsFound(name);
  const fixtures = [...reader.fixtures, ...found];
  for (const [i, input] of fixtures.entries()) {
    for (let way = 0; way < 8; way++) {
      const wrong = await problem(reader, input, randomOf(way));
      if (wrong !== undefined) return `fixture ${i + 1}: ${wrong}`;
    }
  }
  for (let run = 0; run < runs * (reader.share ?? 1); run++) {
    const random = randomOf(seed, run);
    const input = mutate(pick(fixtures, random), fixtures, random);
    const way = random(8);
    const check = run % TIMED === TIMED - 1 ? slowness : problem;
    const wrong = await check(reader, input, randomOf(way, run));
    if (wrong === undefined) continue;
    const kind = wrong.replace(/[\d"].*/s, "");
    const small = check === slowness
      ? input
      : await shrink(input, async (less) =>
        (await problem(reader, less, randomOf(way, run)))?.startsWith(kind) ?? false);
    return `seed ${seed}, run ${run}: ${wrong}; kept as ${keep(name, `${seed}-${run}`, small)}`;
  }
  return undefined;
}

/** What is wrong with what a reader says to an input. */
async function problem(
  reader: Reader,
  input: Uint8Array,
  random: Random,
): Promise<string | undefined> {
  let shown: string;
  try {
    shown = await reader.read(input, random);
  } catch (error) {
    if (!isForPeople(error)) return `no error for people: ${(error as Error)?.stack ?? error}`;
    shown = error.message.replace(/^(tdx: )?(\S*:\d+:\d+: )?/, "");
    if (ENGINE.test(shown)) return `the engine's own error: ${shown}`;
  }
  const steering = STEERING.exec(shown);
  if (steering !== null) return `a control character: ${excerpt(shown, steering.index)}`;
  const internal = INTERNAL.exec(shown);
  // Somebody may have written the word.
  const isTheirs = internal !== null &&
    new TextDecoder("latin1").decode(input).includes(internal[0]);
  return internal === null || isTheirs
    ? undefined
    : `an internal word: ${excerpt(shown, internal.index)}`;
}

function isForPeople(error: unknown): error is Error {
  return [TypeError, RangeError, SyntaxError, UsageError, LinkError].some((type) =>
    error instanceof type && error.message !== ""
  );
}

function excerpt(text: string, at: number): string {
  return JSON.stringify(text.slice(Math.max(at - 60, 0), at + 30));
}

/** Whether the time grows faster than the input, by the best of some tries. */
async function slowness(
  reader: Reader,
  input: Uint8Array,
  random: Random,
): Promise<string | undefined> {
  if (input.length === 0) return undefined;
  const way = random(1000);
  const times = [Infinity, Infinity, Infinity];
  const sizes = times.map((_, i) => TIMED_BYTES << i);
  for (let attempt = 0; attempt < 3; attempt++) {
    for (const [i, size] of sizes.entries()) {
      const grown = grow(input, size, randomOf(way));
      const started = performance.now();
      await problem(reader, grown, randomOf(way));
      times[i] = Math.min(times[i]!, performance.now() - started);
    }
    const [once, twice, fourfold] = times as [number, number, number];
    if (fourfold < FLOOR_MS || fourfold < MOST_TIMES * once || fourfold < 3 * twice) {
      return undefined;
    }
  }
  return `the time grows faster than the input: ${times.map((ms) => ms.toFixed(0)).join(", ")} ms`;
}

function inputsFound(name: string): Uint8Array[] {
  Deno.mkdirSync(FOUND, { recursive: true });
  return [...Deno.readDirSync(FOUND)].map(({ name }) => name).sort()
    .filter((file) => file.startsWith(`${fileName(name)}-`))
    .map((file) => Deno.readFileSync(`${FOUND}/${file}`));
}

function keep(name: string, run: string, input: Uint8Array): string {
  const path = `${FOUND}/${fileName(name)}-${run}.input`;
  Deno.writeFileSync(path, input);
  return path;
}

function fileName(name: string): string {
  return name.replaceAll(" ", "_");
}
