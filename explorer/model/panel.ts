import { type Agent, type Data, type LineState, WRITES_DATA } from "@tdx/core";
import { type Content, KEY_NAMES, type KeyName, KEYS, OPERATION_WORDS } from "@tdx/litmus";
import type { TermName } from "./glossary.ts";
import type { Act } from "./situation.ts";

/** What each agent can do, in the order of the buttons. A cache evicts what it holds. */
export const OPERATIONS_OF: Readonly<
  Record<"td" | "module" | "host" | "device", readonly Act["operation"][]>
> = {
  td: ["load", "store", "movdir64b", "clflush", "prefetch"],
  module: ["movdir64b", "cache-wb", "page-wbinvd"],
  host: ["load", "store", "partial-write", "clear", "movdir64b", "clflush", "prefetch"],
  device: ["dma-read", "dma-write", "dma-partial-write"],
};

/** The buttons of one agent. */
export interface Panel {
  readonly title: string;
  /** The word of the title that is explained. */
  readonly term?: TermName;
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
 * @param before The acts so far: a key is gone once its KeyID has the next one.
 */
export function panels(
  hostKeys: readonly KeyName[],
  before: readonly Act[],
): readonly Panel[] {
  // A private KeyID outside SEAM is offered too, to see it refused (F1, W6).
  const outside = [...hostKeys, "td" as const];
  const tds: readonly KeyName[] = isReprogrammed(before) ? ["td2", "td3"] : ["td", "td2", "td3"];
  return [
    { title: "TD", term: "td", by: "td", keys: tds },
    { title: "TDX module", term: "module", by: "module", keys: [...tds, "global"] },
    { title: "Host", by: "host", keys: outside },
    { title: "Device", by: "device", keys: outside },
  ];
}

/** The faults, which happen to the memory cell whatever the KeyID. */
export const FAULT_ACTS: readonly Act[] = (["poison", "poison-stuck", "corrupt"] as const).map(
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
 * @param states The line, on each machine in sight.
 * @param line Its index.
 * @param before The acts so far: an eviction encrypts with the key its KeyID has by then.
 */
export function evictions(
  states: readonly LineState[],
  line: number,
  before: readonly Act[],
): readonly Act[] {
  const keyIds = new Set(states.flatMap(({ copies }) => copies.map(({ keyId }) => keyId)));
  return [...keyIds].sort((a, b) => a - b).map((keyId) =>
    actOf("cache", "evict", keyNow(keyId, isReprogrammed(before)), line)
  );
}

/** Whether KeyID 33 has its next key: that of `td` is gone then. */
export function isReprogrammed(before: readonly Act[]): boolean {
  return before.some(({ key }) => key === "td2");
}

/** The name of the key that a KeyID has. */
export function keyNow(keyId: number, reprogrammed: boolean): KeyName {
  if (keyId === KEYS.td.keyId) return reprogrammed ? "td2" : "td";
  return KEY_NAMES.find((name) => KEYS[name].keyId === keyId)!;
}

/**
 * Says why an act cannot be, or nothing where it can.
 *
 * @param act The act.
 * @param before The acts before it.
 */
export function actProblem(act: Act, before: readonly Act[]): string | undefined {
  const { by, operation, key, data } = act;
  const word = OPERATION_WORDS.find((known) => known.operation === operation);
  if (word === undefined || !word.agents.includes(by)) return `${by} does not do ${operation}`;
  if (word.privateOnly && word.data === undefined && KEYS[key].access !== "private") {
    return `${operation} goes through private KeyIDs only`;
  }
  const writes = operation !== "clear" && WRITES_DATA.has(operation);
  if (writes !== (data !== undefined)) {
    return writes ? `${operation} writes something` : `${operation} writes nothing of its own`;
  }
  const isInside = by === "td" || by === "module" || by === "cache";
  if (key === "td" && isInside && isReprogrammed(before)) {
    return `KeyID ${KEYS.td.keyId} has the next TD's key by then`;
  }
  return undefined;
}

/** Says why a line cannot begin with a content, or nothing where it can. */
export function contentProblem({ key, data }: Content): string | undefined {
  const outside = KEYS[key].access === "shared";
  const ofTd = data === "secret" || data === "guest";
  if (outside && ofTd) return "a TD's data is under a private KeyID";
  return !outside && data === "host" ? "host data is under a shared KeyID" : undefined;
}
