// The TDX module as the exploration sees it: its states are numbers, its answers are remembered, so
// that the module itself is driven once for each state and call.
import {
  type Counts,
  forEachFrame,
  type FrameChunk,
  GiB,
  type Key,
  KeyIdSpace,
  LineAutomaton,
  type LineState,
  type Operation,
  PAGE_BYTES,
  PhysicalMemory,
  type Platform,
  runOf,
} from "@tdx/core";
import { buildTd, type ModuleSnapshot, type TdSnapshot, TdxModule } from "@tdx/seam";
import type { PageKind, SetRef } from "./_program.ts";

/** How large the machine is that is explored. */
export interface WorldSize {
  /** Guest pages of the TD; the last one is still to be accepted where there are two or more. */
  readonly pages: number;
  /** vCPUs of the TD, each on a logical processor of its own. */
  readonly vcpus: number;
  /** Packages. */
  readonly packages: number;
}

/** A page of the TD that is torn down. */
export interface WorldPage {
  /** As traces name it. */
  readonly name: string;
  readonly kind: PageKind;
  /** Address in bytes. */
  readonly pa: number;
  /** The vCPU it belongs to; -1 for none. */
  readonly vcpu: number;
  /** Its place in the Secure EPT; level -1 where it has none. */
  readonly gpa: number;
  readonly level: number;
  /** Address of its region of 2 MiB; of a pair, the region whose PAMT entries it holds. */
  readonly region: number;
}

/** What a call did to the lines of pages; page -1 means every line of memory. */
export interface Effect {
  readonly page: number;
  readonly operation: Operation;
}

/** What the module answered. */
export interface Answer {
  readonly status: bigint;
  /** The module's state afterwards. */
  readonly next: number;
  readonly effects: readonly Effect[];
}

/** A call, and what the module answered to it in each of its states. */
export interface Asked {
  readonly call: string;
  readonly item: number;
  readonly byState: (Answer | undefined)[];
}

/** What there is to know of a state of the module, beyond what it answers. */
export interface View {
  /** By vCPU: the epoch in which it entered, -1 outside. */
  readonly running: readonly number[];
  /** How the vCPUs and the packages stand, for telling which are alike. */
  readonly vcpus: readonly string[];
  readonly packages: readonly string[];
  /** By page: its PAMT entry, and whether the module counts it as in use. */
  readonly entries: readonly string[];
  readonly inUse: readonly boolean[];
  /** By page: whether a vCPU may get at it, and whether it waits to be accepted. */
  readonly reachable: readonly boolean[];
  readonly pending: readonly boolean[];
  /** How often the TD's KeyID was programmed. */
  readonly programmed: number;
  readonly keyFree: boolean;
  readonly fatal: boolean;
}

const GUEST_FRAME = 512;
/** Where the other TD lives: its control pages and its guest page have regions of their own. */
const OTHER_FRAME = 1024;
/** Free pages that never come into use but for asking. */
const SPARE_FRAME = 2048;
const HKID = 33;

/** A memory that takes down what is done to it instead of doing it. */
class Recorder extends PhysicalMemory {
  effects: { readonly frame: number; readonly operation: Operation }[] = [];
  /** Keys under which lines may be dirty. */
  keys: readonly Key[] = [];

  /** Any line may be dirty under any of the keys: what a write-back does with it, the sets say. */
  override forEachPagesWith(wanted: (state: LineState) => boolean): void {
    const { memory } = LineAutomaton.fresh(this.keyIds.key(0));
    const copies = this.keys.map(({ keyId }) => {
      return { keyId, data: "zeros", dirty: true, poison: null } as const;
    });
    wanted({ memory, copies });
  }

  override applyChunk(operation: Operation, chunk: FrameChunk): Counts {
    forEachFrame(chunk, (frame) => this.effects.push({ frame, operation }));
    return this.counts;
  }

  override apply(operation: Operation, pa: number, bytes: number): Counts {
    if (bytes === this.bytes) {
      this.effects.push({ frame: -1, operation });
      return this.counts;
    }
    return this.applyChunk(operation, runOf(pa / PAGE_BYTES, bytes / PAGE_BYTES));
  }
}

/** A module with a TD that is ready to be torn down, a second TD, and a KeyID for a third. */
export class World {
  readonly pages: readonly WorldPage[];
  /** The state of the module when all begins. */
  readonly initial: number;
  /** What building the TD did to the lines, in order. */
  readonly built: readonly Effect[];
  readonly keyIds: KeyIdSpace = new KeyIdSpace({
    maxPa: 52,
    keyIdBits: 6,
    shared: 31,
    private: 32,
  });
  readonly tdr: number;
  readonly tdvprs: readonly number[];
  /** How often the module itself was driven. */
  driven = 0;
  readonly #memory: Recorder;
  readonly #module: TdxModule;
  readonly #otherTdr: number;
  readonly #snapshots: ModuleSnapshot[] = [];
  readonly #views: (View | undefined)[] = [];
  readonly #states = new Map<string, number>();
  /** Parts of snapshots, each kept once. */
  readonly #parts = new Map<string, { readonly id: number; readonly part: unknown }>();
  readonly #answers = new Map<string, Asked>();
  readonly #items = new Map<string, readonly number[]>();
  readonly #takeable = new Map<string, boolean>();
  readonly #pageOfFrame = new Map<number, number>();
  readonly #operations = new Map<string, Operation>();
  #at = -1;

  constructor(readonly size: WorldSize, readonly dynamicPamt: boolean, platform: Platform) {
    const { pages, vcpus, packages } = size;
    this.#memory = new Recorder({ bytes: GiB, platform, keyIds: this.keyIds });
    this.#module = new TdxModule({ memory: this.#memory, packages, dynamicPamt });
    const module = this.#module;
    const mapped = Math.max(1, pages - 1);
    const built = buildTd(module, {
      hkid: HKID,
      vcpus,
      control: 0,
      memory: [runOf(GUEST_FRAME, mapped)],
    });
    this.tdr = built.tdr;
    this.tdvprs = built.vcpus;
    for (let page = mapped; page < pages; page++) {
      module.mem.pageAug(built.tdr, page * PAGE_BYTES, 0, (GUEST_FRAME + page) * PAGE_BYTES);
    }
    this.#otherTdr = buildTd(module, {
      hkid: HKID + 1,
      vcpus: 1,
      control: OTHER_FRAME,
      memory: [runOf(OTHER_FRAME + GUEST_FRAME, 1)],
    }).tdr;
    this.pages = pagesOf(module, built.tdr, pages);
    this.pages.forEach(({ pa }, i) => this.#pageOfFrame.set(pa / PAGE_BYTES, i));
    this.built = this.#takeEffects();
    this.#memory.keys = [module.globalKey, this.keyIds.key(HKID), this.otherKey];
    this.initial = this.#intern(module.snapshot());
    this.#at = this.initial;
  }

  /** Number of the TDR's page. */
  get tdrPage(): number {
    return this.#pageOfFrame.get(this.tdr / PAGE_BYTES)!;
  }

  /** What a set has, as numbers of pages, vCPUs or packages; the owner is -1 where it has none. */
  items(set: SetRef["set"], owner: number): readonly number[] {
    const name = `${set} ${owner}`;
    let items = this.#items.get(name);
    if (items === undefined) this.#items.set(name, items = this.#findItems(set, owner));
    return items;
  }

  #findItems(set: SetRef["set"], owner: number): readonly number[] {
    if (set === "vcpus" || set === "packages") {
      return Array.from({ length: this.size[set] }, (_, i) => i);
    }
    const wanted: PageKind = set === "pair" ? "pamt" : set;
    return this.pages.flatMap(({ kind, vcpu, region }, page) => {
      const isOwned = owner < 0 ||
        (set === "pair" ? region === this.pages[owner]!.region : vcpu === owner);
      return kind === wanted && isOwned ? [page] : [];
    });
  }

  /** How many states of the module were met. */
  get states(): number {
    return this.#snapshots.length;
  }

  /** The KeyID of the module itself. */
  get globalKeyId(): number {
    return this.#module.globalKey.keyId;
  }

  /** The key of the TD, or the one that its KeyID is given next. */
  key(programmed: number = 1): Key {
    return this.keyIds.key(HKID, { generation: programmed - 1 });
  }

  /** The key of the second TD. */
  get otherKey(): Key {
    return this.keyIds.key(HKID + 1);
  }

  /** All that the module remembers in a state. */
  snapshot(state: number): ModuleSnapshot {
    return this.#snapshots[state]!;
  }

  /** The TD that is torn down, in a state; `undefined` once it is gone. */
  td(state: number): TdSnapshot | undefined {
    return this.#snapshots[state]!.tds.find(({ tdr }) => tdr === this.tdr);
  }

  /**
   * Asks the module, or remembers what it answered.
   *
   * @param state The module's state.
   * @param call A name for the call, the same for the same call.
   * @param item The page, vCPU or package that it is about; 0 or less for none.
   * @param run What is called.
   */
  ask(
    state: number,
    call: string,
    item: number,
    run: (module: TdxModule) => { status: bigint } | void,
  ): Answer {
    const name = `${call} ${item}`;
    let asked = this.#answers.get(name);
    if (asked === undefined) this.#answers.set(name, asked = { call, item, byState: [] });
    return asked.byState[state] ??= this.#drive(state, run);
  }

  /** All that the module was asked. */
  asked(): Iterable<Asked> {
    return this.#answers.values();
  }

  #drive(state: number, run: (module: TdxModule) => { status: bigint } | void): Answer {
    this.#goTo(state);
    this.driven++;
    const { status } = run(this.#module) ?? { status: 0n };
    this.#module.inject({});
    const next = this.#at = this.#intern(this.#module.snapshot());
    return { status, next, effects: this.#takeEffects() };
  }

  /** Whether the module would let the second TD have a page. */
  takeable(state: number, page: number): boolean {
    const { pa } = this.pages[page]!;
    const own = Math.floor(pa / PAGE_BYTES / 512);
    const hasPair = this.#snapshots[state]!.pairs.some(([pair]) => pair === own);
    // Its answer is about the page, the pair of its region, and that TD, which stays as it is.
    const name = `${page} ${this.view(state).entries[page]} ${hasPair}`;
    let known = this.#takeable.get(name);
    if (known === undefined) {
      this.#goTo(state);
      if (this.dynamicPamt && !hasPair) {
        const spare = SPARE_FRAME * PAGE_BYTES;
        this.#module.phymem.pamtAdd(own * 512 * PAGE_BYTES, spare, spare + PAGE_BYTES);
      }
      const { status } = this.#module.mem.pageAug(this.#otherTdr, 100 * PAGE_BYTES, 0, pa);
      known = status === 0n;
      this.#at = -1;
      this.#takeEffects();
      this.#takeable.set(name, known);
    }
    return known;
  }

  /** The third TD takes the KeyID, which must be free. */
  nextTd(state: number): Answer {
    const tdr = (SPARE_FRAME + 2) * PAGE_BYTES;
    return this.ask(state, "next TD", 0, (module) => {
      if (this.dynamicPamt) {
        const pair = (SPARE_FRAME + 512) * PAGE_BYTES;
        module.phymem.pamtAdd(SPARE_FRAME * PAGE_BYTES, pair, pair + PAGE_BYTES);
      }
      let result = module.mng.create(tdr, HKID);
      for (let pkg = 0; pkg < this.size.packages && result.status === 0n; pkg++) {
        result = module.mng.keyConfig(tdr, pkg);
      }
      return result;
    });
  }

  view(state: number): View {
    return this.#views[state] ??= this.#look(state);
  }

  #look(state: number): View {
    const { pamt, keys, writeBacks } = this.#snapshots[state]!;
    const td = this.td(state);
    const byFrame = new Map(pamt);
    const entries = this.pages.map(({ pa }) => byFrame.get(pa / PAGE_BYTES));
    const key = keys.find(({ hkid }) => hkid === HKID)!;
    const running = this.tdvprs.map((tdvpr) =>
      td?.vcpus.find((vcpu) => vcpu.tdvpr === tdvpr)?.enteredAt ?? -1
    );
    const inside = running.filter((epoch) => epoch >= 0);
    // Blocked for those who enter from now on; who entered before may hold a translation.
    const opens = (entry: typeof entries[number]) =>
      inside.some((entered) => entry!.epoch === null || entry!.epoch >= entered);
    const walkable = this.pages.every((page, i) =>
      page.kind !== "sept" || entries[i]?.type !== "EPT" || opens(entries[i])
    );
    const isGuest = (i: number) => entries[i]?.type === "REG" && entries[i]!.owner === this.tdr;
    return {
      running,
      vcpus: this.tdvprs.map((tdvpr, i) => {
        const vcpu = td?.vcpus.find((vcpu) => vcpu.tdvpr === tdvpr);
        return vcpu === undefined ? "gone" : `${vcpu.lp === null} ${running[i]}`;
      }),
      packages: Array.from(
        { length: this.size.packages },
        (_, pkg) =>
          JSON.stringify([key.pending.includes(pkg), writeBacks.find(([saved]) => saved === pkg)])
            .replace(`[${pkg},`, "["),
      ),
      entries: entries.map((entry) =>
        entry === undefined ? "NDA" : `${entry.type} ${entry.mapping} ${entry.epoch}`
      ),
      inUse: entries.map((entry) => entry !== undefined && entry.type !== "NDA"),
      reachable: this.pages.map((_, i) =>
        isGuest(i) && walkable && entries[i]!.mapping?.startsWith("pending") === false &&
        opens(entries[i])
      ),
      pending: this.pages.map((_, i) =>
        isGuest(i) && entries[i]!.mapping === "pending" && inside.length > 0 && walkable
      ),
      programmed: key.programmed,
      keyFree: key.state === "FREE",
      fatal: td?.fatal ?? false,
    };
  }

  #goTo(state: number): void {
    if (this.#at !== state) this.#module.restore(this.#snapshots[state]!);
    this.#at = state;
  }

  #takeEffects(): Effect[] {
    const { effects } = this.#memory;
    this.#memory.effects = [];
    return effects.flatMap(({ frame, operation }) => {
      const page = frame < 0 ? -1 : this.#pageOfFrame.get(frame);
      return page === undefined ? [] : [{ page, operation: this.#known(operation) }];
    });
  }

  /** The same object for equal operations. */
  #known(operation: Operation): Operation {
    const { kind, key, data } = operation;
    const name = `${kind} ${key.keyId}.${key.generation} ${data}`;
    const known = this.#operations.get(name) ?? operation;
    this.#operations.set(name, known);
    return known;
  }

  #intern(snapshot: ModuleSnapshot): number {
    const ids: number[] = [];
    const share = <T>(part: T): T => {
      const text = JSON.stringify(part);
      let known = this.#parts.get(text);
      if (known === undefined) this.#parts.set(text, known = { id: this.#parts.size, part });
      ids.push(known.id);
      return known.part as T;
    };
    const { pamt, pairs, keys, tds, writeBacks } = snapshot;
    const shared = {
      pamt: share(pamt),
      pairs: share(pairs),
      keys: share(keys),
      writeBacks: share(writeBacks),
      tds: tds.map(share),
    };
    const name = ids.join(" ");
    let id = this.#states.get(name);
    if (id === undefined) {
      id = this.#snapshots.push(shared) - 1;
      this.#states.set(name, id);
    }
    return id;
  }
}

/** The pages of the TD, in the order in which they are named. */
function pagesOf(module: TdxModule, tdr: number, guests: number): WorldPage[] {
  const { vcpus } = module.td(tdr)!;
  const none = { vcpu: -1, gpa: 0, level: -1 };
  const pages: Omit<WorldPage, "region">[] = [];
  for (let i = 0; i < guests; i++) {
    const gpa = i * PAGE_BYTES;
    const pa = (GUEST_FRAME + i) * PAGE_BYTES;
    pages.push({ ...none, name: `guest page ${i}`, kind: "guest", pa, gpa, level: 0 });
  }
  vcpus.forEach(({ tdcx, tdvpr }, vcpu) => {
    tdcx.forEach((pa, i) =>
      pages.push({ ...none, name: `TDCX ${i} of vCPU ${vcpu}`, kind: "tdcx", pa, vcpu })
    );
    pages.push({ ...none, name: `TDVPR of vCPU ${vcpu}`, kind: "tdvpr", pa: tdvpr, vcpu });
  });
  const { pamt, tds } = module.snapshot();
  for (const [level, , frame] of tds.find((td) => td.tdr === tdr)!.tables) {
    const name = `Secure EPT page, level ${level}`;
    pages.push({ ...none, name, kind: "sept", pa: frame * PAGE_BYTES, level });
  }
  const known = new Set(pages.map(({ pa }) => pa));
  let tdcs = 0;
  for (const [frame, { type, owner }] of pamt) {
    const pa = frame * PAGE_BYTES;
    if (type !== "TDCX" || owner !== tdr || known.has(pa)) continue;
    pages.push({ ...none, name: `TDCS page ${tdcs++}`, kind: "tdcs", pa });
  }
  pages.push({ ...none, name: "TDR", kind: "tdr", pa: tdr });
  const regionOf = (pa: number) => pa - pa % (512 * PAGE_BYTES);
  const all: WorldPage[] = pages.map((page) => ({ ...page, region: regionOf(page.pa) }));
  const regions = new Set(all.map(({ region }) => region));
  for (const { region, pages: pair } of module.pamtPairs()) {
    if (!regions.has(region)) continue;
    const of = region === regionOf(tdr) ? "control" : "guest";
    pair.forEach((pa, i) =>
      all.push({ ...none, name: `PAMT page ${i} of the ${of} region`, kind: "pamt", pa, region })
    );
  }
  return all;
}
