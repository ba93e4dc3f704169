import { type KeyName, KEYS, type Problem } from "../model/problem.ts";
import { HOST_KEY_NAMES, KEY_NAMES, OPERATIONS } from "./scenario_words.ts";
import type { HostKeys } from "@tdx/reclaim";

/**
 * The keys under which a host may read speculatively (rule K8): those it maps the lines with, which
 * are its own and the shared ones of all steps of host and devices.
 */
export function speculationKeys(threads: Problem["threads"], hostKeys: HostKeys): KeyName[] {
  const keys = new Set<KeyName>([HOST_KEY_NAMES[hostKeys]]);
  for (const { agent, steps } of threads) {
    for (const { operation, key } of steps) {
      const outside = agent === "host" || agent === "device" || operation === "clear";
      if (outside && !FAULTS.has(operation)) keys.add(key);
    }
  }
  return KEY_NAMES.filter((name) => keys.has(name) && KEYS[name].access === "shared");
}

// A fault goes through no mapping; the key of its step says nothing.
const FAULTS = new Set(OPERATIONS.filter(({ fault }) => fault).map(({ operation }) => operation));
