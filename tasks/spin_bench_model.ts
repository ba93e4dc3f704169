/**
 * The model of the benchmark: four lines that a TD left, two hosts with a key each, a device.
 * Run by itself it prints the Promela text.
 *
 * @module
 */
import { type Agent, type OperationKind, WRITES_DATA } from "@tdx/core";
import { type KeyName, type Machine, type Problem, type Thread, toPromela } from "@tdx/litmus";
import { gnr } from "@tdx/platform-gnr";

const HOST: readonly OperationKind[] = ["load", "store", "partial-write", "movdir64b", "clflush"];
const DEVICE: readonly OperationKind[] = ["dma-read", "dma-write", "dma-partial-write"];

/** Lines that a TD left, two hosts and a device: everything happens at any time, for ever. */
export function endlessProblem(lines: number): Problem {
  return {
    name: `${lines} lines, two hosts and a device`,
    lines: Array.from({ length: lines }, (_, line) => ({
      name: `X${line}`,
      content: { key: "td", data: "secret" },
    })),
    threads: [
      forever(lines, "host A", "host", HOST, "keyid0"),
      forever(lines, "host B", "host", HOST, "shared"),
      forever(lines, "device", "device", DEVICE, "keyid0"),
    ],
    registers: [],
    speculation: ["keyid0", "shared"],
    seamNr: false,
  };
}

/** The model of the benchmark. */
export const PROBLEM: Problem = endlessProblem(4);

/** A machine on which nothing here is a machine check, so that pan's defaults search everything. */
export const MACHINE: Machine = { platform: gnr, mode: "Ci", policy: "never" };

if (import.meta.main) console.log(toPromela(PROBLEM, MACHINE).trimEnd());

function forever(
  lines: number,
  name: string,
  agent: Agent,
  kinds: readonly OperationKind[],
  key: KeyName,
): Thread {
  const steps = Array.from({ length: lines }, (_, line) => line).flatMap((line) =>
    kinds.map((operation) => ({
      operation,
      line,
      key,
      ...(WRITES_DATA.has(operation) ? { data: "host" as const } : {}),
    }))
  );
  return { name, agent, after: [], kind: "any", steps };
}
