// What may happen to the line of a page by itself, as Promela: the rules of the line, step by step.
import {
  type Agent,
  defined,
  describeOperation,
  type Operation,
  type OperationKind,
} from "@tdx/core";
import { HOLDER } from "../teardown/_system.ts";
import { KEY_NAMES, type KeyName, KEYS } from "../model/problem.ts";
import { comment } from "./_promela_codes.ts";
import { isOutside, reads } from "./_promela_operations.ts";
import { apply } from "./_promela_threads.ts";

/** The keys of the host, of the TD, of the two other TDs, and of the module. */
export const TEARDOWN_KEYS: readonly KeyName[] = ["keyid0", "td", "td2", "td3", "global"];

/** The KeyIDs under which a line can be cached. */
export const TEARDOWN_KEY_IDS: readonly number[] = [
  ...new Set(TEARDOWN_KEYS.map((name) => KEYS[name].keyId)),
];

/** What is done to the line at once: operations that a call or the host made, one after the other. */
export function lineWork(operations: readonly Operation[]): string[] {
  return operations.flatMap((operation) => apply(operation, keyName(operation), 0));
}

function keyName({ key }: Operation): KeyName {
  return KEY_NAMES.find((name) =>
    KEYS[name].keyId === key.keyId && KEYS[name].generation === key.generation
  )!;
}

// Who has the page of the line, once the host was given it.
const USERS: readonly (readonly [name: string, user: number, key: KeyName, when: string])[] = [
  ["second TD", 1, "td3", "TAKEABLE(now.line)"],
  ["third TD", 2, "td2", "TAKEABLE(now.line) && REPROGRAMMED"],
];

/** What uses a line: name, and its options. */
export function lineProcesses(): [string, string[]][] {
  const host = `HOST_HAS && user == 0`;
  return [
    ["caches", [
      ...TEARDOWN_KEYS.map((name) => {
        const when = name === "td" ? " && !REPROGRAMMED" : name === "td2" ? " && REPROGRAMMED" : "";
        return step("cache", "evict", name, `l0.present_${KEYS[name].keyId}${when}`);
      }),
      step("host", "prefetch", "keyid0", "line < PAGES"),
    ]],
    ["guest_touches", [
      step("td", "load", "td", "REACHABLE(now.line)"),
      step("td", "store", "td", "REACHABLE(now.line)", "secret"),
    ]],
    ["host_uses", [
      ...(["load", "clflush"] as const).map((kind) => step("host", kind, "keyid0", host)),
      ...(["store", "partial-write", "movdir64b"] as const).map((kind) =>
        step("host", kind, "keyid0", host, "host")
      ),
    ]],
    ["device_uses", [
      step("device", "dma-read", "keyid0", host),
      ...(["dma-write", "dma-partial-write"] as const).map((kind) =>
        step("device", kind, "keyid0", host, "host")
      ),
    ]],
    ...USERS.map(([name, user, key, when]): [string, string[]] => [name.replace(" ", "_"), [
      step("module", "movdir64b", key, `${host} && ${when}`, undefined, `user = ${user}`),
      step("td", "load", key, `HOST_HAS && user == ${user}`),
      step("td", "store", key, `HOST_HAS && user == ${user}`, "guest"),
    ]]),
  ];
}

/** One option: an operation on the line, and what is asked of it. */
function step(
  by: Agent,
  kind: OperationKind,
  name: KeyName,
  guard: string,
  data?: "secret" | "host" | "guest",
  then?: string,
): string {
  const operation: Operation = { kind, by, key: KEYS[name], ...defined({ data }) };
  const [take, act, put] = apply(operation, name, 0) as [string, string, string];
  const asked = reads(operation)
    ? [`if
     :: value == SECRET${isOutside(by) ? "" : " && user > 0"} -> assert(plaintext)
     :: else
     fi`]
    : [];
  // Who consumes poison does not go on: the line stays as it was.
  const work = kind === "load"
    ? [
      "keep_memory()",
      take,
      act,
      ...asked,
      `if
     :: consumed -> give_memory()${by === "host" ? "; assert(machine_check)" : ""}
     :: else -> ${put}
     fi`,
      "forget_kept()",
    ]
    : [take, act, put, ...asked];
  return option(
    describeOperation(operation),
    guard,
    [...work, ...(then === undefined ? [] : [then]), "forget()"],
  );
}

/** One option of a process. */
export function option(text: string, guard: string, work: readonly string[]): string {
  return `  ${comment(text)}\n  :: d_step { ${guard} ->\n     ${work.join(";\n     ")} }`;
}

/** The line's memory, kept for one step; and what is asked of the line. */
export function lineInlines(): string {
  const fields = ["key", "data", "owner", "mac", "poison"];
  const each = (work: (field: string) => string) => fields.map(work).join("; ");
  return `unsigned k_key : 3, k_data : 3, k_owner : 1, k_mac : 1, k_poison : 3;
inline keep_memory() { ${each((field) => `k_${field} = l0.${field}`)} }
inline give_memory() { ${each((field) => `l0.${field} = k_${field}`)} }
inline forget_kept() { ${each((field) => `k_${field} = 0`)} }
#define HOST_HAS (line < PAGES && holder[line] == ${HOLDER.back})
#define DIRTY_UNDER_TD_KEY l0.dirty_${KEYS.td.keyId}
/* A private line is dirty whose TD has the page no longer. */
#define FOREIGN_DIRTY (l0.dirty_${KEYS.global.keyId} || (l0.dirty_${KEYS.td.keyId} && user != 2) \\
  || (l0.dirty_${KEYS.td3.keyId} && user != 1))
`;
}
