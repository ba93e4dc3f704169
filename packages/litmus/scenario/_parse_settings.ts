import { type Mode, MODES } from "@tdx/core";
import { HOST_KEYS, type HostKeys, POLICIES, type Policy } from "@tdx/reclaim";
import type { Token } from "./_lexer.ts";
import type { TokenReader } from "./_token_reader.ts";

/** Where a scenario runs, and as what host. */
export interface Settings {
  readonly platforms: readonly string[];
  readonly modes: readonly Mode[];
  readonly hostKeys: HostKeys;
  readonly policy: Policy;
  readonly seamNr: boolean;
}

/** The names of the settings. */
export const SETTINGS: readonly string[] = ["platforms", "modes", "hosts", "policy", "seam-nr"];

/** Reads the settings, one per line, each at most once, in any order. */
export function parseSettings(reader: TokenReader, platforms: readonly string[]): Settings {
  let settings: Settings = {
    platforms,
    modes: MODES,
    hostKeys: "keyid0",
    policy: "quirk",
    seamNr: false,
  };
  const seen = new Set<string>();
  while (reader.next.kind === "word" && SETTINGS.includes(reader.next.text)) {
    const setting = reader.take();
    if (seen.has(setting.text)) {
      reader.error(`Expected each setting once, got ${setting.text} again`, setting);
    }
    seen.add(setting.text);
    settings = { ...settings, ...parseSetting(reader, setting, platforms) };
  }
  return settings;
}

function parseSetting(
  reader: TokenReader,
  setting: Token,
  platforms: readonly string[],
): Partial<Settings> {
  switch (setting.text) {
    case "platforms":
      if (!reader.next.first && reader.skip("all")) return endLine(reader, { platforms });
      return { platforms: list(reader, setting, "all or platforms", platforms) };
    case "modes":
      return { modes: list(reader, setting, "modes", MODES) };
    case "hosts":
      return endLine(reader, { hostKeys: value(reader, setting, "the host's KeyIDs", HOST_KEYS) });
    case "policy":
      return endLine(reader, { policy: value(reader, setting, "a policy", POLICIES) });
    default:
      return endLine(reader, { seamNr: value(reader, setting, "an answer", YES_NO) === "yes" });
  }
}

const YES_NO = ["yes", "no"] as const;

function list<T extends string>(
  reader: TokenReader,
  setting: Token,
  what: string,
  words: readonly T[],
): T[] {
  const values = [value(reader, setting, what, words)];
  while (!reader.next.first) {
    const token = reader.next;
    const more = reader.oneOf(what, words);
    if (values.includes(more)) reader.error(`Expected ${more} once, got it again`, token);
    values.push(more);
  }
  return values;
}

/** Reads a value on the same line as its setting. */
function value<T extends string>(
  reader: TokenReader,
  setting: Token,
  what: string,
  words: readonly T[],
): T {
  if (!reader.next.first) return reader.oneOf(what, words);
  const message = `Expected ${what} (${words.join(", ")}), got the end of the line`;
  return reader.error(message, { offset: setting.end });
}

function endLine<T>(reader: TokenReader, settings: T): T {
  return reader.next.first ? settings : reader.fail("the end of the line");
}
