/**
 * Replays recordings of Intel's TDX module on `@tdx/seam`: says how many agree to the end, and shows
 * the first disagreement of each class with the calls it needs. See `recordings.ts` for the format.
 *
 * @module
 */
import { decodeStatus } from "@tdx/seam";
import { readRecordings } from "./recordings.ts";
import { CALLS, classOf, type Disagreement, type RecordedCall, replay, shrink } from "./replay.ts";

const files = Deno.args;
if (files.length === 0 || files.some((file) => file.startsWith("-"))) {
  console.error(
    "Usage: deno task module FILE…\n\nEach FILE holds recordings as JSON lines, or gzip of them.",
  );
  Deno.exit(1);
}

let agreed = 0;
let total = 0;
const classes = new Map<string, { count: number; text: string }>();
try {
  for (const file of files) {
    for (const [i, recording] of (await readRecordings(file)).entries()) {
      total++;
      const found = replay(recording);
      if (found === undefined) {
        agreed++;
        continue;
      }
      const known = classes.get(classOf(found));
      if (known !== undefined) known.count++;
      else {
        const calls = shrink(recording, found);
        classes.set(classOf(found), { count: 1, text: show(`${file}:${i + 1}`, calls, found) });
      }
    }
  }
} catch (error) {
  const isUsers = error instanceof SyntaxError ||
    Object.values(Deno.errors).some((type) => error instanceof type);
  if (!isUsers) throw error;
  console.error((error as Error).message);
  Deno.exit(1);
}
for (const { count, text } of [...classes.values()].sort((a, b) => b.count - a.count)) {
  console.log(`${text}\n  ${count} of ${total} sequences part so\n`);
}
console.log(`${agreed} of ${total} sequences agree to the end`);
if (agreed < total) Deno.exit(2);

function show(place: string, calls: readonly RecordedCall[], found: Disagreement): string {
  const isCall = found.what in CALLS;
  return [
    `${place}, ${isCall ? `call ${found.at + 1}` : `at the end: ${found.what}`}`,
    ...calls.map((call, i) => `${String(i + 1).padStart(4)}. ${callText(call)}`),
    `  recorded ${answerText(found.recorded, isCall)}`,
    `  model    ${answerText(found.model, isCall)}`,
  ].join("\n");
}

function callText([name, ...rest]: RecordedCall): string {
  const { operands } = CALLS[name]!;
  const given = operands.map((operand, i) => `${operand} 0x${Number(rest[i]).toString(16)}`);
  return `${name} ${given.join(", ")}`;
}

function answerText(text: string, isCall: boolean): string {
  if (!isCall) return text;
  const [status, ...registers] = text.split(" ");
  if (!/^[0-9a-f]+$/.test(status!)) return text;
  const { name, operand } = decodeStatus(BigInt(`0x${status}`));
  return [name ?? "unknown", operand ?? "", status, ...registers].filter(Boolean).join(" ");
}
