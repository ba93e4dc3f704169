import { type Agent, type Data, type LineState, WRITES_DATA } from "@tdx/core";
import { type KeyName, KEYS, OPERATIONS } from "@tdx/litmus";
import type { Act } from "./situation.ts";

/** The buttons of one agent. */
export interface Panel {
  readonly title: string;
  readonly by: Agent;
  /** What it can do, in the order of the buttons. */
  readonly operations: readonly Act["operation"][];
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
 * The buttons for every operation of TD, TDX module, host, device and cache, and for faults.
 *
 * @param hostKeys The keys that the host uses.
 */
export function panels(hostKeys: readonly KeyName[]): readonly Panel[] {
  // A private KeyID outside SEAM is offered too, to see it refused (F1, W6).
  const outside = [...hostKeys, "td" as const];
  return [
    {
      title: "TD",
      by: "td",
      operations: ["load", "store", "clflush", "prefetch"],
      keys: ["td", "td2", "td3"],
    },
    {
      title: "TDX module",
      by: "module",
      operations: ["movdir64b", "cacheWb", "pageWbinvd"],
      keys: ["td", "td2", "td3", "global"],
    },
    {
      title: "Host",
      by: "host",
      operations: ["load", "store", "partialWrite", "clear", "movdir64b", "clflush", "prefetch"],
      keys: outside,
    },
    {
      title: "Device",
      by: "device",
      operations: ["deviceRead", "deviceWrite", "devicePartialWrite"],
      keys: outside,
    },
  ];
}

/** The faults, which happen to the memory cell whatever the KeyID. */
export const FAULTS: readonly Act[] = ["poisonTransient", "poisonStuck", "corrupt"].map((
  fault,
) => ({
  by: "cache",
  operation: fault as Act["operation"],
  line: 0,
  key: "keyid0",
}));

/** The act behind a button. */
export function actOf(
  by: Agent,
  operation: Act["operation"],
  key: KeyName,
  line: number,
): Act {
  if (operation === "clear" || !WRITES_DATA.has(operation)) return { by, operation, line, key };
  const own = key === "td2" || key === "td3" ? "guest" : OWN_DATA[by];
  // MOVDIR64B is what clears; what else it could write shows nothing more.
  return { by, operation, line, key, data: operation === "movdir64b" ? "zeros" : own };
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
