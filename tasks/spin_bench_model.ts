/**
 * The model of the benchmark: four lines that a TD left, two hosts with a key each, a device.
 * Run by itself it prints the Promela text.
 *
 * @module
 */
import { type Agent, type OperationKind, WRITES_DATA } from "@tdx/core";
import { type KeyName, type Machine, type Problem, type Thread, toPromela } from "@tdx/litmus";
import { gnr } from "@tdx/platform-gnr";

const LINES = [0, 1, 2, 3];
const HOST: readonly OperationKind[] = ["load", "store", "partialWrite", "movdir64b", "clflush"];
const DEVICE: readonly OperationKind[] = ["deviceRead", "deviceWrite", "devicePartialWrite"];

/** Everything happens at any time, for ever. */
export const PROBLEM: Problem = {
  name: "four lines, two hosts and a device",
  lines: LINES.map((line) => ({ name: `X${line}`, content: { key: "td", data: "secret" } })),
  threads: [
    forever("host A", "host", HOST, "keyid0"),
    forever("host B", "host", HOST, "shared"),
    forever("device", "device", DEVICE, "keyid0"),
  ],
  registers: [],
  speculation: ["keyid0", "shared"],
  seamNr: false,
};

/** A machine on which nothing here is a machine check, so that pan's defaults search everything. */
export const MACHINE: Machine = {
  mode: "Ci",
  clear: false,
  partialWriteToOwnedLine: gnr.memory.partialWriteToOwnedLine,
};

if (import.meta.main) console.log(toPromela(PROBLEM, MACHINE).trimEnd());

function forever(
  name: string,
  agent: Agent,
  kinds: readonly OperationKind[],
  key: KeyName,
): Thread {
  const steps = LINES.flatMap((line) =>
    kinds.map((operation) => ({
      operation,
      line,
      key,
      ...(WRITES_DATA.has(operation) ? { data: "host" as const } : {}),
    }))
  );
  return { name, agent, after: [], kind: "any", steps };
}
