/**
 * Reads recordings, one JSON object a line.
 *
 * @module
 */
import { CALLS, type RecordedCall, type Recording } from "./replay.ts";

/**
 * Reads a file of recordings, compressed by gzip or not.
 *
 * @param path The file.
 * @returns The recordings, in order.
 * @throws {SyntaxError} If a line is no recording; its message begins with file and line.
 */
export async function readRecordings(path: string): Promise<Recording[]> {
  const bytes = await Deno.readFile(path);
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  return parseRecordings(
    await (isGzip ? unzip(path, bytes) : new TextDecoder().decode(bytes)),
    path,
  );
}

/**
 * Reads recordings from text.
 *
 * @param text The lines.
 * @param name Where they come from, for messages.
 * @returns The recordings, in order.
 * @throws {SyntaxError} If a line is no recording; its message begins with name and line.
 */
export function parseRecordings(text: string, name: string): Recording[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line, i) => readLine(line, `${name}:${i + 1}`));
}

async function unzip(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  try {
    return await new Response(stream).text();
  } catch {
    throw new SyntaxError(`${path}: Expected a whole gzip file, got one that is cut or damaged`);
  }
}

function readLine(line: string, place: string): Recording {
  const value = parse(line, place);
  const { packages, calls, end } = value as Recording;
  expect(isWhole(packages, 1, 32), `${place}: Expected packages from 1 to 32`, packages);
  expect(Array.isArray(calls), `${place}: Expected calls to be an array`, calls);
  calls.forEach((call, i) => checkCall(call, `${place}: call ${i + 1}`));
  const isEnd = Array.isArray(end?.pamt) && Array.isArray(end?.kot);
  expect(isEnd, `${place}: Expected an end with pamt and kot`, end);
  return value as Recording;
}

function parse(line: string, place: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new SyntaxError(`${place}: Expected one JSON object a line, got ${show(line)}`);
  }
}

function checkCall(call: RecordedCall, place: string): void {
  expect(Array.isArray(call), `${place}: Expected an array`, call);
  const [name, ...rest] = call;
  const known = Object.hasOwn(CALLS, name) ? CALLS[name]! : undefined;
  expect(known !== undefined, `${place}: Expected one of ${Object.keys(CALLS).join(", ")}`, name);
  known!.operands.forEach((operand, i) => {
    const isOperand = isWhole(rest[i], 0, Number.MAX_SAFE_INTEGER);
    expect(isOperand, `${place}: Expected ${name}'s ${operand} to be from 0 to 2^53 - 1`, rest[i]);
  });
  for (const register of rest.slice(known!.operands.length)) {
    const isRegister = typeof register === "string" && /^[0-9a-f]{1,16}$/i.test(register);
    expect(isRegister, `${place}: Expected a register as 1 to 16 hexadecimal digits`, register);
  }
}

function isWhole(value: unknown, low: number, high: number): boolean {
  return Number.isInteger(value) && value as number >= low && value as number <= high;
}

function expect(holds: boolean, expected: string, value: unknown): void {
  if (!holds) throw new SyntaxError(`${expected}, got ${show(JSON.stringify(value) ?? "nothing")}`);
}

function show(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
