import type { Token } from "./_lexer.ts";
import type { Agent } from "@tdx/core";
import { type Problem, READS_DATA } from "../model/problem.ts";
import type { Atom, Proposition } from "../model/proposition.ts";
import type { ScenarioCondition } from "./scenario.ts";
import { REGISTER_VALUES } from "./scenario_words.ts";
import type { TokenReader } from "./_token_reader.ts";

const MAX_DEPTH = 64;
/** The statements about nothing but the machine, and those about a line. */
const OF_MACHINE = ["mc", "td-mc"] as const;
const OF_LINE = ["retired", "poison", "lost"] as const;

/** Reads the condition: a quantifier and a proposition. */
export function parseCondition(reader: TokenReader, problem: Problem): ScenarioCondition {
  const start = reader.position;
  const not = reader.skip("~") ? "~" : "";
  const word = reader.oneOf("a quantifier", not ? ["exists"] : ["exists", "forall"]);
  const proposition = new PropositionParser(reader, problem).parse();
  const quantifier = not ? "~exists" : word;
  return { quantifier, proposition, text: reader.textSince(start) };
}

/** `~` binds closest, then `/\`, then `\/`. */
class PropositionParser {
  constructor(readonly reader: TokenReader, readonly problem: Problem) {}

  parse(): Proposition {
    return this.#or(0);
  }

  #or(depth: number): Proposition {
    return this.#chain("or", "\\/", () => this.#chain("and", "/\\", () => this.#not(depth)));
  }

  #chain(kind: "and" | "or", sign: string, operand: () => Proposition): Proposition {
    const of = [operand()];
    while (this.reader.skip(sign)) of.push(operand());
    return of.length === 1 ? of[0]! : { kind, of };
  }

  #not(depth: number): Proposition {
    const { reader } = this;
    if (depth > MAX_DEPTH) {
      reader.error(`Expected at most ${MAX_DEPTH} levels of ( and ~, got one more`);
    }
    if (reader.skip("~")) return { kind: "not", of: this.#not(depth + 1) };
    if (!reader.skip("(")) return this.#statement();
    const proposition = this.#or(depth + 1);
    reader.expect(")", "/\\, \\/ or )");
    return proposition;
  }

  #statement(): Atom {
    const { reader, problem } = this;
    const expected = `a statement (${[...OF_MACHINE, ...OF_LINE].join(", ")}, THREAD:REGISTER)`;
    if (reader.next.kind !== "word") reader.fail(expected);
    const start = reader.take();
    if (reader.at(":")) return this.#register(start);
    const atom = this.#about(start.text) ?? reader.fail(expected, start);
    refuseUnobservable(reader, start, atom, problem);
    return atom;
  }

  #about(kind: string): Atom | undefined {
    const ofMachine = OF_MACHINE.find((known) => known === kind);
    if (ofMachine !== undefined) return { kind: ofMachine };
    const ofLine = OF_LINE.find((known) => known === kind);
    return ofLine === undefined ? undefined : { kind: ofLine, line: this.#line() };
  }

  #line(): number {
    const names = this.problem.lines.map(({ name }) => name);
    return names.indexOf(this.reader.oneOf("a line", names));
  }

  #register(thread: Token): Atom {
    const { reader, problem } = this;
    const names = problem.threads.map(({ name }) => name);
    if (!names.includes(thread.text)) reader.fail(`a thread (${names.join(", ")})`, thread);
    reader.expect(":");
    const prefix = `${thread.text}:`;
    const own = problem.registers.filter((name) => name.startsWith(prefix));
    const known = own.map((name) => name.slice(prefix.length));
    if (known.length === 0) {
      reader.error(`Expected a thread with registers, got ${thread.text}, which has none`, thread);
    }
    const what = `a register of thread ${thread.text}`;
    const register = problem.registers.indexOf(prefix + reader.oneOf(what, known));
    reader.expect("=");
    return { kind: "register", register, value: reader.oneOf("a value", REGISTER_VALUES) };
  }
}

/** Refuses a statement that no step of the problem can ever make true: it would say nothing. */
function refuseUnobservable(
  reader: TokenReader,
  token: Token,
  atom: Atom,
  problem: Problem,
): void {
  const missing = missingFor(atom, problem);
  if (missing === undefined) return;
  const { text } = token;
  const statement = "line" in atom ? `${text} ${problem.lines[atom.line]!.name}` : text;
  reader.error(`Expected ${missing}, without which ${statement} never holds, got none`, token);
}

function missingFor(atom: Atom, problem: Problem): string | undefined {
  switch (atom.kind) {
    case "mc":
      return reads(problem, ["host"]) ? undefined : "a load by the host";
    case "td-mc":
      return reads(problem, ["td", "module"]) ? undefined : "a load by a TD";
    case "retired":
      if (!reads(problem, ["td"], atom.line)) return "a load of the line by a TD";
      return problem.seamNr ? undefined : "the setting seam-nr yes";
    case "lost":
      if (!writesHostData(problem, atom.line)) {
        return "a write of host to the line by the host or a device";
      }
      return reads(problem, ["host", "device"], atom.line)
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
    steps.some((step) => READS_DATA.has(step.operation) && (line ?? step.line) === step.line)
  );
}

function writesHostData({ threads }: Problem, line: number): boolean {
  return threads.some(({ agent, steps }) =>
    (agent === "host" || agent === "device") &&
    steps.some((step) => step.data === "host" && step.line === line)
  );
}
