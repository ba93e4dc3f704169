// What the tests of the commands share: the command run in this process, its words caught.
import { assertEquals } from "@std/assert";
import { main } from "./main.ts";
import { PLATFORMS } from "./platforms.ts";
import type { Output } from "./output.ts";

/** The platforms as a refusal lists them. */
export const PLATFORM_NAMES: string = PLATFORMS.map(({ name }) => name).join(", ");

/** What came of a command line. */
export interface Answer {
  readonly status: number;
  /** Standard output. */
  readonly text: string;
  /** Lines beside the answer. */
  readonly notes: readonly string[];
}

/** An output that keeps what it is given. */
export class CaughtOutput implements Output {
  readonly printed: string[] = [];
  readonly notes: string[] = [];
  readonly shown: string[] = [];

  print(text: string): void {
    this.printed.push(text);
  }
  note(text: string): void {
    this.notes.push(text);
  }
  progress(text: string): void {
    this.shown.push(text);
  }
}

/** Runs `tdx`. */
export async function tdx(...args: string[]): Promise<Answer> {
  const output = new CaughtOutput();
  const status = await main(args, output);
  return { status, text: output.printed.join("\n"), notes: output.notes };
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

/** Runs `tdx` with something wrong: one line beside the answer, no answer, status 1. */
export async function refused(...args: string[]): Promise<string> {
  const { status, text, notes } = await tdx(...args);
  assertEquals([status, text, notes.length], [1, "", 1], `${args.join(" ")}: ${notes}`);
  return notes[0]!;
}

/** A file of made-up test data. */
export function testData(name: string): string {
  return `${import.meta.dirname}/testdata/${name}`;
}
