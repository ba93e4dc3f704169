import {
  type Data,
  type FrameChunk,
  type Key,
  type LineState,
  type Operation,
  PAGE_BYTES,
  type PhysicalMemory,
  runOf,
} from "@tdx/core";
import { PageLocks, PartLocks } from "./_page_locks.ts";
import type { KeyOwnership } from "./key_ownership.ts";
import type { Pair } from "./_pamt_pairs.ts";
import { noGuestPage, type Pamt, type PamtEntry } from "./pamt.ts";
import { Seamcalls } from "./seamcalls.ts";
import { pageBytes } from "./page_type.ts";
import type { Td, Vcpu } from "./td.ts";

/** A cache write-back of a package that was interrupted. */
export interface WriteBack {
  /** The HKIDs that were FLUSHED when it started. */
  readonly snapshot: readonly number[];
  readonly interruptsLeft: number;
}

/** What a module remembers, and what its leaves do with it alike. */
export class SeamState {
  readonly locks: PageLocks = new PageLocks();
  readonly parts: PartLocks = new PartLocks();
  readonly calls: Seamcalls = new Seamcalls();
  /** By the address of the TDR. */
  readonly tds: Map<number, Td> = new Map();
  /** vCPUs inside a TD. */
  readonly running: Set<Vcpu> = new Set();
  /** By the number of the package. */
  readonly writeBacks: Map<number, WriteBack> = new Map();
  readonly #operations = new WeakMap<Key, Map<string, Operation>>();

  constructor(
    readonly memory: PhysicalMemory,
    readonly pamt: Pamt,
    readonly keys: KeyOwnership,
    readonly packages: number,
  ) {}

  /** The module writes whole pages with MOVDIR64B. */
  write(pages: FrameChunk, key: Key, data: Data = "zeros"): void {
    this.memory.applyChunk(this.operation("movdir64b", key, data), pages);
  }

  /**
   * The module stores into a TDR, by ordinary cached stores under the global KeyID (M7). Into which
   * of its lines is not modelled: all of them get dirty.
   */
  storeTdr({ tdr }: Td): void {
    this.#store(tdr);
  }

  #store(pa: number): void {
    const { globalKey } = this.keys;
    const { copies } = this.memory.state(pa);
    if (copies.some(({ keyId, dirty }) => keyId === globalKey.keyId && dirty)) return;
    this.memory.apply(this.operation("store", globalKey), pa, PAGE_BYTES);
  }

  /**
   * Takes free pages into use, which share an entry. What the module stores into a pair of Dynamic
   * PAMT while pages of its region come and go, it does here for the first and for the last (S7).
   */
  use(pages: FrameChunk, to: PamtEntry): void {
    this.pamt.use(pages, to);
    if (to.level === 0) this.pamt.pairs?.take(pages).forEach((pair) => this.#storePair(pair));
  }

  /** Frees pages which share an entry; gives the regions whose pair has become removable. */
  free(pages: FrameChunk, from: PamtEntry, shownOwner: number | null = null): number[] {
    this.pamt.free(pages, from, shownOwner);
    const { pairs } = this.pamt;
    if (pairs === null || from.level > 0) return [];
    const emptied = pairs.release(pages);
    for (const region of emptied) this.#storePair(pairs.get(region)!);
    return emptied.map((region) => region * pageBytes(1));
  }

  #storePair({ pages }: Pair): void {
    for (const frame of pages) this.#store(frame * PAGE_BYTES);
  }

  /** Writes back every dirty line, as WBNOINVD on all packages does. */
  writeBackAll(): void {
    const { line } = this.memory;
    const dirty = new Set<number>();
    const note = ({ copies }: LineState) => {
      for (const copy of copies) if (copy.dirty) dirty.add(copy.keyId);
      return false;
    };
    this.memory.forEachPagesWith(note, () => {});
    for (const keyId of [...dirty].sort((a, b) => a - b)) {
      const key = this.keys.entry(keyId)?.key ?? line.newestKey(keyId)!;
      this.memory.apply(this.operation("cache-wb", key), 0, this.memory.bytes);
    }
  }

  /** What the module does under a key; the same object each time, which memory knows again. */
  operation(
    kind: "movdir64b" | "store" | "cache-wb" | "page-wbinvd",
    key: Key,
    data: Data = "zeros",
  ): Operation {
    const known = this.#operations.get(key) ?? new Map<string, Operation>();
    this.#operations.set(key, known);
    const name = `${kind} ${data}`;
    const operation = known.get(name) ?? { kind, by: "module", key, data };
    known.set(name, operation);
    return operation;
  }

  /** Makes a free page a control page of a TD, initialised under the TD's key. */
  addControlPage(td: Td, frame: number, type: "TDCX" | "TDVPR"): void {
    const page = runOf(frame, 1);
    this.write(page, td.key!);
    this.use(page, noGuestPage(type, td.tdr));
    td.children++;
  }

  /** The physical address behind a GPA of a live TD; `undefined` if no page is mapped there. */
  translate({ lifeCycle, sept }: Td, gpa: number): number | undefined {
    if (lifeCycle !== "KEYS_CONFIGURED") return undefined;
    for (const [level, extents] of sept.leaves.entries()) {
      const page = Math.floor(gpa / pageBytes(level));
      if (!extents.present(page, 1)) continue;
      const { frame } = extents.translate(page, 1).frames;
      const isMapped = this.pamt.entry(frame)!.mapping === "mapped" &&
        sept.entry(page, level) === "leaf";
      return isMapped ? frame * PAGE_BYTES + gpa % pageBytes(level) : undefined;
    }
    return undefined;
  }

  /** The vCPU goes inside its TD, and holds the locks of its TDVPR and TDR from then on (S3). */
  enter(vcpu: Vcpu): void {
    vcpu.enteredAt = vcpu.td.epoch;
    this.running.add(vcpu);
    this.locks.share(vcpu.tdvpr / PAGE_BYTES, vcpu.td.tdr / PAGE_BYTES);
  }

  /** The vCPU exits. */
  leave(vcpu: Vcpu): void {
    vcpu.enteredAt = null;
    this.running.delete(vcpu);
    this.locks.unshare(vcpu.tdvpr / PAGE_BYTES, vcpu.td.tdr / PAGE_BYTES);
  }
}
