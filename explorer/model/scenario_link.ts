import { fail, LINK_VERSION, LinkError, readFields } from "./link.ts";
import { MOST_CHARACTERS } from "./play_scenario.ts";

/** The longest link that is given out, in characters: mail and chat carry no longer ones. */
export const MOST_LINK: number = 2 ** 15;
const FIELDS = ["v", "scenario"] as const;

/** Whether the fragment of an address holds the text of a scenario. */
export function isScenarioLink(fragment: string): boolean {
  return /[#&]scenario=/.test(fragment);
}

/**
 * Writes the text of a scenario as the fragment of a permanent link, without `#`: compressed, in
 * base64url.
 *
 * @throws {LinkError} Where it is too long for a link.
 */
export async function writeScenarioLink(text: string): Promise<string> {
  if (text.length > MOST_CHARACTERS) refuseLong(text.length);
  const packed = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate"));
  const bytes = new Uint8Array(await new Response(packed).arrayBuffer());
  const characters = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  const code = btoa(characters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  if (code.length > MOST_LINK) {
    fail(`a scenario that fits a link of ${MOST_LINK} characters`, code.length);
  }
  return `v=${LINK_VERSION}&scenario=${code}`;
}

/**
 * Reads the text of a scenario from the fragment of a permanent link.
 *
 * @param fragment The fragment, with or without `#`.
 * @throws {LinkError} Where the link is broken, of another version, or holds too much.
 */
export async function readScenarioLink(fragment: string): Promise<string> {
  const fields = readFields(fragment, FIELDS);
  try {
    const code = fields.get("scenario")!.replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(code), (character) => character.charCodeAt(0));
    return await inflated(bytes);
  } catch (error) {
    if (error instanceof LinkError) throw error;
    // Not base64url, not compressed, its checksum is wrong, or it is no text.
    throw new LinkError("Expected the compressed text of a scenario, got a damaged one");
  }
}

/** A few bytes can unfold to very many: no more are taken than a scenario can have. */
async function inflated(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const decoder = new TextDecoder(undefined, { fatal: true });
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  let text = "";
  for await (const chunk of unpacked) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MOST_CHARACTERS) refuseLong("more");
  }
  return text + decoder.decode();
}

function refuseLong(got: number | "more"): never {
  fail(`a scenario of at most ${MOST_CHARACTERS} characters`, got);
}
