import { type Agent, type Data, type LineState, WRITES_DATA } from "@tdx/core";
import { type KeyName, KEYS, OPERATIONS } from "@tdx/litmus";
import type { Act } from "./situation.ts";

/** What each agent can do, in the order of the buttons. A cache evicts what it holds. */
export const OPERATIONS_OF: Readonly<
  Record<"td" | "module" | "host" | "device", readonly Act["operation"][]>
> = {
  td: ["load", "store", "movdir64b", "clflush", "prefetch"],
  module: ["movdir64b", "cacheWb", "pageWbinvd"],
  host: ["load", "store", "partialWrite", "clear", "movdir64b", "clflush", "prefetch"],
  device: ["deviceRead", "deviceWrite", "devicePartialWrite"],
};

/** The buttons of one agent. */
export interface Panel {
  readonly title: string;
  readonly by: keyof typeof OPERATIONS_OF;
  /** The keys it can do it through, the usual one first. */
  readonly keys: readonly KeyName[];
}

/** What an agent writes, unless it is said otherwise. */
const OWN_DATA: Readonly<Record<Agent, Data>> = {
  host: "host",
  device: "host",
  td: "secret",
  module: "zeros",
  cache: "zeros",
};

/**
 * The buttons of TD, TDX module, host and devices.
 *
 * @param hostKeys The keys that the host uses.
 */
export function panels(hostKeys: readonly KeyName[]): readonly Panel[] {
  // A private KeyID outside SEAM is offered too, to see it refused (F1, W6).
  const outside = [...hostKeys, "td" as const];
  return [
    { title: "TD", by: "td", keys: ["td", "td2", "td3"] },
    { title: "TDX module", by: "module", keys: ["td", "td2", "td3", "global"] },
    { title: "Host", by: "host", keys: outside },
    { title: "Device", by: "device", keys: outside },
  ];
}

/** The faults, which happen to the memory cell whatever the KeyID. */
export const FAULTS: readonly Act[] = (["poisonTransient", "poisonStuck", "corrupt"] as const).map(
  (operation) => ({ by: "cache", operation, line: 0, key: "keyid0" }),
);

/** The act behind a button. */
export function actOf(
  by: Agent,
  operation: Act["operation"],
  key: KeyName,
  line: number,
): Act {
  if (operation === "clear" || !WRITES_DATA.has(operation)) return { by, operation, line, key };
  // The host's MOVDIR64B is what clears; what else it could write shows nothing more.
  if (by === "host" && operation === "movdir64b") {
    return { by, operation, line, key, data: "zeros" };
  }
  const isOther = by === "td" && key !== "td";
  return { by, operation, line, key, data: isOther ? "guest" : OWN_DATA[by] };
}

/**
 * The evictions that can happen: one for each copy in the caches.
 *
 * @param state The line.
 * @param line Its index.
 * @param before The acts so far: an eviction encrypts with the key its KeyID has by then.
 */
export function evictions(state: LineState, line: number, before: readonly Act[]): readonly Act[] {
  const reprogrammed = before.some(({ key }) => key === "td2");
  return state.copies.map(({ keyId }) => ({
    by: "cache",
    operation: "evict",
    line,
    key: keyOf(keyId, reprogrammed),
  }));
}

function keyOf(keyId: number, reprogrammed: boolean): KeyName {
  if (keyId === KEYS.td.keyId) return reprogrammed ? "td2" : "td";
  return (Object.keys(KEYS) as KeyName[]).find((name) => KEYS[name].keyId === keyId)!;
}

/**
 * Says why an act is none that can be, or nothing where it can.
 *
 * @param act The act.
 */
export function refusal({ by, operation, key, data }: Act): string | undefined {
  const word = OPERATIONS.find((known) => known.operation === operation);
  if (word === undefined || !word.agents.includes(by)) return `${by} does no ${operation}`;
  if (word.privateOnly && word.data === undefined && KEYS[key].access !== "private") {
    return `${operation} goes through private KeyIDs only`;
  }
  const writes = operation !== "clear" && WRITES_DATA.has(operation);
  if (writes !== (data !== undefined)) {
    return writes ? `${operation} writes something` : `${operation} writes nothing of its own`;
  }
  return undefined;
}
