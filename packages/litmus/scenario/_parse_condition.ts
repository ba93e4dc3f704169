import type { Token } from "./_lexer.ts";
import { refuseUnobservable } from "./_observable.ts";
import type { Problem } from "../model/problem.ts";
import type { Condition, Formula } from "./scenario.ts";
import { REGISTER_VALUES } from "./scenario_words.ts";
import type { TokenReader } from "./_token_reader.ts";

const MAX_DEPTH = 64;
/** The statements about nothing but the machine, and those about a line. */
const OF_MACHINE = ["mc", "td-mc"] as const;
const OF_LINE = ["retired", "poison", "lost"] as const;

/** Reads the condition: a quantifier and a formula. */
export function parseCondition(reader: TokenReader, problem: Problem): Condition {
  const start = reader.position;
  const not = reader.skip("~") ? "~" : "";
  const word = reader.oneOf("a quantifier", not ? ["exists"] : ["exists", "forall"]);
  const formula = new FormulaParser(reader, problem).parse();
  const quantifier = not ? "~exists" : word;
  return { quantifier, formula, text: reader.textSince(start) };
}

/** `~` binds closest, then `/\`, then `\/`. */
class FormulaParser {
  constructor(readonly reader: TokenReader, readonly problem: Problem) {}

  parse(): Formula {
    return this.#or(0);
  }

  #or(depth: number): Formula {
    return this.#chain("or", "\\/", () => this.#chain("and", "/\\", () => this.#not(depth)));
  }

  #chain(kind: "and" | "or", sign: string, operand: () => Formula): Formula {
    const of = [operand()];
    while (this.reader.skip(sign)) of.push(operand());
    return of.length === 1 ? of[0]! : { kind, of };
  }

  #not(depth: number): Formula {
    const { reader } = this;
    if (depth > MAX_DEPTH) {
      reader.error(`Expected at most ${MAX_DEPTH} levels of ( and ~, got one more`);
    }
    if (reader.skip("~")) return { kind: "not", of: this.#not(depth + 1) };
    if (!reader.skip("(")) return this.#statement();
    const formula = this.#or(depth + 1);
    reader.expect(")", "/\\, \\/ or )");
    return formula;
  }

  #statement(): Formula {
    const { reader, problem } = this;
    const expected = `a statement (${[...OF_MACHINE, ...OF_LINE].join(", ")}, THREAD:REGISTER)`;
    if (reader.next.kind !== "word") reader.fail(expected);
    const start = reader.take();
    if (reader.at(":")) return this.#register(start);
    const formula = this.#about(start.text) ?? reader.fail(expected, start);
    refuseUnobservable(reader, start, formula, problem);
    return formula;
  }

  #about(kind: string): Formula | undefined {
    const ofMachine = OF_MACHINE.find((known) => known === kind);
    if (ofMachine !== undefined) return { kind: ofMachine };
    const ofLine = OF_LINE.find((known) => known === kind);
    return ofLine === undefined ? undefined : { kind: ofLine, line: this.#line() };
  }

  #line(): number {
    const names = this.problem.lines.map(({ name }) => name);
    return names.indexOf(this.reader.oneOf("a line", names));
  }

  #register(thread: Token): Formula {
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
