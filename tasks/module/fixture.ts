/**
 * Recordings in a compact form, for the tests: `deno run … tasks/module/fixture.ts FILE… > OUT.gz`.
 *
 * One line lists every answer that occurs; then each recording is a line of four fields: packages,
 * calls, PAMT and key ownership table. A call is its name's place in the table of calls as a letter,
 * its operands (multiples of 4 KiB as frames) and its answer's place in the list, all in base 36.
 *
 * @module
 */
import { readRecordings } from "./recordings.ts";
import { CALLS, type RecordedCall, type Recording } from "./replay.ts";

const NAMES = Object.keys(CALLS);
const FIRST_LETTER = 65;
const PAGE_BYTES = 4096;

/** Writes recordings in the compact form. */
export function pack(recordings: readonly Recording[]): string {
  const answers = [
    ...new Set(recordings.flatMap(({ calls }) => calls.map((call) => answerOf(call).join(" ")))),
  ];
  const places = new Map(answers.map((answer, i) => [answer, i.toString(36)]));
  const lines = recordings.map(({ packages, calls, end }) =>
    [
      packages,
      calls.map((call) => {
        const letter = String.fromCharCode(FIRST_LETTER + NAMES.indexOf(call[0]));
        const fields = [...operandsOf(call).map(packNumber), places.get(answerOf(call).join(" "))];
        return letter + fields.join(",");
      }).join(";"),
      end.pamt.join(";"),
      end.kot.join(";"),
    ].join("|")
  );
  return [answers.join(","), ...lines, ""].join("\n");
}

/** Reads what {@link pack} wrote. */
export function unpack(text: string): Recording[] {
  const [first, ...lines] = text.trimEnd().split("\n");
  const answers = first!.split(",").map((answer) => answer.split(" ").filter(Boolean));
  return lines.map((line) => {
    const [packages, calls, pamt, kot] = line.split("|");
    return {
      packages: Number(packages),
      calls: list(calls!).map((call): RecordedCall => {
        const fields = call.slice(1).split(",");
        const answer = answers[parseInt(fields.pop()!, 36)]!;
        return [NAMES[call.charCodeAt(0) - FIRST_LETTER]!, ...fields.map(unpackNumber), ...answer];
      }),
      end: {
        pamt: list(pamt!).map((entry) => {
          const [frame, type, owner, level] = entry.split(",");
          return [Number(frame), type!, owner!, Number(level)] as const;
        }),
        kot: list(kot!).map((entry) => entry.split(",").map(Number) as [number, number]),
      },
    };
  });
}

function operandsOf(call: RecordedCall): number[] {
  return call.slice(1, 1 + CALLS[call[0]]!.operands.length) as number[];
}

function answerOf(call: RecordedCall): string[] {
  return call.slice(1 + CALLS[call[0]]!.operands.length) as string[];
}

function packNumber(value: number): string {
  const isFrame = value % PAGE_BYTES === 0 && value > 0;
  return isFrame ? (value / PAGE_BYTES).toString(36) : `-${value.toString(36)}`;
}

function unpackNumber(text: string): number {
  return text.startsWith("-") ? parseInt(text.slice(1), 36) : parseInt(text, 36) * PAGE_BYTES;
}

function list(text: string): string[] {
  return text === "" ? [] : text.split(";");
}

if (import.meta.main) {
  const recordings = (await Promise.all(Deno.args.map(readRecordings))).flat();
  const bytes = new Blob([pack(recordings)]).stream().pipeThrough(new CompressionStream("gzip"));
  await bytes.pipeTo(Deno.stdout.writable);
}
