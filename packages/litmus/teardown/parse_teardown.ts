import { POLICIES, type Policy } from "@tdx/reclaim";
import { syntaxError } from "../scenario/_syntax_error.ts";
import { TokenReader } from "../scenario/_token_reader.ts";
import type { Token } from "../scenario/_lexer.ts";
import {
  type Instruction,
  type ItemClass,
  type Leaf,
  LEAVES,
  PAGE_ACTS,
  type Ref,
  type SetRef,
  SETS,
  SETS_OF,
  type ThreadCode,
} from "./_program.ts";

/** A teardown as its text says it; {@link parseTeardown} makes one. */
export interface Teardown {
  /** Its name. */
  readonly name: string;
  /** What it is about; empty where nothing is said. */
  readonly about: string;
  /** When `reset` clears. */
  readonly reset: Policy;
  /** Whether the module has Dynamic PAMT. */
  readonly dynamicPamt: boolean;
  /** The text it was read from. */
  readonly text: string;
}

/** A teardown that can be run. */
export interface Program extends Teardown {
  readonly threads: readonly ThreadCode[];
  /** Names of the locks. */
  readonly locks: readonly string[];
}

const PAMTS = ["static", "dynamic"] as const;
/** Words that begin a statement. */
const STATEMENTS = [
  ...PAGE_ACTS,
  "kick",
  "dead",
  "each",
  "put",
  "lock",
  "unlock",
  "next",
  "stop",
] as const;
const KEYWORDS: ReadonlySet<string> = new Set([
  ...STATEMENTS,
  ...SETS,
  ...Object.keys(SETS_OF),
  ...[
    "thread",
    "after",
    "in",
    "of",
    "then",
    "else",
    "retry",
    "stopped",
    "resume",
    "parallel",
    "all",
  ],
]);
const MAX_THREADS = 8;
const MAX_RETRIES = 10_000;

/**
 * Reads the text of a teardown: a protocol of host threads that make SEAMCALLs, and what becomes of
 * each page. `docs/PROVE.md` has the language.
 *
 * @param text The text.
 * @param options `file` is the name for messages; default `teardown`.
 * @returns The teardown.
 * @throws {SyntaxError} If the text is not a teardown; the message has file, line and column.
 *
 * @example
 * ```ts
 * import { parseTeardown } from "@tdx/litmus";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const text = `TEARDOWN hasty
 * thread zap { each page in guest { TDH.MEM.PAGE.REMOVE page else { leak page next } return page } }`;
 * assertEquals(parseTeardown(text).name, "hasty");
 * assertThrows(() => parseTeardown("TEARDOWN x thread t { TDH.MEM.REMOVE }"), SyntaxError, "1:23");
 * ```
 */
export function parseTeardown(
  text: string,
  { file = "teardown" }: { readonly file?: string } = {},
): Teardown {
  const program = compileTeardown(text, file);
  const { name, about, reset, dynamicPamt } = program;
  const teardown = { name, about, reset, dynamicPamt, text };
  PROGRAMS.set(teardown, program);
  return teardown;
}

const PROGRAMS = new WeakMap<Teardown, Program>();

/** What runs a teardown. */
export function programOf(teardown: Teardown): Program {
  return PROGRAMS.get(teardown) ?? compileTeardown(teardown.text, teardown.name);
}

function compileTeardown(text: string, file: string): Program {
  if (text.trim() === "") {
    const message = "Expected TEARDOWN and the name of the teardown, got an empty file";
    throw syntaxError({ file, text }, 0, message);
  }
  const reader = new TokenReader({ file, text });
  reader.expect("TEARDOWN", "TEARDOWN and the name of the teardown");
  const name = reader.name("the name of the teardown").text;
  const about = reader.next.kind === "sentence" ? reader.take().text : "";
  let reset: Policy = "quirk";
  let dynamicPamt = false;
  while (reader.at("reset") || reader.at("pamt")) {
    if (reader.take().text === "reset") reset = reader.oneOf("when reset clears", POLICIES);
    else dynamicPamt = reader.oneOf("the kind of PAMT", PAMTS) === "dynamic";
  }
  const locks: string[] = [];
  const headers: { readonly token: Token; readonly after: readonly Token[] }[] = [];
  const threads: Omit<ThreadCode, "after">[] = [];
  do {
    reader.expect("thread", threads.length === 0 ? "reset, pamt or thread" : "thread");
    const token = newName(reader, "the name of the thread", headers.map(({ token }) => token.text));
    const after: Token[] = [];
    if (reader.skip("after")) {
      do after.push(reader.name("the name of a thread")); while (reader.skip(","));
    }
    headers.push({ token, after });
    if (headers.length > MAX_THREADS) {
      reader.error(`Expected at most ${MAX_THREADS} threads, got one more`, token);
    }
    threads.push({ name: token.text, ...new Compiler(reader, locks, dynamicPamt).thread() });
  } while (reader.next.kind !== "end");
  const order = waitsFor(reader, headers);
  return {
    name,
    about,
    reset,
    dynamicPamt,
    threads: threads.map((thread, i) => ({ ...thread, after: order[i]! })),
    locks,
    text,
  };
}

function newName(reader: TokenReader, what: string, taken: readonly string[]): Token {
  const token = reader.name(what);
  if (KEYWORDS.has(token.text) || token.text in LEAVES) {
    reader.fail(`${what}, no word of the language`, token);
  }
  if (taken.includes(token.text)) {
    reader.error(`Expected a new name, got ${token.text} again`, token);
  }
  return token;
}

/** The threads behind each `after`; refuses one that would wait for itself. */
function waitsFor(
  reader: TokenReader,
  headers: readonly { readonly token: Token; readonly after: readonly Token[] }[],
): number[][] {
  const names = headers.map(({ token }) => token.text);
  const order = headers.map(({ after }) =>
    after.map((token) => {
      const index = names.indexOf(token.text);
      return index < 0 ? reader.fail(`a thread (${names.join(", ")})`, token) : index;
    })
  );
  const visit = (path: readonly number[]): void => {
    order[path.at(-1)!]!.forEach((next, i) => {
      if (path.includes(next)) {
        const circle = [...path.slice(path.indexOf(next)), next].map((i) => names[i]);
        const token = headers[path.at(-1)!]!.after[i]!;
        reader.error(`Expected threads that can begin, got ${circle.join(" after ")}`, token);
      }
      visit([...path, next]);
    });
  };
  headers.forEach((_, i) => visit([i]));
  return order;
}

/** What a name stands for, in the block that is read. */
interface Scope {
  readonly name: string;
  readonly slot: number;
  readonly of: ItemClass;
  /** The sets whose pages it stands for. */
  readonly sets: readonly SetRef[];
}

type Draft = { -readonly [Key in keyof Instruction]: Instruction[Key] } & Record<string, unknown>;

/** Reads the statements of a thread and makes its code. */
class Compiler {
  readonly #code: Draft[] = [];
  readonly #slots: { name: string; of: ItemClass }[] = [];
  readonly #scopes: Scope[] = [];
  /** Places of the loops around, where `next` goes; -1 for a parallel one. */
  readonly #loops: number[] = [];
  readonly #held: string[] = [];

  constructor(
    readonly reader: TokenReader,
    readonly locks: string[],
    readonly dynamicPamt: boolean,
  ) {}

  thread(): Pick<ThreadCode, "code" | "slots"> {
    this.#block();
    this.#emit({ op: "stop" });
    return { code: this.#code as unknown as Instruction[], slots: this.#slots };
  }

  #emit(instruction: Record<string, unknown>): Draft {
    this.#code.push(instruction as Draft);
    return instruction as Draft;
  }

  #block(): void {
    const { reader } = this;
    reader.expect("{");
    while (!reader.skip("}")) {
      this.#statement();
      reader.skip(";");
    }
  }

  #statement(): void {
    const { reader } = this;
    const from = reader.next.offset;
    const before = this.#code.length;
    const word = reader.next.kind === "word" ? reader.next.text : "";
    if (word in LEAVES) this.#call(reader.take().text as Leaf);
    else {
      if (!(STATEMENTS as readonly string[]).includes(word)) {
        const known = word.startsWith("TDH.")
          ? Object.keys(LEAVES).join(", ")
          : `TDH.…, ${STATEMENTS.join(", ")}`;
        reader.fail(`a statement (${known}) or }`);
      }
      this.#act(reader.take().text as (typeof STATEMENTS)[number]);
    }
    // The first instruction stands for the statement, which ends behind its last token.
    const first = this.#code[before];
    if (first !== undefined) Object.assign(first, { from, until: reader.lastEnd });
  }

  #call(leaf: Leaf): void {
    const { reader } = this;
    const needs = LEAVES[leaf];
    let on: Ref | null = null;
    let key: "td" | "global" | null = null;
    if (needs === "mapped") {
      on = this.#page(leaf, ["guest", "sept"]);
    } else if (needs === "page" || needs === "page and key") {
      on = this.#page(leaf);
      if (needs === "page and key") {
        key = reader.oneOf(`the key of ${leaf}`, ["td", "global"] as const);
      }
    } else if (needs !== "nothing") on = this.#item(leaf, needs);
    let [retry, resume, stopped] = [0, 0, false];
    if (reader.skip("retry")) {
      retry = this.#times();
      stopped = reader.skip("stopped");
    }
    if (reader.skip("resume")) {
      if (leaf !== "TDH.PHYMEM.CACHE.WB") {
        reader.error(`Expected resume behind TDH.PHYMEM.CACHE.WB, got it behind ${leaf}`);
      }
      resume = this.#times();
    }
    const call = this.#emit({ op: "call", leaf, on, key, retry, resume, stopped });
    call.ok = call.fail = this.#code.length;
    if (reader.skip("then")) {
      this.#branch();
      call.fail = this.#code.length;
      if (!reader.at("else")) return;
      const over = this.#emit({ op: "jump" });
      call.fail = this.#code.length;
      reader.skip("else");
      this.#branch();
      over.to = this.#code.length;
    } else if (reader.skip("else")) {
      this.#branch();
      call.ok = this.#code.length;
    }
  }

  /** A block that is left out at times: behind it the thread holds the locks that it held before. */
  #branch(): void {
    const held = [...this.#held];
    this.#block();
    this.#held.splice(0, Infinity, ...held);
  }

  #times(): number {
    const { reader } = this;
    const token = reader.name("how many times");
    const times = /^\d+$/.test(token.text) ? Number(token.text) : NaN;
    if (times >= 1 && times <= MAX_RETRIES) return times;
    return reader.fail(`a whole number from 1 to ${MAX_RETRIES}`, token);
  }

  #act(word: (typeof STATEMENTS)[number]): void {
    const { reader } = this;
    switch (word) {
      case "kick":
      case "dead":
        this.#emit({ op: word });
        return;
      case "stop":
        if (this.#loops.includes(-1)) reader.error("Expected stop outside a parallel loop");
        this.#emit({ op: "stop" });
        return;
      case "next": {
        const loop = this.#loops.at(-1);
        if (loop === undefined) reader.error("Expected next inside each, got it outside");
        this.#emit(loop === -1 ? { op: "exit" } : { op: "jump", to: loop });
        return;
      }
      case "lock":
      case "unlock":
        return this.#lock(word);
      case "each":
        return this.#each();
      case "put": {
        if (!this.dynamicPamt) reader.error("Expected put only with pamt dynamic");
        const put = this.#emit({ op: "put", on: this.#page("put") });
        this.#block();
        put.end = this.#code.length;
        return;
      }
      case "leak":
        if (reader.skip("all")) this.#emit({ op: "leak all" });
        else this.#emit({ op: "leak", on: this.#page("leak") });
        return;
      default:
        this.#emit({ op: word, on: this.#page(word) });
    }
  }

  #lock(op: "lock" | "unlock"): void {
    const { reader } = this;
    const token = reader.name("the name of a lock");
    const name = token.text;
    const held = this.#held.indexOf(name);
    if (op === "lock" && held >= 0) {
      reader.error(
        `Expected a lock that the thread does not hold, got ${name}: it would wait for itself`,
        token,
      );
    }
    if (op === "unlock" && held < 0) {
      reader.error(`Expected a lock that the thread holds, got ${name}`, token);
    }
    if (op === "lock") this.#held.push(name);
    else this.#held.splice(held, 1);
    if (!this.locks.includes(name)) this.locks.push(name);
    this.#emit({ op, lock: this.locks.indexOf(name) });
  }

  #each(): void {
    const { reader } = this;
    const token = newName(reader, "a name for each", this.#scopes.map(({ name }) => name));
    reader.expect("in");
    const sets: SetRef[] = [];
    do sets.push(this.#set(sets)); while (reader.skip(","));
    const of = classOf(sets[0]!);
    const slot = this.#slots.push({ name: token.text, of }) - 1;
    const parallel = reader.skip("parallel");
    if (parallel && this.#loops.includes(-1)) {
      reader.error("Expected one parallel loop in the other at most");
    }
    this.#scopes.push({ name: token.text, slot, of, sets });
    const head = this.#emit({ op: parallel ? "fork" : "enter", slot, sets });
    const each = parallel ? head : this.#emit({ op: "each", slot, sets });
    if (parallel) this.#emit({ op: "join", slot, sets });
    this.#loops.push(parallel ? -1 : this.#code.length - 1);
    this.#block();
    this.#emit(parallel ? { op: "exit" } : { op: "jump", to: this.#loops.at(-1)! });
    this.#loops.pop();
    this.#scopes.pop();
    head.end = each.end = this.#code.length;
    if (parallel) this.#code[this.#code.indexOf(head) + 1]!.end = this.#code.length;
  }

  #set(others: readonly SetRef[]): SetRef {
    const { reader } = this;
    const token = reader.next;
    const set = reader.oneOf("what it goes through", [
      ...SETS,
      ...Object.keys(SETS_OF) as (keyof typeof SETS_OF)[],
    ]);
    let of = -1;
    if (set in SETS_OF) {
      reader.expect("of", `of and the ${SETS_OF[set as keyof typeof SETS_OF]} that has them`);
      of = (set === "pair" ? this.#page("pair of") : this.#item(`${set} of`, "vcpu")).slot;
    }
    const ref = { set, of };
    if (others.length > 0 && classOf(others[0]!) !== classOf(ref)) {
      reader.error(`Expected sets of the same things, got ${others[0]!.set} and ${set}`, token);
    }
    return ref;
  }

  #page(what: string, only?: readonly string[]): Ref {
    const { reader } = this;
    const token = reader.next;
    if (only === undefined) {
      if (reader.skip("tdr")) return { slot: -1 };
    }
    const ref = this.#item(what, "page");
    const { sets } = this.#scopes.find(({ slot }) => slot === ref.slot)!;
    if (only !== undefined && !sets.every(({ set }) => only.includes(set))) {
      reader.error(`Expected a page of ${only.join(" or ")} for ${what}, got ${token.text}`, token);
    }
    return ref;
  }

  #item(what: string, of: ItemClass): Ref {
    const { reader } = this;
    const fitting = this.#scopes.filter((scope) => scope.of === of);
    const found = fitting.find(({ name }) => reader.at(name));
    if (found === undefined) {
      const names = [...fitting.map(({ name }) => name), ...(of === "page" ? ["tdr"] : [])];
      const hint = names.length > 0 ? names.join(", ") : `a name of each … in a set of them`;
      return reader.fail(`the ${of} of ${what} (${hint})`);
    }
    reader.take();
    return { slot: found.slot };
  }
}

function classOf({ set }: SetRef): ItemClass {
  return set === "vcpus" ? "vcpu" : set === "packages" ? "package" : "page";
}
