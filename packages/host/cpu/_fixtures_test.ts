import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { CpuIdentity } from "./cpu_identity.ts";

/**
 * Registers the tests that every reader of a CPU's text passes.
 *
 * @param parse The reader.
 * @param texts Texts that it reads.
 * @param more Further texts, whatever they hold.
 */
export function readerSuite(
  parse: (text: string, name: string) => CpuIdentity,
  texts: readonly string[],
  more: readonly fc.Arbitrary<string>[] = [],
): void {
  Deno.test(`${parse.name}() says nothing of a cut text that the whole does not say`, () => {
    for (const text of texts) {
      const whole = parse(text, "whole");
      for (let length = 0; length < text.length; length++) {
        const part = orSyntaxError(parse, text.slice(0, length));
        if (part !== undefined) assertEquals({ ...whole, ...part }, whole);
      }
    }
  });

  Deno.test(`${parse.name}() throws nothing but SyntaxError`, () => {
    // Not the unit "binary", which takes seconds to set up.
    const unit = fc.nat(0xffff).map((code) => String.fromCharCode(code));
    const anyText = fc.string({ unit });
    const piece = fc.constantFrom(
      ...texts.flatMap((text) => text.split(/(?<=[\n\t -])/)),
      ..."\0 \r : -1 1e3 CPUID 0x0".split(" "),
    );
    const mixed = fc.array(piece, { maxLength: 60 }).map((parts) => parts.join(""));
    const spliced = fc.tuple(
      fc.constantFrom(...texts),
      fc.nat(Math.max(...texts.map(({ length }) => length))),
      fc.nat(20),
      anyText,
    ).map(([text, at, cut, extra]) => text.slice(0, at) + extra + text.slice(at + cut));
    const any = fc.oneof(anyText, mixed, spliced, ...more);
    fc.assert(fc.property(any, (text) => void orSyntaxError(parse, text)), { numRuns: 2000 });
  });
}

function orSyntaxError(parse: (text: string, name: string) => CpuIdentity, text: string) {
  try {
    return parse(text, "text");
  } catch (error) {
    if (!(error instanceof SyntaxError && /^text:\d+:\d+: [A-Z]/.test(error.message))) throw error;
    return undefined;
  }
}
