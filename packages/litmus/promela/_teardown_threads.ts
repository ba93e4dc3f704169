// The threads of a teardown as Promela: a process for each, with its counters as variables.
import { callName, isPageLeaf, RACES } from "../teardown/_calls.ts";
import { HOLDER, MOST_TRIES, type SystemOptions } from "../teardown/_system.ts";
import type { Instruction, Loop, Ref, SetRef } from "../teardown/_program.ts";
import type { Fork, Threads } from "../teardown/_threads.ts";
import { comment } from "./_promela_codes.ts";
import type { ModuleTables } from "./_teardown_tables.ts";

/** A lane of the threads, with the names of its variables. */
class PromelaLane {
  constructor(readonly threads: Threads, readonly lane: number) {}

  get thread(): number {
    return this.threads.lanes[this.lane]!.thread;
  }
  get code(): readonly Instruction[] {
    return this.threads.program.threads[this.thread]!.code;
  }
  /** The instructions that it runs: a lane of a parallel loop what is inside, its thread the rest. */
  get steps(): (readonly [number, Instruction])[] {
    const { forks } = this.threads;
    const inside = ({ loop }: Fork, pc: number) =>
      pc >= this.code.indexOf(loop as Instruction) + 2 && pc < loop.end;
    const own = forks.find(({ lanes }) => lanes.includes(this.lane));
    const others = forks.filter(({ thread }) => thread === this.thread);
    return [...this.code.entries()].filter(([pc]) =>
      own === undefined ? !others.some((fork) => inside(fork, pc)) : inside(own, pc)
    );
  }
  get slots(): readonly number[] {
    return this.threads.program.threads[this.thread]!.slots.map((_, slot) => slot);
  }
  /** Where the counter is when the lane is over. */
  get end(): number {
    return this.code.length;
  }
  get pc(): string {
    return `pc_${this.lane}`;
  }
  get tries(): string {
    return `tries_${this.lane}`;
  }
  item(slot: number): string {
    return `item_${this.lane}_${slot}`;
  }
  left(slot: number): string {
    return `left_${this.lane}_${slot}`;
  }
  set(slot: number): string {
    return `set_${this.lane}_${slot}`;
  }
  /** The page, vCPU or package that a name stands for. */
  of({ slot }: Ref): string {
    return slot < 0 ? `${this.threads.world.tdrPage}` : this.item(slot);
  }
  /** The same in C. */
  inC({ slot }: Ref): string {
    return slot < 0 ? `${this.threads.world.tdrPage}` : `now.${this.item(slot)}`;
  }
  variables(): string[] {
    return [this.pc, this.tries, ...this.slots.flatMap((slot) => this.slotVariables(slot))];
  }
  /** The variables of a slot; of a parallel loop each lane has its item alone. */
  slotVariables(slot: number): string[] {
    const { op, sets } = this.threads.loopOf(this.thread, slot);
    if (op === "fork") return [this.item(slot)];
    return [this.item(slot), this.left(slot), ...(sets.length > 1 ? [this.set(slot)] : [])];
  }
}

/** The threads of a teardown as Promela. */
export class PromelaThreads {
  readonly #lanes: readonly PromelaLane[];

  constructor(
    readonly threads: Threads,
    readonly tables: ModuleTables,
    readonly options: Pick<SystemOptions, "faults" | "fail" | "busy">,
    /** Number of what a clear does to a line. */
    readonly clear: number,
  ) {
    this.#lanes = threads.lanes.map((_, lane) => new PromelaLane(threads, lane));
  }

  /** The variables of the threads, and what is asked of them. */
  declarations(): string {
    const { program } = this.threads;
    const bits = (most: number) => Math.max(1, Math.ceil(Math.log2(most + 1)));
    const lanes = this.#lanes.map((lane, i) => {
      const first = i < program.threads.length ? 0 : lane.end;
      const name = program.threads[lane.thread]!.name;
      return [
        comment(`${name}${first === 0 ? "" : ", one of a parallel loop"}, ends at ${lane.end}`),
        `unsigned ${lane.pc} : ${bits(lane.end)} = ${first}, ${lane.tries} : ${bits(MOST_TRIES)};`,
        ...lane.slots.map((slot) => {
          const { sets } = this.threads.loopOf(lane.thread, slot);
          const items = this.threads.values(lane.thread, slot);
          const widths = [bits(Math.max(...items)), items.length, bits(sets.length - 1)];
          const fields = lane.slotVariables(slot).map((name, i) => `${name} : ${widths[i]}`);
          const { name } = program.threads[lane.thread]!.slots[slot]!;
          return `unsigned ${fields.join(", ")}; ${comment(name)}`;
        }),
      ].join("\n");
    });
    const begun = program.threads.map(({ after }, thread) => {
      const over = after.map((other) => this.#over(this.#lanes[other]!));
      return `#define BEGUN_${thread} (${over.join(" && ") || "true"})`;
    });
    const main = this.#lanes.slice(0, program.threads.length);
    return [
      ...program.locks.map((name, i) => `bit lock_${i}; ${comment(name)}`),
      ...lanes,
      ...begun,
      `#define OVER (${main.map((lane) => this.#over(lane)).join(" && ")})`,
      `#define STUCK (${this.#lanes.map((lane) => this.#waits(lane)).join(" && ")})`,
    ].join("\n");
  }

  #over(lane: PromelaLane): string {
    return `${lane.pc} == ${lane.end}`;
  }

  /** Whether a lane is over, or waits for another one. */
  #waits(lane: PromelaLane): string {
    const waits = lane.steps.flatMap(([pc, instruction]) =>
      instruction.op === "lock"
        ? [`(${lane.pc} == ${pc} && lock_${instruction.lock})`]
        : instruction.op === "join"
        ? [`${lane.pc} == ${pc}`]
        : []
    );
    return `(${[this.#over(lane), `!BEGUN_${lane.thread}`, ...waits].join(" || ")})`;
  }

  /** What nobody else can see: loops, jumps, beginnings and ends of threads. */
  settle(): string {
    const options = this.#lanes.flatMap((lane) =>
      lane.steps.flatMap(([pc, instruction]) => this.#silent(lane, instruction, pc))
    );
    return `inline settle() {
  do
${
      options.map(([guard, ...work]) => `  :: d_step { ${guard} ->\n     ${work.join("; ")} }`)
        .join("\n")
    }
  :: else -> break
  od
}`;
  }

  #silent(lane: PromelaLane, instruction: Instruction, pc: number): string[][] {
    const at = `${lane.pc} == ${pc} && BEGUN_${lane.thread}`;
    switch (instruction.op) {
      case "enter": {
        const { slot, sets } = instruction;
        return this.#sizes(lane, sets[0]!).map(([owners, size]) => [
          `${at}${owners}`,
          `${lane.left(slot)} = ${2 ** size - 1}`,
          ...(sets.length > 1 ? [`${lane.set(slot)} = 0`] : []),
          `${lane.pc} = ${pc + 1}`,
        ]);
      }
      case "each":
        return this.#each(lane, instruction, at, pc);
      case "jump":
        return [[at, `${lane.pc} = ${instruction.to}`]];
      case "stop":
      case "exit":
        return [[at, ...this.#clear(lane.variables().slice(1)), `${lane.pc} = ${lane.end}`]];
      case "fork":
        return this.#fork(lane, instruction, at, pc);
      case "join": {
        const over = this.#children(lane, instruction).map((child) => this.#over(child));
        return [[[at, ...over].join(" && "), `${lane.pc} = ${instruction.end}`]];
      }
      default:
        return [];
    }
  }

  /** A loop: any item that is left, the next set, or on behind it. */
  #each(lane: PromelaLane, { slot, sets, end }: Loop, at: string, pc: number): string[][] {
    const left = lane.left(slot);
    const done = `${at} && ${left} == 0`;
    return sets.flatMap((set, i) => {
      const here = sets.length > 1 ? ` && ${lane.set(slot)} == ${i}` : "";
      const items = this.#lists(lane, set).flatMap(([owners, list]) =>
        list.map((item, place) => [
          `${at}${here} && (${left} & ${2 ** place})${owners}`,
          `${lane.item(slot)} = ${item}`,
          `${left} = ${left} - ${2 ** place}`,
          `${lane.pc} = ${pc + 1}`,
        ])
      );
      const then = i + 1 === sets.length
        ? [[`${done}${here}`, ...this.#clear(lane.slotVariables(slot)), `${lane.pc} = ${end}`]]
        : this.#sizes(lane, sets[i + 1]!).map(([owners, size]) => [
          `${done}${here}${owners}`,
          `${lane.set(slot)} = ${i + 1}`,
          `${left} = ${2 ** size - 1}`,
        ]);
      return [...items, ...then];
    });
  }

  #fork(lane: PromelaLane, loop: Loop, at: string, pc: number): string[][] {
    const children = this.#children(lane, loop);
    const together = loop.sets.map((set) => this.#lists(lane, set)).reduce((rows, lists) =>
      rows.flatMap(([owner, items]) =>
        lists.map(([other, more]) => [owner + other, [...items, ...more]] as const)
      )
    );
    const outer = lane.slots.filter((slot) => slot !== loop.slot);
    return together.map(([owners, items]) => [
      `${at}${owners}`,
      ...items.flatMap((item, i) => {
        const child = children[i]!;
        return [
          ...outer.flatMap((slot) =>
            child.slotVariables(slot).map((name, j) => `${name} = ${lane.slotVariables(slot)[j]}`)
          ),
          `${child.item(loop.slot)} = ${item}`,
          `${child.pc} = ${pc + 2}`,
        ];
      }),
      `${lane.pc} = ${pc + 1}`,
    ]);
  }

  #children(lane: PromelaLane, { slot }: Loop): PromelaLane[] {
    const fork = this.threads.forks.find(({ thread, loop }) =>
      thread === lane.thread && loop.slot === slot
    )!;
    return fork.lanes.map((child) => this.#lanes[child]!);
  }

  #clear(names: readonly string[]): string[] {
    return names.map((name) => `${name} = 0`);
  }

  /** What a set has, with what must hold of its owner; owners with the same are one row. */
  #lists(lane: PromelaLane, set: SetRef): (readonly [string, readonly number[]])[] {
    const { threads } = this;
    const owners = threads.owners(lane.thread, set);
    const byList = Map.groupBy(owners, (owner) => threads.world.items(set.set, owner));
    const same = Map.groupBy(byList, ([items]) => items.join());
    return [...same.values()].map((rows) => {
      const all = rows.flatMap(([, owners]) => owners);
      const is = all.map((owner) => `${lane.item(set.of)} == ${owner}`).join(" || ");
      return [same.size === 1 ? "" : ` && (${is})`, rows[0]![0]] as const;
    });
  }

  /** How many a set has, as {@link #lists}. */
  #sizes(lane: PromelaLane, set: SetRef): [string, number][] {
    const lists = this.#lists(lane, set);
    const isOne = lists.every(([, list]) => list.length === lists[0]![1].length);
    if (isOne) return [["", lists[0]![1].length]];
    return lists.map(([owners, list]) => [owners, list.length]);
  }

  /** One process for each thread: a step of it or of a lane that it made, what follows from that. */
  processes(): string[] {
    return this.threads.program.threads.map(({ name }, thread) => {
      const options = this.#lanes.filter((lane) => lane.thread === thread).flatMap((lane) =>
        lane.steps.flatMap(([pc, instruction]) => this.#step(lane, instruction, pc))
      );
      return `${comment(name)}
proctype thread_${thread}() {
end:
  do
  :: atomic {
     if
${options.join("\n")}
     fi;
     touch_line();
     settle()
  }
  od
}`;
    });
  }

  #step(lane: PromelaLane, instruction: Instruction, pc: number): string[] {
    const steps = this.#work(lane, instruction, pc);
    if (steps === undefined) return [];
    const { name } = this.threads.program.threads[lane.thread]!;
    const { from = 0, until = 0 } = instruction;
    const text = this.threads.program.text.slice(from, until).split("\n")[0]!;
    const free = instruction.op === "lock" ? ` && !lock_${instruction.lock}` : "";
    const guard = `${lane.pc} == ${pc} && BEGUN_${lane.thread}${free}`;
    return [
      `     ${comment(`${name}: ${text}`)}\n     :: ${guard} ->\n        ${
        steps.join(";\n        ")
      }`,
    ];
  }

  /** What an instruction does; nothing for those that nobody else can see. */
  #work(lane: PromelaLane, instruction: Instruction, pc: number): string[] | undefined {
    const next = `${lane.pc} = ${pc + 1}`;
    const kick = `ask(${this.tables.call("kick")})`;
    switch (instruction.op) {
      case "call":
        return this.#call(lane, instruction);
      case "kick":
        return [`d_step { ${kick}; ${next} }`];
      case "dead":
        return [`d_step { dead = 1; ${kick}; ${next} }`];
      case "lock":
        return [`d_step { lock_${instruction.lock} = 1; ${next} }`];
      case "unlock":
        return [`d_step { lock_${instruction.lock} = 0; ${next} }`];
      case "put": {
        const page = lane.of(instruction.on);
        return [
          `d_step { put[${page}] = 1; ${lane.pc} = (IS_LAST(${page}) -> ${
            pc + 1
          } : ${instruction.end}) }`,
        ];
      }
      case "leak all":
        return [`d_step { leak_all(); ${next} }`];
      case "return":
      case "leak":
        return [`d_step { ${instruction.op}_page(${lane.of(instruction.on)}); ${next} }`];
      case "reset":
      case "clear": {
        const page = lane.of(instruction.on);
        const { reset } = this.threads.program;
        const when = instruction.op === "clear" || reset === "always"
          ? "true"
          : reset === "quirk"
          ? "TDX_PW_MCE"
          : "false";
        return [
          `d_step { not_gone(${page}); op = ((${when} && ${page} == line) -> ${this.clear} : 0); ${next} }`,
        ];
      }
      default:
        return undefined;
    }
  }

  #call(
    lane: PromelaLane,
    { leaf, on, key, retry, resume, stopped, ok, fail }: Extract<Instruction, { op: "call" }>,
  ): string[] {
    const { tables, options } = this;
    const { tries } = lane;
    const number = (variant: string) => {
      const base = (again: boolean) => tables.call(`${callName(leaf, key, again)}${variant}`);
      const item = on === null ? "" : ` + ${lane.inC(on)}`;
      if (retry + resume === 0) return `${base(false)}${item}`;
      return `(now.${tries} ? ${base(true)} : ${base(false)})${item}`;
    };
    const before = leaf === "TDH.VP.FLUSH"
      ? [`ask(${tables.call("exit")} + ${lane.inC(on!)})`]
      : stopped
      ? [`if\n        :: ${tries} > 0 -> ask(${tables.call("kick")})\n        :: else\n        fi`]
      : [];
    const isUsed = on !== null && isPageLeaf(leaf) && leaf !== "TDH.PHYMEM.PAMT.REMOVE";
    const asked = `ask(${number("")})`;
    const ways = [`:: ${asked}`];
    if (options.busy > 0 && RACES.has(leaf)) {
      ways.push(`:: busy < ${options.busy} && INSIDE -> busy++; ask(${number(" busy")})`);
    }
    if (options.busy > 0 && leaf === "TDH.PHYMEM.CACHE.WB") {
      const interrupted = number(" interrupted");
      const can = `STATUS(${interrupted}) == INTERRUPTED`;
      ways.push(
        `:: busy < ${options.busy} && ${tries} == 0 && ${can} -> busy++; ask(${interrupted})`,
      );
    }
    if (options.faults > 0 && (options.fail ?? leaf) === leaf) {
      ways.push(`:: faults < ${options.faults} -> faults++; status = REFUSED`);
    }
    const again = [
      ...(retry > 0 ? [`(status == OPERAND_BUSY && ${tries} < ${retry})`] : []),
      ...(resume > 0 ? [`(status == INTERRUPTED && ${tries} < ${resume})`] : []),
    ].join(" || ");
    const most = Math.min(MOST_TRIES, retry + resume);
    const then = ok === fail ? ok : `(status == SUCCESS -> ${ok} : ${fail})`;
    const proceed = `${lane.pc} = ${then}`;
    return [
      ...(isUsed ? [`not_used(${lane.of(on)})`] : []),
      ...before,
      ways.length === 1 ? asked : `if\n        ${ways.join("\n        ")}\n        fi`,
      again === "" ? `d_step { ${proceed}; status = 0 }` : `d_step {
        if
        :: ${again} -> ${tries} = (${tries} < ${most} -> ${tries} + 1 : ${most})
        :: else -> ${tries} = 0; ${proceed}
        fi;
        status = 0
        }`,
    ];
  }
}

/** What the threads do to pages, in Promela. */
export const PAGE_WORK: string = `
inline not_gone(p) {
  if
  :: holder[p] != ${HOLDER.td} -> assert(every_page)
  :: else
  fi
}
inline not_used(p) {
  if
  :: holder[p] == ${HOLDER.back} -> assert(every_page)
  :: else
  fi
}
inline provoked() {
  if
  :: faults == 0 -> assert(leak)
  :: else
  fi
}
inline return_page(p) {
  not_gone(p);
  holder[p] = ${HOLDER.back}
}
/* A pair whose region has a leaked page stays the module's, for good. */
inline leak_page(p) {
  if
  :: holder[p] == ${HOLDER.back} -> assert(every_page)
  :: else -> provoked()
  fi;
  holder[p] = ${HOLDER.leaked};
  do
  :: i < PAGES ->
     holder[i] = ((IS_PAIR_OF(i, p) && holder[i] == ${HOLDER.td}) -> ${HOLDER.leaked} : holder[i]);
     i++
  :: else -> break
  od;
  i = 0
}
inline leak_all() {
  do
  :: i < PAGES ->
     if
     :: holder[i] == ${HOLDER.td} -> provoked(); holder[i] = ${HOLDER.leaked}
     :: else
     fi;
     i++
  :: else -> break
  od;
  i = 0
}
`;
