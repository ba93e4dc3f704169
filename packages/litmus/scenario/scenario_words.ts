import { type Agent, AGENTS, type Data } from "@tdx/core";
import type { HostKeys } from "@tdx/reclaim";
import {
  HOST_KEY_NAMES,
  KEY_NAMES,
  type KeyName,
  KEYS,
  type ThreadStep,
} from "../model/problem.ts";

// The words of the scenario format, which the parser reads and the printer writes.

/** An operation of the format. */
export interface OperationWord {
  /** The word. */
  readonly word: string;
  /** What it stands for. */
  readonly operation: ThreadStep["operation"];
  /** Who can do it. */
  readonly agents: readonly Agent[];
  /** What it always writes, where it is not said. */
  readonly data?: Data;
  /** Whether it goes through private KeyIDs only. */
  readonly privateOnly?: true;
  /** Whether it happens to the memory cell, whatever the KeyID. */
  readonly fault?: true;
}

const SOFTWARE: readonly Agent[] = ["host", "td", "module"];

/** An operation whose word is its own name. */
function word(
  operation: ThreadStep["operation"],
  agents: readonly Agent[],
  more: Pick<OperationWord, "privateOnly" | "fault"> = {},
): OperationWord {
  return { word: operation, operation, agents, ...more };
}

/** All operations; where two stand for the same one, the first is printed. */
export const OPERATION_WORDS: readonly OperationWord[] = [
  word("load", SOFTWARE),
  word("store", SOFTWARE),
  word("partial-write", SOFTWARE),
  word("movdir64b", SOFTWARE),
  word("clflush", SOFTWARE),
  word("prefetch", SOFTWARE),
  word("clear", ["host", "module"]),
  { word: "accept", operation: "movdir64b", agents: ["module"], data: "zeros", privateOnly: true },
  word("cache-wb", ["module"], { privateOnly: true }),
  word("page-wbinvd", ["module"]),
  word("dma-read", ["device"]),
  word("dma-write", ["device"]),
  word("dma-partial-write", ["device"]),
  word("evict", ["cache"]),
  word("poison", AGENTS, { fault: true }),
  word("poison-stuck", AGENTS, { fault: true }),
  word("corrupt", AGENTS, { fault: true }),
];

/** What a line can first hold and what can be written; nobody writes garbage on purpose. */
export const WRITTEN_DATA: readonly Data[] = ["zeros", "host", "guest", "secret"];

/** What a register can hold. */
export const REGISTER_VALUES: readonly (Data | "poison")[] = [...WRITTEN_DATA, "garbage", "poison"];

/** The names of the private keys. */
export const PRIVATE_KEY_NAMES: readonly KeyName[] = KEY_NAMES.filter((name) =>
  KEYS[name].access === "private"
);

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
