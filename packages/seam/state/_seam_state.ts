import {
  type Data,
  type FrameChunk,
  type Key,
  type Operation,
  PAGE_BYTES,
  type PhysicalMemory,
} from "@tdx/core";
import { requireWhole } from "@tdx/core/arguments";
import type { KeyOwnership } from "./key_ownership.ts";
import { type LockMode, PageLocks } from "./_page_locks.ts";
import type { Pamt } from "./pamt.ts";
import { Seamcalls } from "./seamcalls.ts";
import { status } from "../status/seamcall_status.ts";
import type { OperandName } from "../status/status_codes.ts";
import { framesPer, type Td, type Vcpu } from "./td.ts";

/** All statuses are bigints; this is the one that every leaf hopes for. */
export const SUCCESS: bigint = status("SUCCESS");

/** What the leaves of a module share. */
export class SeamState {
  readonly locks: PageLocks = new PageLocks();
  readonly calls: Seamcalls = new Seamcalls();
  /** By the address of the TDR. */
  readonly tds: Map<number, Td> = new Map();
  /** vCPUs inside a TD. */
  readonly running: Set<Vcpu> = new Set();
  readonly #operations = new WeakMap<Key, Map<string, Operation>>();

  constructor(
    readonly memory: PhysicalMemory,
    readonly pamt: Pamt,
    readonly keys: KeyOwnership,
    readonly packages: number,
  ) {}

  /**
   * The lock of the page that a frame is part of, or of `span` frames: `undefined` where it is free,
   * else the refusal.
   */
  busy(
    frame: number,
    operand: OperandName,
    mode: LockMode,
    span: number = 1,
  ): bigint | undefined {
    const size = framesPer(this.pamt.entry(frame)?.level ?? 0);
    const free = !this.calls.meetsBusy() &&
      this.locks.isFree(frame - frame % size, Math.max(size, span), mode);
    return free ? undefined : status("OPERAND_BUSY", operand);
  }

  /** The module writes whole pages with MOVDIR64B. */
  write(pages: FrameChunk, key: Key, data: "zeros" | "host" = "zeros"): void {
    this.memory.applyChunk(this.operation("movdir64b", key, data), pages);
  }

  /** What the module does under a key; the same object each time, which memory knows again. */
  operation(kind: "movdir64b" | "cache-wb" | "page-wbinvd", key: Key, data?: Data): Operation {
    const known = this.#operations.get(key) ?? new Map<string, Operation>();
    this.#operations.set(key, known);
    const name = `${kind} ${data}`;
    const operation = known.get(name) ??
      { kind, by: "module", key, ...(data === undefined ? {} : { data }) };
    known.set(name, operation);
    return operation;
  }

  /** Takes a logical processor that can issue a SEAMCALL. */
  requireLp(lp: number): void {
    requireWhole("lp", lp, 0, 2 ** 32 - 1);
    for (const vcpu of this.running) {
      if (vcpu.lp === lp) {
        throw new RangeError(`Expected a logical processor that is not inside a TD, got ${lp}`);
      }
    }
  }

  enter(vcpu: Vcpu): void {
    vcpu.enteredAt = vcpu.td.epoch;
    this.running.add(vcpu);
    this.locks.share(vcpu.tdvpr / PAGE_BYTES);
    this.locks.share(vcpu.td.tdr / PAGE_BYTES);
  }

  leave(vcpu: Vcpu): void {
    vcpu.enteredAt = null;
    this.running.delete(vcpu);
    this.locks.unshare(vcpu.tdvpr / PAGE_BYTES);
    this.locks.unshare(vcpu.td.tdr / PAGE_BYTES);
  }
}
