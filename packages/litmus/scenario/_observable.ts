import type { Agent } from "@tdx/core";
import type { Token } from "./_lexer.ts";
import type { Problem } from "../model/problem.ts";
import type { Formula } from "./scenario.ts";
import { READS } from "./scenario_words.ts";
import type { TokenReader } from "./_token_reader.ts";

/** Refuses a statement that no step of the problem can ever make true: it would say nothing. */
export function refuseUnobservable(
  reader: TokenReader,
  token: Token,
  formula: Formula,
  problem: Problem,
): void {
  const missing = missingFor(formula, problem);
  if (missing === undefined) return;
  const { text } = token;
  const statement = "line" in formula ? `${text} ${problem.lines[formula.line]!.name}` : text;
  reader.error(`Expected ${missing}, without which ${statement} never holds, got none`, token);
}

function missingFor(formula: Formula, problem: Problem): string | undefined {
  switch (formula.kind) {
    case "mc":
      return reads(problem, ["host"]) ? undefined : "a load by the host";
    case "td-mc":
      return reads(problem, ["td", "module"]) ? undefined : "a load by a TD";
    case "retired":
      if (!reads(problem, ["td"], formula.line)) return "a load of the line by a TD";
      return problem.seamNr ? undefined : "the setting seam-nr yes";
    case "lost":
      if (!writesHostData(problem, formula.line)) {
        return "a write of host to the line by the host or a device";
      }
      return reads(problem, ["host", "device"], formula.line)
        ? undefined
        : "a read of the line by the host or a device";
    default:
      return undefined;
  }
}

/** Whether one of the agents reads the line, or any line where none is given. */
function reads({ threads }: Problem, agents: readonly Agent[], line?: number): boolean {
  return threads.some(({ agent, steps }) =>
    agents.includes(agent) &&
    steps.some((step) => READS.has(step.operation) && (line ?? step.line) === step.line)
  );
}

function writesHostData({ threads }: Problem, line: number): boolean {
  return threads.some(({ agent, steps }) =>
    (agent === "host" || agent === "device") &&
    steps.some((step) => step.data === "host" && step.line === line)
  );
}
