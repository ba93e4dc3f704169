// What the TDX module answers, as tables in C inside a Promela model. They are no part of a state: that
// has the number of the module's state alone.
import { hasCode, succeeded } from "@tdx/seam";
import type { Operation } from "@tdx/core";
import { constant } from "./_promela_codes.ts";
import type { Effect, World } from "../teardown/_world.ts";

/** What a status is to a thread, by its number in a model. */
export const ANSWERS = ["SUCCESS", "REFUSED", "OPERAND_BUSY", "INTERRUPTED", "UNKNOWN"] as const;

/** States of the module in one block of the tables. */
const BLOCK = 128;
/** Bits of what is known of a page. */
const PAGE_BITS = { inUse: 1, reachable: 2, pending: 4, takeable: 8 } as const;
/** Bits of what is known of the TD. */
const TD_BITS = { isFatal: 1, keyIsFree: 2, reprogrammed: 4 } as const;

/** The calls of a teardown and what they do to a line, as numbers. */
export class ModuleTables {
  readonly #calls = new Map<string, number>();
  readonly #operations: (readonly Operation[])[] = [[]];
  readonly #effects: number[][] = [];
  /** One more than the number of the last page, vCPU or package. */
  readonly #items: number;

  constructor(readonly world: World) {
    this.#items = Math.max(world.pages.length, world.size.vcpus, world.size.packages);
  }

  /** The constant of a call that is about the item 0; the numbers of the others follow. */
  call(name: string): string {
    this.#numberOf(name);
    return constant(name.replace(/\W/g, "_"));
  }

  #numberOf(name: string): number {
    const known = this.#calls.get(name) ?? this.#calls.size;
    this.#calls.set(name, known);
    return known * this.#items;
  }

  /** Number of what is done to one line; 0 is nothing. */
  operations(operations: readonly Operation[]): number {
    const same = (other: readonly Operation[]) =>
      other.length === operations.length && other.every((each, i) => isSame(each, operations[i]!));
    const known = this.#operations.findIndex(same);
    return known >= 0 ? known : this.#operations.push(operations) - 1;
  }

  /** All that is done to a line, by number. */
  get lineWork(): readonly (readonly Operation[])[] {
    return this.#operations;
  }

  /** What some effects do to the line of each page. */
  byPage(effects: readonly Effect[]): number[] {
    return this.world.pages.map((_, line) =>
      this.operations(
        effects.filter(({ page }) => page < 0 || page === line).map(({ operation }) => operation),
      )
    );
  }

  /** The tables in C, in blocks that SPIN can read: it takes 64 KiB at once. */
  toC(): string {
    const { world } = this;
    this.#effect([]);
    const answers: string[][] = Array.from({ length: world.states }, () => []);
    for (const { call, item, byState } of world.asked()) {
      const number = this.#numberOf(call) + Math.max(0, item);
      byState.forEach((answer, state) => {
        if (answer === undefined) return;
        const { status, next, effects } = answer;
        const row = [number, answerOf(status), next, this.#effect(effects)];
        answers[state]!.push(`{${row.join(", ")}}`);
      });
    }
    const blocks: string[] = [];
    for (let state = 0; state < world.states; state += BLOCK) {
      const some = answers.slice(state, state + BLOCK);
      let first = 0;
      const states = some.map((rows, i) => {
        const text = `{${first}, ${rows.length}, ${this.#state(state + i)}}`;
        first += rows.length;
        return text;
      });
      blocks.push(`c_decl {
  static const Answer ANSWERS_${blocks.length}[] = {
    ${some.map((rows) => rows.join(", ")).filter((row) => row !== "").join(",\n    ")}
  };
  static const ModuleState STATES_${blocks.length}[] = {
    ${states.join(",\n    ")}
  };
}`);
    }
    const all = (name: string) => blocks.map((_, block) => `${name}_${block}`).join(", ");
    const bits = (names: Readonly<Record<string, number>>, parameter: string, of: string) =>
      Object.entries(names).map(([name, bit]) =>
        `#define ${screaming(name)}${parameter} c_expr { ${of} & ${bit} }`
      ).join("\n");
    return `c_decl {
  /* An answer: to which call, the status, the state that follows, the effect. */
  typedef struct { int call, status, next, effect; } Answer;
  /* A state of the module: its answers; bits of the TD: ${bitText(TD_BITS)};
     by vCPU: 0 gone, 1 outside, 2 inside; by page, bits: ${bitText(PAGE_BITS)}. */
  typedef struct { int first, count, td; const char *vcpus, *pages; } ModuleState;
  /* An effect: what it does to the line of each page, by number; 0 is nothing. */
  static const unsigned char EFFECTS[][${world.pages.length + 1}] = {
    ${this.#effects.map((row) => `{${row.join(", ")}}`).join(",\n    ")}
  };
}
${blocks.join("\n")}
c_decl {
  static const Answer *const ANSWERS[] = { ${all("ANSWERS")} };
  static const ModuleState *const STATES[] = { ${all("STATES")} };
  static const ModuleState *state_of(int m) { return &STATES[m / ${BLOCK}][m % ${BLOCK}]; }
  static const Answer *answer_to(int m, int call) {
    static Answer none;
    const ModuleState *state = state_of(m);
    const Answer *answer = ANSWERS[m / ${BLOCK}] + state->first;
    int i;
    for (i = 0; i < state->count; i++)
      if (answer[i].call == call) return answer + i;
    none.status = ${ANSWERS.indexOf("UNKNOWN")};
    none.next = m;
    return &none;
  }
  static int digit(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }
}
/* Nothing here has an effect; the blank before a bracket is for SPIN, which else suspects one. */
${
      [...this.#calls.keys()].map((name) => `#define ${this.call(name)} ${this.#numberOf(name)}`)
        .join("\n")
    }
#define STATUS(c) c_expr { answer_to (now.m, c)->status }
#define NEXT(c) c_expr { answer_to (now.m, c)->next }
#define EFFECT(c) c_expr { EFFECTS[answer_to (now.m, c)->effect][now.line] }
#define VCPU(v) c_expr { digit (state_of(now.m)->vcpus[v]) }
${bits(TD_BITS, "", "state_of (now.m)->td")}
${bits(PAGE_BITS, "(p)", "digit (state_of(now.m)->pages[p])")}
`;
  }

  /** What is known of a state of the module, as its row in C has it. */
  #state(state: number): string {
    const { fatal, keyFree, programmed, running, vcpus } = this.world.view(state);
    const td = (fatal ? TD_BITS.isFatal : 0) |
      (keyFree && programmed === 1 ? TD_BITS.keyIsFree : 0) |
      (programmed > 1 ? TD_BITS.reprogrammed : 0);
    const inside = running.map((epoch, i) => vcpus[i] === "gone" ? 0 : epoch < 0 ? 1 : 2).join("");
    const pages = this.world.pages.map((_, page) => this.#page(state, page).toString(16)).join("");
    return `${td}, "${inside}", "${pages}0"`;
  }

  #effect(effects: readonly Effect[]): number {
    const row = [...this.byPage(effects), 0];
    const known = this.#effects.findIndex((other) => other.every((each, i) => each === row[i]));
    return known >= 0 ? known : this.#effects.push(row) - 1;
  }

  #page(state: number, page: number): number {
    const { inUse, reachable, pending } = this.world.view(state);
    return (inUse[page] ? PAGE_BITS.inUse : 0) | (reachable[page] ? PAGE_BITS.reachable : 0) |
      (pending[page] ? PAGE_BITS.pending : 0) |
      (this.world.takeable(state, page) ? PAGE_BITS.takeable : 0);
  }
}

function answerOf(status: bigint): number {
  const name = succeeded(status)
    ? "SUCCESS"
    : hasCode(status, "OPERAND_BUSY")
    ? "OPERAND_BUSY"
    : hasCode(status, "INTERRUPTED_RESUMABLE")
    ? "INTERRUPTED"
    : "REFUSED";
  return ANSWERS.indexOf(name);
}

function isSame(a: Operation, b: Operation): boolean {
  return a.kind === b.kind && a.data === b.data && a.key.keyId === b.key.keyId &&
    a.key.generation === b.key.generation;
}

function screaming(name: string): string {
  return name.replace(/[A-Z]/g, "_$&").toUpperCase();
}

function bitText(bits: Readonly<Record<string, number>>): string {
  return Object.entries(bits).map(([name, bit]) => `${bit} ${name}`).join(", ");
}
