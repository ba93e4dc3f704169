import { AGENTS, type Data, describeLine, MODES } from "@tdx/core";
import { showLines } from "@tdx/core/text";
import {
  CLOSURE_KEYS,
  type Content,
  KEY_NAMES,
  type KeyName,
  OPERATION_WORDS,
  WRITTEN_DATA,
} from "@tdx/litmus";
import { POLICIES } from "@tdx/reclaim";
import { actProblem, contentProblem } from "./panel.ts";
import { PLATFORM_NAMES } from "./platforms.ts";
import { play } from "./play.ts";
import { type Act, MOST_ACTS, type Settings, type Situation } from "./situation.ts";

/** The version of the links this page writes, and the only one it reads. */
export const LINK_VERSION = "1";
/** As many lines as a scenario can have. */
const MOST_LINES = 8;
const KNOWN_OPERATIONS = [...new Set(OPERATION_WORDS.map(({ operation }) => operation))];
const FIELDS = [
  "v",
  "platform",
  "beside",
  "mode",
  "keys",
  "policy",
  "lines",
  "acts",
  "at",
  "state",
] as const;

/** A permanent link that says no situation. */
export class LinkError extends Error {
  /** Name of the class. */
  override name = "LinkError";

  /** What is wrong; what came with the link is shown as text. */
  constructor(message: string) {
    super(showLines(message));
  }
}

/**
 * Writes a situation as the fragment of a permanent link, without `#`.
 *
 * `state` is a checksum of where the clicks lead, so that a link which leads elsewhere by other
 * rules is noticed.
 */
export function writeLink(situation: Situation): string {
  const { settings, lines, acts, at } = situation;
  const { platform, beside, mode, keys, policy } = settings;
  const fields: Readonly<Record<typeof FIELDS[number], string>> = {
    v: LINK_VERSION,
    platform,
    beside: beside ?? "",
    mode,
    keys,
    policy,
    lines: lines.map(({ name, content }) => `${name}.${content.key}.${content.data}`).join(),
    acts: acts.map((act) => writeAct(act, lines)).join(),
    at: String(at),
    state: checksum(situation),
  };
  return FIELDS.filter((name) => fields[name] !== "")
    .map((name) => `${name}=${encodeURIComponent(fields[name]).replaceAll("%2C", ",")}`).join("&");
}

/**
 * Reads the fragment of a permanent link.
 *
 * @param fragment The fragment, with or without `#`.
 * @returns The situation.
 * @throws {LinkError} Where the link is broken, of another version, or leads to a state that cannot
 * exist.
 */
export function readLink(fragment: string): Situation {
  const fields = readFields(fragment, FIELDS);
  const settings = readSettings(fields);
  const lines = list(fields.get("lines")).map(readContent);
  if (lines.length < 1 || lines.length > MOST_LINES) {
    fail(`1 to ${MOST_LINES} lines`, lines.length);
  }
  const names = lines.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) fail("every line once", `${twice} twice`);
  const steps = list(fields.get("acts"));
  if (steps.length > MOST_ACTS) fail(`at most ${MOST_ACTS} steps`, steps.length);
  const acts: Act[] = [];
  for (const text of steps) {
    const act = readAct(text, names);
    refuse(text, actProblem(act, acts));
    acts.push(act);
  }
  const at = fields.get("at") ?? "0";
  if (!/^\d{1,3}$/.test(at) || Number(at) > acts.length) {
    fail(`at from 0 to ${acts.length}, the number of steps`, at);
  }
  const situation = { settings, lines, acts, at: Number(at) };
  checkState(situation, fields.get("state") ?? "none");
  return situation;
}

function checkState(situation: Situation, said: string): void {
  let reached;
  try {
    reached = checksum(situation);
  } catch (error) {
    throw new LinkError(`${(error as Error).message}: no such step can be`);
  }
  if (said !== reached) {
    throw new LinkError(
      `The link says state ${said}, its steps lead to ${reached} by the rules of this page: ` +
        "it was changed, or made with other rules, and its state cannot exist here",
    );
  }
}

/**
 * Reads the fields of a fragment.
 *
 * @throws {LinkError} Where one is broken or not known, or the version is another.
 */
export function readFields(
  fragment: string,
  known: readonly string[],
): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const field of fragment.replace(/^#/, "").split("&")) {
    const [name = "", value = "", ...rest] = field.split("=");
    if (rest.length > 0) fail("a field as name=value", field);
    if (!known.includes(name)) fail(`one of ${known.join(", ")}`, name);
    if (fields.has(name)) fail("every field once", `${name} twice`);
    fields.set(name, decode(value));
  }
  const version = fields.get("v") ?? "none";
  if (version !== LINK_VERSION) fail(`a link of version ${LINK_VERSION}`, version);
  return fields;
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return fail("percent signs that encode a text", value);
  }
}

function readSettings(fields: ReadonlyMap<string, string>): Settings {
  const beside = fields.get("beside");
  return {
    platform: oneOf("platform", PLATFORM_NAMES, fields.get("platform")),
    beside: beside === undefined ? null : oneOf("beside", PLATFORM_NAMES, beside),
    mode: oneOf("mode", MODES, fields.get("mode")),
    keys: oneOf("keys", CLOSURE_KEYS, fields.get("keys")),
    policy: oneOf("policy", POLICIES, fields.get("policy")),
  };
}

function readContent(text: string): { name: string; content: Content } {
  const [name = "", key, data, ...rest] = text.split(".");
  if (!/^[A-Za-z]\w{0,15}$/.test(name) || rest.length > 0) {
    fail("a line as name.key.content", text);
  }
  const content = {
    key: oneOf("key", KEY_NAMES, key),
    data: oneOf("content", WRITTEN_DATA, data),
  };
  refuse(text, contentProblem(content));
  return { name, content };
}

function writeAct({ by, operation, line, key, data }: Act, lines: Situation["lines"]): string {
  return [by, operation, lines[line]!.name, key, ...(data === undefined ? [] : [data])].join(".");
}

function readAct(text: string, lines: readonly string[]): Act {
  const [by, operation, line = "", key, data, ...rest] = text.split(".");
  if (rest.length > 0) fail("a step as who.operation.line.key or with content", text);
  return {
    by: oneOf("who", AGENTS, by),
    operation: oneOf("operation", KNOWN_OPERATIONS, operation),
    line: lines.indexOf(oneOf("line", lines, line)),
    key: oneOf<KeyName>("key", KEY_NAMES, key),
    ...(data === undefined ? {} : { data: oneOf<Data>("content", WRITTEN_DATA, data) }),
  };
}

function list(text: string | undefined): readonly string[] {
  return text === undefined || text === "" ? [] : text.split(",");
}

function oneOf<T extends string>(name: string, known: readonly T[], value: string | undefined): T {
  const found = known.find((item) => item === value);
  return found ?? fail(`${name} as one of ${known.join(", ")}`, value ?? "none");
}

function refuse(text: string, reason: string | undefined): void {
  if (reason !== undefined) throw new LinkError(`${text}: ${reason}`);
}

/** Throws a {@link LinkError}. */
export function fail(expected: string, got: string | number): never {
  throw new LinkError(`Expected ${expected}, got ${got}`);
}

/** FNV-1a, 32 bits, of where every line ends on every platform: against accidents, not malice. */
function checksum(situation: Situation): string {
  const { platform, beside } = situation.settings;
  const ends = [platform, ...(beside === null ? [] : [beside])].flatMap((name) =>
    play(situation, name).at(-1)!.lines.map(describeLine)
  );
  let hash = 0x811c9dc5;
  for (const code of new TextEncoder().encode(ends.join("\n"))) {
    hash = Math.imul(hash ^ code, 0x01000193) >>> 0;
  }
  return hash.toString(16).padStart(8, "0");
}
