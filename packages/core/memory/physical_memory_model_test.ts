// PhysicalMemory against memory as a plain list of lines, each stepped by the rules on its own.
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  framesOf,
  KEY0,
  keyIds,
  NEXT_TD,
  OTHER_TD,
  PLATFORMS,
  SHARED,
  SHARED_INTEGRITY,
  TD,
} from "../fixtures_test.ts";
import { chunksOf } from "./frame_chunk.ts";
import { FrameMap } from "./frame_map.ts";
import { LineAutomaton } from "../line/line_automaton.ts";
import type { LineState } from "../line/line_state.ts";
import { stepLine } from "../line/line_step.ts";
import { AGENTS, OPERATION_KINDS } from "../line/operation.ts";
import type { Data, Operation } from "../line/operation.ts";
import { PhysicalMemory } from "./physical_memory.ts";
import type { PartialWrite } from "../platform.ts";
import { type LineEnvironment, type Mode, type RuleId, RULES } from "../line/rules.ts";
import type { Counts } from "./tally.ts";

/** Runs of the property; `deno task model` asks for many more. */
const RUNS = Number(Deno.args[0] ?? 150);

// Two whole 2 MiB blocks and a third that the end of memory cuts short.
const PAGES = 512 + 512 + 8;
const LINES = PAGES * 64;

/** Memory as a plain list of lines. */
class PlainMemory {
  readonly lines: LineState[] = Array(LINES).fill(LineAutomaton.fresh(KEY0));
  /** The counts of all calls, one after the other. */
  readonly calls: Counts[] = [];
  readonly #environment: LineEnvironment;

  constructor(mode: Mode, partialWriteToOwnedLine: PartialWrite) {
    this.#environment = { mode, partialWriteToOwnedLine, rules: RULES };
  }

  apply(operation: Operation, lines: readonly number[]): Counts {
    const counts = { lines: 0, machineChecks: 0, logged: 0, cleared: 0, refused: 0 };
    const rules: Partial<Record<RuleId, number>> = {};
    const hitPages = new Set<number>();
    // Only saves time: most lines are one and the same object.
    const steps = new Map<LineState, ReturnType<typeof stepLine>>();
    for (const line of lines) {
      const before = this.lines[line]!;
      const step = steps.get(before) ?? stepLine(before, operation, this.#environment);
      steps.set(before, step);
      const { state, outcome } = step;
      this.lines[line] = state;
      counts.lines++;
      if (outcome.machineCheck) {
        counts.machineChecks++;
        hitPages.add(Math.floor(line / 64));
      }
      if (outcome.logged) counts.logged++;
      if (outcome.cleared) counts.cleared++;
      if (outcome.refused) counts.refused++;
      for (const id of outcome.rules) rules[id] = (rules[id] ?? 0) + 1;
    }
    const all = { ...counts, machineCheckPages: hitPages.size, rules };
    this.calls.push(all);
    return all;
  }
}

function span(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function linesOfPages(pages: readonly number[]): number[] {
  return pages.flatMap((page) => span(page * 64, page * 64 + 64));
}

/** Something done to both memories; it compares the counts itself. */
type Action = (memory: PhysicalMemory, plain: PlainMemory) => void;

function applyRange(operation: Operation, from: number, to: number): Action {
  return (memory, plain) =>
    assertEquals(
      memory.apply(operation, from * 64, (to - from) * 64),
      plain.apply(operation, span(from, to)),
    );
}

/** The same lines of each of some pages, so that whole blocks become mixed. */
function applyStripe(operation: Operation, pages: readonly number[], from: number, to: number) {
  return (memory: PhysicalMemory, plain: PlainMemory) => {
    for (const page of pages) {
      applyRange(operation, page * 64 + from, page * 64 + to)(memory, plain);
    }
  };
}

/** The frames that another map gives one value. */
function applyChunks(operation: Operation, pages: readonly number[]): Action {
  return (memory, plain) => {
    const owners = new FrameMap(PAGES, 0);
    pages.forEach((page) => owners.set(page, 1, 7));
    owners.forEach(0, PAGES, (chunk) => {
      if (chunk.value !== 7) return;
      assertEquals(
        memory.applyChunk(operation, chunk),
        plain.apply(operation, linesOfPages(framesOf(chunk))),
      );
    });
  };
}

/** The same, grouped for as few calls as can be. */
function applyGrouped(operation: Operation, pages: readonly number[]): Action {
  return (memory, plain) => {
    for (const chunk of chunksOf(Uint32Array.from(pages))) {
      assertEquals(
        memory.applyChunk(operation, chunk),
        plain.apply(operation, linesOfPages(framesOf(chunk))),
      );
    }
  };
}

/** Every so many lines of a range, in one call. */
function applySingles(operation: Operation, from: number, to: number, every: number): Action {
  return (memory, plain) => {
    const lines = span(from, to).filter((line) => line % every < Math.ceil(every / 3));
    assertEquals(
      memory.applyLines(operation, lines.map((line) => line * 64)),
      plain.apply(operation, lines),
    );
  };
}

function stepLineOf(operation: Operation, line: number): Action {
  return (memory, plain) => {
    const counts = plain.apply(operation, [line]);
    const { rules, machineCheck, next } = memory.step(operation, line * 64 + 63);
    assertEquals(
      [rules.toSorted(), Number(machineCheck)],
      [Object.keys(counts.rules).sort() as RuleId[], counts.machineChecks],
    );
    assertEquals(memory.line.state(next), plain.lines[line]!);
  };
}

const KEYS = [KEY0, TD, SHARED, SHARED_INTEGRITY, NEXT_TD, OTHER_TD];
const DATA: readonly Data[] = ["zeros", "host", "secret", "guest"];

const operation: fc.Arbitrary<Operation> = fc.record({
  kind: fc.constantFrom(...OPERATION_KINDS),
  by: fc.constantFrom(...AGENTS),
  key: fc.constantFrom(...KEYS),
  data: fc.constantFrom(...DATA),
}).map((it): Operation =>
  // No rule covers a partial write under a private KeyID, but the host is refused it (F1).
  it.kind === "partial-write" && it.key.access === "private" ? { ...it, by: "host" } : it
);

/** A number from 0 to `limit`, near a block's border more often than not. */
function near(unit: number, limit: number): fc.Arbitrary<number> {
  return fc.tuple(fc.constantFrom(0, 512, 1024, PAGES), fc.integer({ min: -3, max: 3 }))
    .map(([page, offset]) => Math.min(Math.max(page * unit + offset, 0), limit));
}

function interval(end: fc.Arbitrary<number>): fc.Arbitrary<readonly [number, number]> {
  return fc.tuple(end, end).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
}

const pages: fc.Arbitrary<readonly number[]> = fc.tuple(
  interval(near(1, PAGES)),
  fc.integer({ min: 1, max: 3 }),
).map(([[from, to], every]) => span(from, to).filter((page) => page % every === 0));

const action: fc.Arbitrary<{ readonly text: string; readonly run: Action }> = fc.oneof(
  fc.tuple(operation, interval(near(64, LINES)))
    .map(([it, [from, to]]) => ({
      text: `lines ${from} to ${to}: ${JSON.stringify(it)}`,
      run: applyRange(it, from, to),
    })),
  fc.tuple(operation, interval(near(1, PAGES)))
    .map(([it, [from, to]]) => ({
      text: `pages ${from} to ${to}: ${JSON.stringify(it)}`,
      run: applyRange(it, from * 64, to * 64),
    })),
  fc.tuple(operation, pages, interval(fc.nat(64)))
    .map(([it, some, [from, to]]) => ({
      text: `lines ${from} to ${to} of pages ${some}: ${JSON.stringify(it)}`,
      run: applyStripe(it, some, from, to),
    })),
  fc.tuple(operation, pages)
    .map(([it, some]) => ({
      text: `chunks of pages ${some}: ${JSON.stringify(it)}`,
      run: applyChunks(it, some),
    })),
  fc.tuple(operation, pages)
    .map(([it, some]) => ({
      text: `grouped pages ${some}: ${JSON.stringify(it)}`,
      run: applyGrouped(it, some),
    })),
  fc.tuple(operation, interval(near(64, LINES)), fc.constantFrom(1, 3, 100, 5000))
    .map(([it, [from, to], every]) => ({
      text: `a third of every ${every} lines from ${from} to ${to}: ${JSON.stringify(it)}`,
      run: applySingles(it, from, to, every),
    })),
  fc.tuple(operation, near(64, LINES - 1))
    .map(([it, line]) => ({
      text: `line ${line}: ${JSON.stringify(it)}`,
      run: stepLineOf(it, line),
    })),
);

const texts = new WeakMap<LineState, string>();
function text(state: LineState): string {
  let known = texts.get(state);
  if (known === undefined) texts.set(state, known = JSON.stringify(state));
  return known;
}

Deno.test("PhysicalMemory does to every line what the rules do to one", () => {
  const modes = fc.constantFrom<Mode>("Ci", "Li");
  const partials = fc.constantFrom<PartialWrite>("poison", "merge");
  const actions = fc.array(action, { minLength: 1, maxLength: 14 });
  fc.assert(
    fc.property(modes, partials, actions, interval(near(1, PAGES)), (mode, partial, all, range) => {
      const platform = PLATFORMS[partial];
      const memory = new PhysicalMemory({ bytes: PAGES * 4096, platform, keyIds, mode });
      const plain = new PlainMemory(mode, partial);
      all.forEach(({ run }) => run(memory, plain));

      plain.lines.forEach((line, index) => {
        const state = memory.state(index * 64);
        if (text(state) !== text(line)) assertEquals(state, line, `line ${index}`);
      });
      const { rules, ...numbers } = memory.counts;
      for (const [name, number] of Object.entries(numbers)) {
        assertEquals(number, sum(plain.calls.map((call) => call[name as keyof typeof numbers])));
      }
      for (const [id, number] of Object.entries(rules)) {
        assertEquals(number, sum(plain.calls.map((call) => call.rules[id as RuleId] ?? 0)), id);
      }
      assertEquals(
        Object.keys(rules).sort(),
        [...new Set(plain.calls.flatMap((call) => Object.keys(call.rules)))].sort(),
      );

      const owned = (state: LineState) => state.memory.owner === 1 || state.copies.length > 0;
      const [from, to] = range;
      assertEquals(memory.countLines(owned), plain.lines.filter(owned).length);
      assertEquals(
        memory.countLines(owned, from * 4096, (to - from) * 4096),
        plain.lines.slice(from * 64, to * 64).filter(owned).length,
      );
    }),
    { numRuns: RUNS },
  );
});
