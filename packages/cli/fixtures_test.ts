// What the tests of the commands share: the command run in this process, its words caught.
import { assertEquals } from "@std/assert";
import { main, type Stdio, type WriteFile } from "./main.ts";
import { PLATFORMS } from "./platforms.ts";

/** The platforms as a refusal lists them. */
export const PLATFORM_NAMES: string = PLATFORMS.map(({ name }) => name).join(", ");

/** Standard streams that keep what they are given, and so are files that are written. */
export class CaughtStdio implements Stdio {
  readonly printed: string[] = [];
  readonly notes: string[] = [];
  readonly shown: string[] = [];
  /** Texts of files by name. */
  readonly files: Map<string, string> = new Map();
  /** How much had been printed when a file was written. */
  printedBefore = 0;
  readonly stdinIsTerminal = false;
  readonly colour = false;
  readonly links = false;
  readonly columns: number = 100;

  constructor(readonly input: string | Uint8Array<ArrayBuffer> = "") {}

  readonly print = (text: string): void => void this.printed.push(text);
  readonly note = (text: string): void => void this.notes.push(text);
  readonly progress = (text: string): void => void this.shown.push(text);
  readonly stdin = (): ReadableStream<Uint8Array> => new Blob([this.input]).stream();
  fileWriter = (path: string): Promise<WriteFile> =>
    Promise.resolve((text) => {
      this.files.set(path, text);
      this.printedBefore = this.printed.length;
      return Promise.resolve();
    });
}

/** What came of a command line. */
export interface Answer {
  readonly status: number;
  /** Standard output. */
  readonly text: string;
  /** Lines beside the answer. */
  readonly notes: readonly string[];
}

/** Runs `tdx`. */
export async function tdx(...args: string[]): Promise<Answer> {
  return await tdxOn(new CaughtStdio(), ...args);
}

/** Runs `tdx` on given streams. */
export async function tdxOn(stdio: CaughtStdio, ...args: string[]): Promise<Answer> {
  const status = await main(args, stdio);
  return { status, text: stdio.printed.join("\n"), notes: stdio.notes };
}

/** Runs `tdx` with `--json`; the answer is one object of format 1, and nothing stands beside it. */
// deno-lint-ignore no-explicit-any
export async function tdxJson(...args: string[]): Promise<{ status: number; answer: any }> {
  const { status, text, notes } = await tdx(...args, "--json");
  assertEquals(notes, []);
  const answer = JSON.parse(text);
  assertEquals(answer.formatVersion, 1);
  return { status, answer };
}

/** Runs `tdx` with something wrong: one line beside the answer, no answer, no work, status 1. */
export async function refused(...args: string[]): Promise<string> {
  const stdio = new CaughtStdio();
  const { status, text, notes } = await tdxOn(stdio, ...args);
  assertEquals([status, text, notes.length], [1, "", 1], `${args.join(" ")}: ${notes}`);
  // A host that cannot be is refused where it would be set up.
  const worked = stdio.shown.filter((text) => !text.startsWith("setting up "));
  assertEquals([worked, stdio.files.size], [[], 0]);
  return notes[0]!;
}

/** A file of made-up test data. */
export function testData(name: string): string {
  return `${import.meta.dirname}/testdata/${name}`;
}
