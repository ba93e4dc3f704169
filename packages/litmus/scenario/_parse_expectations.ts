import { type Mode, MODES } from "@tdx/core";
import type { Settings } from "./_parse_settings.ts";
import type { Expectation } from "./scenario.ts";
import { OBSERVATIONS } from "../model/proposition.ts";
import type { TokenReader } from "./_token_reader.ts";

/** Where a scenario runs. */
type RunsOn = Pick<Settings, "platforms" | "modes">;

/** Reads what is expected, up to the end of the text; the most special comes first. */
export function parseExpectations(reader: TokenReader, runsOn: RunsOn): Expectation[] {
  const expectations: Expectation[] = [];
  const taken = new Set<string>();
  do {
    const start = reader.expect(
      "expect",
      expectations.length === 0 ? "expect" : "expect or the end of the file",
    );
    const expectation = parseExpectation(reader, runsOn);
    for (const place of placesOf(expectation, runsOn)) {
      const rank = `${special(expectation)} ${place}`;
      if (taken.has(rank)) {
        reader.error(`Expected one expectation this special for ${place}, got a second one`, start);
      }
      taken.add(rank);
    }
    expectations.push(expectation);
  } while (reader.next.kind !== "end");
  requireAll(reader, expectations, runsOn);
  return expectations.sort((a, b) => special(b) - special(a));
}

function parseExpectation(reader: TokenReader, runsOn: RunsOn): Expectation {
  const platforms: string[] = [];
  const modes: Mode[] = [];
  const what = "a colon, or a platform or mode that the scenario runs on";
  while (!reader.skip(":")) {
    const token = reader.next;
    const word = reader.oneOf(what, [...runsOn.platforms, ...runsOn.modes]);
    if ([...platforms, ...modes].includes(word)) {
      reader.error(`Expected ${word} once, got it again`, token);
    }
    const mode = MODES.find((mode) => mode === word);
    if (mode === undefined) platforms.push(word);
    else modes.push(mode);
  }
  return { platforms, modes, observation: reader.oneOf("an observation", OBSERVATIONS) };
}

/** A named platform weighs more than a named mode. */
function special({ platforms, modes }: Expectation): number {
  return (platforms.length > 0 ? 2 : 0) + (modes.length > 0 ? 1 : 0);
}

/** The platforms and modes that an expectation speaks of. */
function placesOf(
  { platforms, modes }: Omit<Expectation, "observation">,
  runsOn: RunsOn,
): string[] {
  const ofPlatforms = platforms.length > 0 ? platforms : runsOn.platforms;
  const ofModes = modes.length > 0 ? modes : runsOn.modes;
  return ofPlatforms.flatMap((platform) => ofModes.map((mode) => `${platform} ${mode}`));
}

function requireAll(
  reader: TokenReader,
  expectations: readonly Expectation[],
  runsOn: RunsOn,
): void {
  const expected = new Set(expectations.flatMap((one) => placesOf(one, runsOn)));
  const all = placesOf({ platforms: [], modes: [] }, runsOn);
  const missing = all.find((place) => !expected.has(place));
  if (missing !== undefined) reader.error(`Expected an expectation for ${missing}, got none`);
}
