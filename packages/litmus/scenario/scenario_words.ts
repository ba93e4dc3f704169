import { type Agent, AGENTS, type Data } from "@tdx/core";
import type { HostKeys } from "@tdx/reclaim";
import { type KeyName, KEYS, type Step } from "../model/problem.ts";
import type { Observation } from "./scenario.ts";

// The words of the scenario format, which the parser reads and the printer writes.

/** An operation of the format. */
export interface OperationWord {
  /** The word. */
  readonly word: string;
  /** What it stands for. */
  readonly operation: Step["operation"];
  /** Who can do it. */
  readonly agents: readonly Agent[];
  /** What it always writes, where it is not said. */
  readonly data?: Data;
  /** Whether it goes through private KeyIDs only. */
  readonly privateOnly?: true;
  /** Whether it happens to the memory cell, whatever the KeyID. */
  readonly fault?: true;
}

export { AGENTS };

const SOFTWARE: readonly Agent[] = ["host", "td", "module"];

/** All operations; where two stand for the same one, the first is printed. */
export const OPERATIONS: readonly OperationWord[] = [
  { word: "load", operation: "load", agents: SOFTWARE },
  { word: "store", operation: "store", agents: SOFTWARE },
  { word: "partial-write", operation: "partial-write", agents: SOFTWARE },
  { word: "movdir64b", operation: "movdir64b", agents: SOFTWARE },
  { word: "clflush", operation: "clflush", agents: SOFTWARE },
  { word: "prefetch", operation: "prefetch", agents: SOFTWARE },
  { word: "clear", operation: "clear", agents: ["host", "module"] },
  {
    word: "accept",
    operation: "movdir64b",
    agents: ["module"],
    data: "zeros",
    privateOnly: true,
  },
  { word: "cache-wb", operation: "cache-wb", agents: ["module"], privateOnly: true },
  { word: "page-wbinvd", operation: "page-wbinvd", agents: ["module"] },
  { word: "dma-read", operation: "dma-read", agents: ["device"] },
  { word: "dma-write", operation: "dma-write", agents: ["device"] },
  { word: "dma-partial-write", operation: "dma-partial-write", agents: ["device"] },
  { word: "evict", operation: "evict", agents: ["cache"] },
  { word: "poison", operation: "poison", agents: AGENTS, fault: true },
  { word: "poison-stuck", operation: "poison-stuck", agents: AGENTS, fault: true },
  { word: "corrupt", operation: "corrupt", agents: AGENTS, fault: true },
];

/** The operations that read a value. */
export const READS: ReadonlySet<Step["operation"]> = new Set(["load", "dma-read"]);

/** What a line can first hold and what can be written; nobody writes garbage on purpose. */
export const WRITTEN_DATA: readonly Data[] = ["zeros", "host", "guest", "secret"];

/** What a register can hold. */
export const REGISTER_VALUES: readonly (Data | "poison")[] = [...WRITTEN_DATA, "garbage", "poison"];

/** The names of the keys. */
export const KEY_NAMES: readonly KeyName[] = Object.keys(KEYS) as KeyName[];

/** The names of the private keys. */
export const PRIVATE_KEY_NAMES: readonly KeyName[] = KEY_NAMES.filter((name) =>
  KEYS[name].access === "private"
);

/** The key behind each kind of host KeyIDs, which the setting `hosts` names. */
export const HOST_KEY_NAMES: Readonly<Record<HostKeys, KeyName>> = {
  keyid0: "keyid0",
  shared: "shared",
  "shared-integrity": "integrity",
};

/** All observations. */
export const OBSERVATIONS: readonly Observation[] = ["Never", "Sometimes", "Always"];

/** The agent of a thread that says none, by the thread's name. */
export const AGENT_OF_NAME: ReadonlyMap<string, Agent> = new Map<string, Agent>([
  ...AGENTS.map((agent) => [agent, agent] as const),
  ["td2", "td"],
  ["td3", "td"],
  ["reclaim", "module"],
]);

/** The key of a step that says none: none for the cache, which holds copies under any. */
export function defaultKey(
  thread: { readonly name: string; readonly agent: Agent },
  { operation, fault }: OperationWord,
  hostKeys: HostKeys,
): KeyName | undefined {
  if (fault) return "keyid0";
  if (operation === "clear") return HOST_KEY_NAMES[hostKeys];
  switch (thread.agent) {
    case "host":
    case "device":
      return HOST_KEY_NAMES[hostKeys];
    case "td":
      return thread.name === "td2" || thread.name === "td3" ? thread.name : "td";
    case "module":
      return "td";
    case "cache":
      return undefined;
  }
}
