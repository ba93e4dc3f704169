// Texts made of pieces of real ones, cut, mixed and put elsewhere, for the tests of the readers.
import { assert } from "@std/assert";
import fc from "fast-check";
import { assessMachineCheck } from "./assess/assess_machine_check.ts";
import { FIXTURES, OTHERS } from "./fixtures_test.ts";
import { type MachineCheckFormat, readMachineChecks } from "./read_machine_checks.ts";

/** What texts of a form are made of. */
export function textsOf(format: MachineCheckFormat): string[] {
  const own = FIXTURES.filter((fixture) => fixture.format === format).map(({ text }) => text);
  const others = { apei: [OTHERS.apei, OTHERS.bert], amd: [OTHERS.amd], kernel: [OTHERS.traces] };
  return [...own, ...(others as Partial<Record<MachineCheckFormat, string[]>>)[format] ?? []];
}

/** A text with pieces cut out, put in, and put elsewhere. */
function mutated(text: string): fc.Arbitrary<string> {
  const at = fc.nat(text.length);
  const moved = fc.tuple(at, fc.nat(60)).map(([from, length]) => text.slice(from, from + length));
  const piece = fc.oneof(fc.constant(""), fc.string({ maxLength: 8 }), moved);
  const edits = fc.array(fc.tuple(at, fc.nat(40), piece), { minLength: 1, maxLength: 12 });
  return edits.map((all) =>
    all.reduce(
      (mutant, [from, cut, piece]) => mutant.slice(0, from) + piece + mutant.slice(from + cut),
      text,
    )
  );
}

/** Texts of a form, most of them damaged. */
export function damagedTexts(format: MachineCheckFormat): fc.Arbitrary<string> {
  const texts = textsOf(format);
  const pieces = texts.flatMap((text) => text.split(/(?<=\n)/));
  const units = fc.uint16Array({ maxLength: 20 }).map((all) => String.fromCharCode(...all));
  const noise = fc.oneof(fc.constant("\n"), units);
  return fc.oneof(
    ...texts.map((text) => mutated(text.repeat(2))),
    fc.array(fc.oneof(fc.constantFrom(...pieces), noise), { maxLength: 60 })
      .map((all) => all.join("")),
  );
}

/**
 * Reads many texts as a form, and with the form left to be told: there must be no errors but the
 * project's own, with a place, and each record must have its place and an answer.
 */
export async function fuzzReader(format: MachineCheckFormat, numRuns: number): Promise<void> {
  const placed = /^log:(?:\d+:\d+:)? Expected /;
  await fc.assert(
    fc.asyncProperty(damagedTexts(format), fc.boolean(), async (log, told) => {
      try {
        for await (const found of readMachineChecks(log, told ? { format } : {})) {
          assert(found.where.first <= found.where.last);
          assert(found.damage.every((each) => placed.test(each)));
          assert(assessMachineCheck(found, { maxPa: 52, keyIdBits: 6 }).grades.length > 0);
        }
      } catch (error) {
        if (!(error instanceof SyntaxError && placed.test(error.message))) throw error;
      }
    }),
    { numRuns },
  );
}
