import {
  defined,
  type FrameChunk,
  type Key,
  type LineState,
  type Operation,
  type PhysicalMemory,
  stepLine,
} from "@tdx/core";
import { policyClears } from "../decide.ts";
import { clearOperation, countsOfResets } from "../reset.ts";
import type { OtherHost } from "./options.ts";
import type { PageWork, TeardownReport } from "./report.ts";

/** Hosts that clear alike, and whose memory behaves alike. */
interface Alike {
  readonly clear: boolean;
  /** Whether the use of a line meets a machine check, by the line before it is reset. */
  readonly meets: Record<"reset" | "as it is", (state: LineState) => boolean>;
  machineChecks: number;
}

/**
 * What a teardown would have come to on other hosts. The module does the same whoever the host is,
 * and a page is used once: what its use would meet there follows from its lines before it is reset
 * and used here.
 */
export class OtherHosts {
  readonly #alike = new Map<string, Alike>();

  constructor(
    readonly memory: PhysicalMemory,
    key: Key,
    readonly others: readonly OtherHost[],
    /** What a use does to each line; the last operation may meet a machine check. */
    use: readonly Operation[],
  ) {
    for (const other of others) {
      const clear = policyClears(other.policy, other.platform);
      const { partialWriteToOwnedLine } = other.platform.memory;
      const environment = { ...memory.line.environment, partialWriteToOwnedLine };
      const meets = (operations: readonly Operation[]) =>
        remember((before) => {
          let step = { state: before, outcome: { machineCheck: false } };
          for (const operation of operations) step = stepLine(step.state, operation, environment);
          return step.outcome.machineCheck;
        });
      const reset = clear ? [clearOperation(key)] : [];
      this.#alike.set(nameOf(other), {
        clear,
        meets: { "reset": meets([...reset, ...use]), "as it is": meets(use) },
        machineChecks: 0,
      });
    }
  }

  /** Pages will be used, after their reset or as they are. */
  use(pages: FrameChunk, how: "reset" | "as it is"): void {
    for (const alike of this.#alike.values()) {
      const count = (found: FrameChunk) => alike.machineChecks += found.count;
      this.memory.forEachPagesWith(alike.meets[how], count, pages);
    }
  }

  /** The report for each of them, from that of the host itself. */
  reports(report: TeardownReport): TeardownReport[] {
    return this.others.map((other) => {
      const { clear, machineChecks } = this.#alike.get(nameOf(other))!;
      const work = ({ pagesReclaimed }: PageWork): PageWork => {
        const { lines, fences } = countsOfResets(pagesReclaimed, clear);
        return { pagesReclaimed, linesCleared: lines, fences };
      };
      return {
        ...report,
        platform: other.platform.name,
        policy: other.policy,
        ...work(report),
        control: work(report.control),
        ...defined({ pamt: report.pamt && work(report.pamt) }),
        machineChecks,
        retiredPages: machineChecks,
      };
    });
  }
}

/** What a use depends on, among what hosts differ in. */
function nameOf({ platform, policy }: OtherHost): string {
  return `${platform.memory.partialWriteToOwnedLine}, ${policyClears(policy, platform)}`;
}

/** Asks once for each state, which memory has one object for. */
function remember(ask: (state: LineState) => boolean): (state: LineState) => boolean {
  const answers = new Map<LineState, boolean>();
  return (state) => {
    let answer = answers.get(state);
    if (answer === undefined) answers.set(state, answer = ask(state));
    return answer;
  };
}
