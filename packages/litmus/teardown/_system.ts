import { hasCode, status, succeeded, type TdxModule } from "@tdx/seam";
import { callName, isPageLeaf, issue, operandName, RACES } from "./_calls.ts";
import { type LineMove, type LineSets, MAY, SEEN } from "./_line_sets.ts";
import type { Instruction, Leaf } from "./_program.ts";
import type { Program } from "./parse_teardown.ts";
import type { PropertyId } from "./properties.ts";
import { Symmetry } from "./_symmetry.ts";
import {
  BUSY,
  type Choice,
  DEAD,
  FAULTS,
  type Lane,
  LOCKS,
  PC,
  Threads,
  TRIES,
} from "./_threads.ts";
import { VectorTable } from "./_vector_table.ts";
import type { Answer, World } from "./_world.ts";

/** How often things go wrong, and which reductions are made. */
export interface SystemOptions {
  /** SEAMCALLs that fail although Linux does not expect it, and TDs that turn fatal. */
  readonly faults: number;
  /** The only SEAMCALL that fails; any where none is named, and TDs turn fatal too. */
  readonly fail: Leaf | undefined;
  /** Answers BUSY and INTERRUPTED_RESUMABLE that the module gives although nothing is wrong. */
  readonly busy: number;
  /** Whether one of several things that are alike stands for all of them. */
  readonly symmetry: boolean;
  /** Whether the states of a line are a set; else each line goes its way step by step. */
  readonly independence: boolean;
  /** The pages whose lines are followed; all of them unless said. */
  readonly followed?: readonly number[];
}

/** One step of a teardown: what a thread, the guest or somebody else did. */
export interface RawStep {
  readonly by: string;
  readonly what: string;
  /** The status of a SEAMCALL. */
  readonly status?: bigint;
  /** Whether the refusal was injected. */
  readonly injected?: boolean;
  /** What it did to the lines, for following one. */
  readonly changes: readonly LineChange[];
  /** Properties that the step itself violates, with the page. */
  readonly violates: readonly (readonly [PropertyId, number])[];
  /** Where the instruction stands in the text. */
  readonly from?: number;
}

/** What a step does to the lines of a page; page -1 means all of them. */
export type LineChange =
  | { readonly page: number; readonly operation: Parameters<LineSets["apply"]>[1] }
  | { readonly page: number; readonly reset: Program["reset"] }
  | { readonly page: number; readonly move: LineMove };

/** Who has a page. */
export const HOLDER = { td: 0, back: 1, leaked: 2 } as const;

/** What a SEAMCALL gives that did not reach the module: nothing has changed. */
const FAILED = status("SEAMCALL_VMFAILINVALID");
/** More retries than this stand for as many as it takes. */
export const MOST_TRIES = 3;

const NO_CHANGES: readonly LineChange[] = [];
const NO_VIOLATIONS: RawStep["violates"] = [];

/** What is called with each step from a state. */
export type Visit = (next: number, step: RawStep) => void;

/** All the states of a teardown, as numbers, and the steps between them. */
export class TeardownSystem {
  /** Where it can begin: the first item of a loop may be any. */
  readonly initial: readonly number[];
  readonly #states = new VectorTable(3);
  readonly #cells: VectorTable;
  readonly #rows: VectorTable;
  readonly #threads: Threads;
  readonly #symmetry: Symmetry | null;
  /** By state of the module: what may happen to each page's line, with the TD and with the host. */
  readonly #mays: Int8Array[] = [];

  constructor(
    readonly world: World,
    readonly lines: LineSets,
    readonly teardown: Program,
    readonly options: SystemOptions,
  ) {
    const threads = new Threads(teardown, world);
    this.#threads = threads;
    this.#symmetry = options.symmetry ? new Symmetry(threads) : null;
    this.#cells = new VectorTable(world.pages.length);
    this.#rows = new VectorTable(threads.width);
    const isFollowed = (page: number) => options.followed?.includes(page) ?? true;
    const cells = Int32Array.from(
      world.pages,
      (_, page) => (isFollowed(page) ? lines.fresh() : lines.none()) << 3,
    );
    for (const { page, operation } of world.built) {
      const built = lines.apply(cells[page]! >> 3, operation);
      cells[page] = (options.independence ? lines.close(built, 0, 1).set : built) << 3;
    }
    if (options.independence) this.#settleLines(world.initial, cells);
    const initial = new Set<number>();
    this.#settleThreads(world.initial, cells, threads.start(), (settled) => {
      initial.add(this.#add(world.initial, cells, settled));
    });
    this.initial = [...initial];
  }

  /** How many states were numbered. */
  get size(): number {
    return this.#states.size;
  }

  /** Memory of the states, in bytes. */
  get bytes(): number {
    return this.#states.bytes + this.#cells.bytes + this.#rows.bytes;
  }

  /** The module's state in a state. */
  module(state: number): number {
    return this.#states.at(state, 0);
  }

  /** Who has a page in a state, and where its line can be. */
  page(state: number, page: number): { readonly holder: number; readonly set: number } {
    const cell = this.#cells.at(this.#states.at(state, 1), page);
    return { holder: cell & 3, set: cell >> 3 };
  }

  /** Where the threads are in a state, and how much went wrong. */
  threads(state: number): Int32Array {
    return this.#rows.read(this.#states.at(state, 2), new Int32Array(this.#rows.width));
  }

  /** Whether all threads are over. */
  isOver(state: number): boolean {
    const row = this.#states.at(state, 2);
    return this.teardown.threads.every((_, lane) =>
      this.#rows.at(row, this.#threads.lanes[lane]!.at + PC) < 0
    );
  }

  /** The properties that a state violates, with the page. */
  violations(state: number, visit: (property: PropertyId, page: number) => void): void {
    const { world, lines } = this;
    const module = this.module(state);
    const view = world.view(module);
    const over = this.isOver(state);
    const faults = this.#rows.at(this.#states.at(state, 2), FAULTS);
    for (let page = 0; page < world.pages.length; page++) {
      const { holder, set } = this.page(state, page);
      if (holder === HOLDER.td && over && (world.pages[page]!.kind !== "pamt" || faults === 0)) {
        visit("every-page", page);
      }
      if (holder !== HOLDER.back) continue;
      if (view.inUse[page] || view.reachable[page]) visit("reach", page);
      const { seen } = lines.close(set, this.may(module, page, holder), view.programmed);
      if (seen & SEEN.dirty) visit("dirty", page);
      if (seen & SEEN.machineCheck) visit("machine-check", page);
      if (seen & (SEEN.hostReadsSecret | SEEN.nextReadsSecret)) visit("plaintext", page);
    }
  }

  /** What may happen to the line of a page by itself. */
  may(module: number, page: number, holder: number): number {
    const known = this.#mays[module] ??= new Int8Array(2 * this.world.pages.length).fill(-1);
    const place = 2 * page + Number(holder === HOLDER.back);
    if (known[place]! < 0) known[place] = this.#mayAnew(module, page, holder);
    return known[place]!;
  }

  #mayAnew(module: number, page: number, holder: number): number {
    const view = this.world.view(module);
    const touch = view.reachable[page] ? MAY.touch : 0;
    if (holder !== HOLDER.back) return touch;
    const take = this.world.takeable(module, page) ? MAY.take : 0;
    return touch | MAY.host | take | (view.programmed > 1 ? MAY.next : 0);
  }

  /** Takes every step that is possible in a state. */
  expand(state: number, visit: Visit): void {
    const module = this.#states.at(state, 0);
    const cells = this.#cells.read(this.#states.at(state, 1), new Int32Array(this.#cells.width));
    const row = this.#rows.read(this.#states.at(state, 2), new Int32Array(this.#rows.width));
    this.#expandGuest(module, cells, row, visit);
    if (!this.options.independence) this.#expandLines(module, cells, row, visit);
    this.#threads.lanes.forEach((lane, index) => {
      if (row[lane.at + PC]! < 0 || !this.#threads.hasBegun(row, lane)) return;
      if (this.#symmetry?.isLikeEarlier(module, cells, row, index)) return;
      this.#expandLane(module, cells, row, lane, visit);
    });
  }

  #expandGuest(module: number, cells: Int32Array, row: Int32Array, visit: Visit): void {
    const { world, options } = this;
    const view = world.view(module);
    const go = (by: string, what: string, answer: Answer, to = row) => {
      if (answer.next === module && to === row) return;
      this.#reach(cells, to, answer, { by, what, violates: NO_VIOLATIONS }, visit);
    };
    for (let vcpu = 0; vcpu < world.size.vcpus; vcpu++) {
      const earlier = world.items("vcpus", -1).slice(0, vcpu);
      if (this.#symmetry?.isAlike("vcpu", module, cells, row, vcpu, earlier)) continue;
      const by = `vCPU ${vcpu}`;
      if (view.running[vcpu]! >= 0) go(by, "leaves the TD", this.#exit(module, vcpu));
      else if (row[DEAD] === 0 && view.vcpus[vcpu] !== "gone") {
        const enter = world.ask(
          module,
          "enter",
          vcpu,
          ({ vp }) => vp.enter(world.tdvprs[vcpu]!, vcpu),
        );
        go(by, "TDH.VP.ENTER", enter);
      }
    }
    view.pending.forEach((pending, page) => {
      if (!pending) return;
      const { gpa, name } = world.pages[page]!;
      const accept = world.ask(module, "accept", page, (module) => {
        module.accept(world.tdr, gpa, 0);
      });
      go("guest", `TDG.MEM.PAGE.ACCEPT of ${name}`, accept);
    });
    const inside = view.running.some((epoch) => epoch >= 0);
    // Nobody enters a TD that is fatal already.
    if (inside && options.fail === undefined && row[FAULTS]! < options.faults) {
      const fatal = world.ask(module, "fatal", 0, (module) => {
        module.markFatal(world.tdr);
        module.kick(world.tdr);
      });
      const counted = row.slice();
      counted[FAULTS]!++;
      go("guest", "consumes hardware poison: the TD is fatal (M9)", fatal, counted);
    }
    if (view.programmed === 1 && view.keyFree) {
      const { keyId } = world.key();
      const dirty = cells.findIndex((cell) => this.lines.canBeDirty(cell >> 3));
      const violates = dirty < 0 ? NO_VIOLATIONS : [["key-reuse", dirty]] as const;
      const what = `TDH.MNG.CREATE and TDH.MNG.KEY.CONFIG: a third TD has HKID ${keyId}`;
      const step = { by: "host", what, violates };
      this.#reach(cells, row, world.nextTd(module), step, visit);
    }
  }

  /** The moves of single lines, where those are steps of their own. */
  #expandLines(module: number, cells: Int32Array, row: Int32Array, visit: Visit): void {
    const { programmed } = this.world.view(module);
    const threads = this.#rows.add(row);
    cells.forEach((cell, page) => {
      const may = this.may(module, page, cell & 3);
      const [element] = this.lines.elements(cell >> 3);
      if (element === undefined) return;
      for (const move of this.lines.moves(element, may, programmed)) {
        const next = cells.slice();
        next[page] = this.lines.single(move.to) << 3 | cell & 7;
        const violates: (readonly [PropertyId, number])[] = [];
        if (move.seen & SEEN.machineCheck) violates.push(["machine-check", page]);
        if (move.seen & (SEEN.hostReadsSecret | SEEN.nextReadsSecret)) {
          violates.push(["plaintext", page]);
        }
        const step = { by: move.by, what: move.what, changes: [{ page, move }], violates };
        visit(this.#states.add([module, this.#cells.add(next), threads]), step);
      }
    });
  }

  #exit(module: number, vcpu: number): Answer {
    const { world } = this;
    return world.ask(
      module,
      "exit",
      vcpu,
      (module) => module.kick(world.tdr, world.tdvprs[vcpu]!),
    );
  }

  #kick(module: number): Answer {
    return this.world.ask(module, "kick", 0, (module) => module.kick(this.world.tdr));
  }

  #expandLane(module: number, cells: Int32Array, row: Int32Array, lane: Lane, visit: Visit): void {
    const { name, code } = this.teardown.threads[lane.thread]!;
    const pc = row[lane.at + PC]!;
    const instruction = code[pc]!;
    const next = row.slice();
    next[lane.at + PC] = pc + 1;
    const step = (what: string, more: Partial<RawStep> = {}) => ({
      by: name,
      what,
      violates: NO_VIOLATIONS,
      ...(instruction.from === undefined ? {} : { from: instruction.from }),
      ...more,
    });
    const stay = { status: 0n, next: module, effects: [] };
    switch (instruction.op) {
      case "call":
        return this.#call(module, cells, row, lane, instruction, visit);
      case "kick":
        return this.#reach(cells, next, this.#kick(module), step("kicks every vCPU out"), visit);
      case "dead":
        next[DEAD] = 1;
        return this.#reach(
          cells,
          next,
          this.#kick(module),
          step("no vCPU enters any more; kicks every vCPU out"),
          visit,
        );
      case "lock": {
        const place = LOCKS + instruction.lock;
        const lock = this.teardown.locks[instruction.lock]!;
        if (row[place] !== 0) return;
        next[place] = 1;
        return this.#reach(cells, next, stay, step(`takes the lock ${lock}`), visit);
      }
      case "unlock":
        next[LOCKS + instruction.lock] = 0;
        return this.#reach(
          cells,
          next,
          stay,
          step(`releases the lock ${this.teardown.locks[instruction.lock]}`),
          visit,
        );
      case "put": {
        const page = this.#threads.itemOf(instruction.on, row, lane);
        const put = cells.slice();
        put[page]! |= 4;
        if (!this.#isLast(put, page)) next[lane.at + PC] = instruction.end;
        return this.#reach(put, next, stay, step(`puts ${this.#nameOf(page)}`), visit);
      }
      case "leak all": {
        const leaked = cells.map((cell) => (cell & 3) === HOLDER.td ? cell | HOLDER.leaked : cell);
        const violates = this.#unprovoked(row, cells.findIndex((cell) => (cell & 3) === HOLDER.td));
        return this.#reach(
          leaked,
          next,
          stay,
          step("leaks every page that is left", { violates }),
          visit,
        );
      }
      case "reset":
      case "clear":
      case "return":
      case "leak":
        return this.#act(module, cells, next, lane, instruction, step, visit);
    }
  }

  #act(
    module: number,
    cells: Int32Array,
    next: Int32Array,
    lane: Lane,
    { op, on }: Extract<Instruction, { op: "reset" | "clear" | "return" | "leak" }>,
    step: (what: string, more?: Partial<RawStep>) => Omit<RawStep, "changes">,
    visit: Visit,
  ): void {
    const page = this.#threads.itemOf(on, next, lane);
    const name = this.#nameOf(page);
    const after = cells.slice();
    const cell = cells[page]!;
    const stay = { status: 0n, next: module, effects: [] };
    const holder = cell & 3;
    const isGone = holder === HOLDER.back || (holder === HOLDER.leaked && op !== "leak");
    const again = isGone ? [["every-page", page]] as const : NO_VIOLATIONS;
    if (op === "return" || op === "leak") {
      after[page] = cell & ~3 | HOLDER[op === "return" ? "back" : "leaked"];
      if (op === "leak") this.#leakPair(after, page);
      const violates = op === "leak" && again.length === 0 ? this.#unprovoked(next, page) : again;
      const what = op === "return" ? `gives ${name} back to the host` : `leaks ${name}`;
      return this.#reach(after, next, stay, step(what, { violates }), visit);
    }
    const reset = op === "clear" ? "always" : this.teardown.reset;
    after[page] = this.lines.reset(cell >> 3, reset) << 3 | cell & 7;
    const changes = [{ page, reset }];
    const what = `${op === "clear" ? "clears" : "resets"} ${name}`;
    this.#reach(after, next, stay, step(what, { violates: again, changes }), visit);
  }

  /** A pair whose region has a leaked page stays the module's, for good. */
  #leakPair(cells: Int32Array, page: number): void {
    const { pages } = this.world;
    pages.forEach(({ kind, region }, pair) => {
      if (kind !== "pamt" || region !== pages[page]!.region) return;
      if ((cells[pair]! & 3) === HOLDER.td) cells[pair]! |= HOLDER.leaked;
    });
  }

  /** Something was leaked although nothing had failed. */
  #unprovoked(row: Int32Array, page: number): RawStep["violates"] {
    return row[FAULTS] === 0 && page >= 0 ? [["leak", page]] : NO_VIOLATIONS;
  }

  /** Whether no other page of a page's region still needs its pair. */
  #isLast(cells: Int32Array, page: number): boolean {
    const { pages } = this.world;
    return pages.every(({ kind, region }, other) =>
      kind === "pamt" || region !== pages[page]!.region || (cells[other]! & 4) !== 0
    );
  }

  #call(
    module: number,
    cells: Int32Array,
    row: Int32Array,
    lane: Lane,
    instruction: Extract<Instruction, { op: "call" }>,
    visit: Visit,
  ): void {
    const { world, options, teardown } = this;
    const { leaf, on, key, retry, resume, stopped, from } = instruction;
    const tries = row[lane.at + TRIES]!;
    const item = on === null ? -1 : this.#threads.itemOf(on, row, lane);
    const page = on !== null && isPageLeaf(leaf) ? item : -1;
    const what = [leaf, operandName(world, leaf, item), key === null ? "" : `with the ${key} key`]
      .filter((part) => part !== "").join(" ");
    const by = teardown.threads[lane.thread]!.name;
    // The processor on which a vCPU is flushed, and those that are kept out, have left the TD before.
    const before = leaf === "TDH.VP.FLUSH"
      ? this.#exit(module, item).next
      : tries > 0 && stopped
      ? this.#kick(module).next
      : module;
    const run = (module: TdxModule) => issue(world, module, leaf, item, key, tries);
    const call = callName(leaf, key, tries > 0);
    const used = page >= 0 && (cells[page]! & 3) === HOLDER.back &&
      leaf !== "TDH.PHYMEM.PAMT.REMOVE";
    const violates = used ? [["every-page", page]] as const : NO_VIOLATIONS;

    const answered = (answer: Answer, counter: number, injected: boolean) => {
      const next = row.slice();
      if (counter >= 0) next[counter]!++;
      const again = (hasCode(answer.status, "OPERAND_BUSY") && tries < retry) ||
        (hasCode(answer.status, "INTERRUPTED_RESUMABLE") && tries < resume);
      next[lane.at + TRIES] = again ? Math.min(tries + 1, MOST_TRIES) : 0;
      if (!again) next[lane.at + PC] = succeeded(answer.status) ? instruction.ok : instruction.fail;
      const step = {
        by,
        what,
        status: answer.status,
        injected,
        violates,
        ...(from === undefined ? {} : { from }),
      };
      this.#reach(cells, next, answer, step, visit);
    };

    const answer = world.ask(before, call, item, run);
    answered(answer, -1, false);
    if (row[BUSY]! < options.busy) {
      const inside = world.view(before).running.some((epoch) => epoch >= 0);
      if (inside && RACES.has(leaf)) {
        const busy = world.ask(before, `${call} busy`, item, (module) => {
          let calls = 0;
          module.inject({ busyAfter: () => calls++ === 0 ? 0 : Infinity });
          return run(module);
        });
        answered(busy, BUSY, true);
      }
      if (leaf === "TDH.PHYMEM.CACHE.WB" && tries === 0) {
        const interrupted = world.ask(before, `${call} interrupted`, item, (module) => {
          module.inject({ interrupts: 1 });
          return run(module);
        });
        if (hasCode(interrupted.status, "INTERRUPTED_RESUMABLE")) answered(interrupted, BUSY, true);
      }
    }
    if (row[FAULTS]! < options.faults && (options.fail ?? leaf) === leaf) {
      answered({ status: FAILED, next: before, effects: [] }, FAULTS, true);
    }
  }

  #nameOf(page: number): string {
    return this.world.pages[page]!.name;
  }

  /** Does to the lines what the module did, lets them settle, runs the threads on, and tells of it. */
  #reach(
    cells: Int32Array,
    row: Int32Array,
    { next, effects }: Answer,
    step: Omit<RawStep, "changes"> & Partial<Pick<RawStep, "changes">>,
    visit: Visit,
  ): void {
    const after = cells.slice();
    for (const { page, operation } of effects) {
      const [first, last] = page < 0 ? [0, cells.length - 1] : [page, page];
      for (let i = first; i <= last; i++) {
        after[i] = this.lines.apply(after[i]! >> 3, operation) << 3 | after[i]! & 7;
      }
    }
    const changes = step.changes ?? (effects.length === 0 ? NO_CHANGES : effects);
    if (this.options.independence) this.#settleLines(next, after);
    this.#settleThreads(next, after, row.slice(), (settled) => {
      visit(this.#add(next, after, settled), { ...step, changes });
    });
  }

  #settleLines(module: number, cells: Int32Array): void {
    const { programmed } = this.world.view(module);
    for (let page = 0; page < cells.length; page++) {
      const cell = cells[page]!;
      const may = this.may(module, page, cell & 3);
      cells[page] = this.lines.close(cell >> 3, may, programmed).set << 3 | cell & 7;
    }
  }

  #add(module: number, cells: Int32Array, row: Int32Array): number {
    return this.#states.add([module, this.#cells.add(cells), this.#rows.add(row)]);
  }

  /** Runs the threads on; of the items of a loop that are alike one is taken. */
  #settleThreads(
    module: number,
    cells: Int32Array,
    row: Int32Array,
    visit: (row: Int32Array) => void,
  ): void {
    const choice: Choice = (of, row, left) =>
      left.filter((item) => !this.#symmetry?.isAlike(of, module, cells, row, item, left));
    this.#threads.settle(row, choice, visit);
  }
}
