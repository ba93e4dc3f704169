import { GiB, KeyIdSpace, PAGE_BYTES, PhysicalMemory, type Platform } from "@tdx/core";
import { requireOptions } from "@tdx/core/arguments";
import { type DecodedStatus, decodeStatus, TdxModule } from "@tdx/seam";
import type { TracedCall } from "./formats/function_graph.ts";
import { readCalls } from "./read_shutdown.ts";

/** What the model answers to a call, and what the module did. */
export interface ReplayedDifference {
  /** Line of the trace on which the call returned. */
  readonly line: number;
  /** The function, as Linux names it. */
  readonly function: string;
  /** Its arguments, as the model took them: `gpa 0x1000, level 0`. */
  readonly operands: string;
  /** What the module answered. */
  readonly recorded: DecodedStatus;
  /** What the model answers; a text where the model has no such operand. */
  readonly model: DecodedStatus | string;
  /** The rule by which the model answers, by its id in `docs/RULES.md`; `null` where it has none. */
  readonly rule: string | null;
}

/** How far a trace and the model of the TDX module agree. */
export interface ReplayedCalls {
  /** SEAMCALLs in the trace. */
  readonly calls: number;
  /** Those that were made on the model and had the same answer. */
  readonly agreed: number;
  /** Those that were busy: another processor decides that, so they are not made on the model. */
  readonly busy: number;
  /** Those that the model does not have, by function. */
  readonly unknown: ReadonlyMap<string, number>;
  /** Those of TDs that were created before the trace began. */
  readonly outside: number;
  /** Those whose status or arguments were not taken. */
  readonly incomplete: number;
  /** Events that were lost. */
  readonly lost: number;
  /** The first difference; behind it nothing is compared. */
  readonly difference: ReplayedDifference | null;
}

/** A leaf as the replay makes it. */
interface Leaf {
  /** Its arguments, as far as the model takes them; `td`, `vp`, `page` are pointers of Linux. */
  readonly operands: readonly ("td" | "vp" | "page" | "gpa" | "level" | "hkid" | "resume")[];
  readonly rule: string | null;
  readonly run: (replay: Replay, call: TracedCall, ...operands: number[]) => bigint;
}

/** `wrapper: operands`, as of Linux 6.16; what comes after them are registers that are returned. */
const LEAVES: Readonly<Record<string, Leaf>> = {
  tdh_mng_create: leaf("td hkid", "M6", ({ module }, _, td, hkid) => module.mng.create(td, hkid)),
  tdh_mng_key_config: leaf(
    "td",
    null,
    (replay, { cpu }, td) => replay.module.mng.keyConfig(td, replay.packageOf(cpu)),
  ),
  tdh_mng_addcx: leaf("td page", "M6", ({ module }, _, td, page) => module.mng.addcx(page, td)),
  tdh_mng_init: leaf("td", null, ({ module }, _, td) => module.mng.init(td)),
  tdh_mr_finalize: leaf("td", "M1", ({ module }, _, td) => module.mr.finalize(td)),
  tdh_vp_create: leaf("td vp", "M2", ({ module }, _, td, vp) => module.vp.create(vp, td)),
  tdh_vp_addcx: leaf("vp page", "M2", ({ module }, _, vp, page) => module.vp.addcx(page, vp)),
  tdh_vp_init: leaf("vp", "M2", ({ module }, { cpu }, vp) => module.vp.init(vp, cpu)),
  tdh_vp_flush: leaf(
    "vp",
    "T1",
    (replay, { cpu }, vp) => replay.module.vp.flush(vp, replay.associated(vp, cpu)),
  ),
  tdh_mem_sept_add: leaf(
    "td gpa level page",
    null,
    ({ module }, _, td, gpa, level, page) => module.mem.septAdd(td, gpa, level, page),
  ),
  tdh_mem_page_add: leaf(
    "td gpa page",
    null,
    ({ module }, _, td, gpa, page) => module.mem.pageAdd(td, gpa, page),
  ),
  tdh_mem_page_aug: leaf(
    "td gpa level page",
    "M3",
    ({ module }, _, td, gpa, level, page) => module.mem.pageAug(td, gpa, level, page),
  ),
  tdh_mem_range_block: leaf(
    "td gpa level",
    "D1",
    ({ module }, _, td, gpa, level) => module.mem.rangeBlock(td, gpa, level),
  ),
  tdh_mem_track: leaf("td", "D2", ({ module }, _, td) => module.mem.track(td)),
  tdh_mem_page_remove: leaf(
    "td gpa level",
    "D3",
    ({ module }, _, td, gpa, level) => module.mem.pageRemove(td, gpa, level),
  ),
  tdh_mem_sept_remove: leaf(
    "td gpa level",
    "M14",
    ({ module }, _, td, gpa, level) => module.mem.septRemove(td, gpa, level),
  ),
  tdh_phymem_page_wbinvd_hkid: leaf(
    "hkid page",
    "D4",
    ({ module }, _, hkid, page) => module.phymem.pageWbinvd(page, hkid),
  ),
  tdh_mng_vpflushdone: leaf("td", "T2", ({ module }, _, td) => module.mng.vpflushdone(td)),
  tdh_phymem_cache_wb: leaf("resume", "T3", (replay, call, resume) => {
    if (resume === 0) replay.module.inject({ interrupts: replay.interruptsAfter(call) });
    return replay.module.phymem.cacheWb(replay.packageOf(call.cpu), resume);
  }),
  tdh_mng_key_freeid: leaf("td", "T4", (replay, _, td) => {
    const { status } = replay.module.mng.keyFreeid(td);
    if (status === 0n) replay.torn.push(td);
    return { status };
  }),
  tdh_phymem_page_reclaim: leaf(
    "page",
    "T5",
    ({ module }, _, page) => module.phymem.pageReclaim(page),
  ),
  tdh_phymem_page_wbinvd_tdr: leaf(
    "td",
    "T6",
    ({ module }, _, td) => module.phymem.pageWbinvd(td, module.globalKey.keyId),
  ),
};

function leaf(
  operands: string,
  rule: string | null,
  run: (replay: Replay, call: TracedCall, ...operands: number[]) => { readonly status: bigint },
): Leaf {
  return {
    operands: operands.split(" ") as Leaf["operands"],
    rule,
    run: (...all) => run(...all).status,
  };
}

/** Leaves that are called for a key, not for a TD. */
const BY_KEYS = ["tdh_phymem_cache_wb", "tdh_phymem_page_wbinvd_hkid"];
/** Class 2 of the statuses: something is busy. */
const BUSY_CLASS = 2;
const INTERRUPTED = 0x80000003n;
/** Above it a page is a pointer to Linux's `struct page`, of 64 bytes; from 7.2 on it is a frame. */
const KERNEL_ADDRESSES = 1n << 47n;
const STRUCT_PAGE_BYTES = 64n;
/** Frames of 1 GiB, to which the first page is rounded down so that large pages stay aligned. */
const FRAMES_PER_GIB = BigInt(GiB / PAGE_BYTES);

/**
 * Makes the SEAMCALLs of a live trace on the model of the TDX module, and finds the first one that the
 * module answered otherwise.
 *
 * A trace has Linux's pointers, not the module's operands. Pages keep their distances. A TDR and a
 * TDVPR are never named by their pages until they are reclaimed: a page that was never given to the
 * module is taken for a TDVPR as long as its TD has one, then for the TDR. TDH.VP.ENTER cannot be
 * traced: a vCPU that is flushed has been entered before. Both are inferred.
 *
 * @param text What `shutdown.sh start calls` or `graph` recorded, or another function graph with
 * arguments and return values, from the creation of the TD on.
 * @param options `platform`: the host's; of what the module answers nothing depends on it. `name`: what
 * messages call the text.
 * @returns How many calls agree, and the first that does not.
 * @throws {TypeError} If an option is not known.
 * @throws {SyntaxError} If it is no trace of single calls.
 *
 * @example
 * ```ts
 * import { replayCalls } from "@tdx/host";
 * import { gnr } from "@tdx/platform-gnr";
 * import { assertEquals } from "@std/assert";
 *
 * const trace = `# CPU  DURATION                  FUNCTION CALLS
 *  0)   1.5 us    |  tdh_mng_create(td=0xffff888100000000, hkid=33); (ret=0x0)
 *  0)   9.1 us    |  tdh_mng_vpflushdone(td=0xffff888100000000); (ret=0x0)
 *  0)   1.5 us    |  tdh_mng_key_freeid(td=0xffff888100000000); (ret=0x0)
 * `;
 * const { agreed, difference } = replayCalls(trace, { platform: gnr });
 * assertEquals([agreed, difference?.function, difference?.rule], [2, "tdh_mng_key_freeid", "T4"]);
 * ```
 */
export function replayCalls(
  text: string,
  options: { readonly platform: Platform; readonly name?: string },
): ReplayedCalls {
  requireOptions("options", options, ["platform", "name"]);
  const { platform, name = "trace" } = options;
  const { calls: all, lost } = readCalls(text, name);
  const calls = all.filter(({ symbol }) => symbol.startsWith("tdh_"));
  const replay = new Replay(calls, platform);
  let [agreed, busy, outside, incomplete] = [0, 0, 0, 0];
  const unknown = new Map<string, number>();
  let difference: ReplayedDifference | null = null;
  for (const call of calls) {
    const { symbol, status, args, line } = call;
    const known = LEAVES[symbol];
    if (known === undefined) {
      unknown.set(symbol, (unknown.get(symbol) ?? 0) + 1);
      continue;
    }
    if (status === null || args.length < known.operands.length) {
      incomplete++;
      continue;
    }
    const recorded = decodeStatus(status);
    if (recorded.class === BUSY_CLASS) {
      busy++;
      continue;
    }
    const operands = replay.operandsOf(call, known);
    // What CACHE.WB and PAGE.WBINVD answer depends on the keys of all TDs.
    const isOutside = outside > 0 && BY_KEYS.includes(symbol);
    if (operands === undefined || isOutside) {
      outside++;
      continue;
    }
    const model = answer(() => known.run(replay, call, ...operands));
    if (model === status) {
      agreed++;
      continue;
    }
    difference = {
      line,
      function: symbol,
      operands: known.operands.map((operand, i) => `${operand} 0x${operands[i]!.toString(16)}`)
        .join(", "),
      recorded,
      model: typeof model === "string" ? model : decodeStatus(model),
      rule: known.rule,
    };
    break;
  }
  return { calls: calls.length, agreed, busy, unknown, outside, incomplete, lost, difference };
}

/** The model's status, or why it cannot take the operands. */
function answer(run: () => bigint): bigint | string {
  try {
    return run();
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}

/** A module, and what of Linux's pointers stands for what in it. */
class Replay {
  readonly module: TdxModule;
  /** TDRs of TDs whose key was freed, in order. */
  readonly torn: number[] = [];
  readonly #calls: readonly TracedCall[];
  /** Addresses of TDRs and TDVPRs by Linux's pointers to what describes them. */
  readonly #control = new Map<bigint, number>();
  /** The TDVPRs of a TDR that no page is known of yet. */
  readonly #unnamed = new Map<number, number[]>();
  /** Addresses of pages by what Linux calls them. */
  readonly #pages = new Map<bigint, number>();
  readonly #packages = new Map<number, number>();
  readonly #firstPage: bigint;
  readonly #unit: bigint;
  #nextControl: number;

  constructor(calls: readonly TracedCall[], platform: Platform) {
    this.#calls = calls;
    const pages = calls.flatMap((call) => valuesOf(call, "page"));
    const lowest = pages.reduce((low, page) => page < low ? page : low, pages[0] ?? 0n);
    const highest = pages.reduce((high, page) => page > high ? page : high, lowest);
    this.#unit = lowest >= KERNEL_ADDRESSES ? STRUCT_PAGE_BYTES : 1n;
    const gib = this.#unit * FRAMES_PER_GIB;
    this.#firstPage = lowest / gib * gib;
    const frames = (highest - this.#firstPage) / this.#unit + 1n;
    const guest = Number((frames + FRAMES_PER_GIB - 1n) / FRAMES_PER_GIB) * GiB;
    // Control pages that no argument names have a GiB of their own behind the others.
    this.#nextControl = guest;
    const hkids = calls.flatMap((call) => valuesOf(call, "hkid")).map(Number);
    const [first, last] = [Math.min(33, ...hkids), Math.max(33, ...hkids)];
    // Linux takes the first private KeyID for the module: the one below the first TD's.
    const ranges = { shared: Math.max(0, first - 2), private: last - first + 2 };
    const keyIdBits = Math.ceil(Math.log2(1 + ranges.shared + ranges.private));
    this.module = new TdxModule({
      memory: new PhysicalMemory({
        bytes: guest + GiB,
        platform,
        keyIds: new KeyIdSpace({ maxPa: 52, keyIdBits, ...ranges }),
      }),
      packages: packagesOf(calls),
    });
  }

  /** The model's operands; `undefined` for what was there before the trace. */
  operandsOf(call: TracedCall, { operands }: Leaf): number[] | undefined {
    const isCreate = call.symbol === "tdh_mng_create" || call.symbol === "tdh_vp_create";
    const found: number[] = [];
    for (const [i, operand] of operands.entries()) {
      const value = call.args[i]!;
      if (operand === "td" || operand === "vp") {
        const isNew = isCreate && operand === (call.symbol === "tdh_mng_create" ? "td" : "vp");
        if (isNew) this.#create(value, found[0]);
        const address = this.#control.get(value);
        if (address === undefined) return undefined;
        found.push(address);
      } else if (operand === "page") {
        const address = this.#page(value, call.symbol);
        if (address === undefined) return undefined;
        found.push(address);
      } else found.push(Number(value));
    }
    return found;
  }

  /** Gives a TDR or, with its TDR, a TDVPR an address of its own. */
  #create(pointer: bigint, tdr: number | undefined): void {
    const address = this.#nextControl;
    this.#nextControl += PAGE_BYTES;
    this.#control.set(pointer, address);
    if (tdr === undefined) this.#unnamed.set(address, []);
    else this.#unnamed.get(tdr)?.push(address);
  }

  #page(value: bigint, symbol: string): number | undefined {
    const known = this.#pages.get(value);
    if (known !== undefined) return known;
    const isGiven = symbol !== "tdh_phymem_page_reclaim";
    const address = isGiven
      ? Number((value - this.#firstPage) / this.#unit) * PAGE_BYTES
      : this.#unnamedPage();
    if (address !== undefined) this.#pages.set(value, address);
    return address;
  }

  /** A page that was never given to the module: a TDVPR of a TD that is being torn down, or its TDR. */
  #unnamedPage(): number | undefined {
    for (const tdr of this.torn) {
      const vcpus = this.#unnamed.get(tdr);
      if (vcpus === undefined) continue;
      const tdvpr = vcpus.shift();
      if (tdvpr !== undefined) return tdvpr;
      this.#unnamed.delete(tdr);
      return tdr;
    }
    return undefined;
  }

  /** Packages are told apart by the CPU that Linux makes the call on, one for each. */
  packageOf(cpu: number): number {
    if (!this.#packages.has(cpu)) this.#packages.set(cpu, this.#packages.size);
    return this.#packages.get(cpu)!;
  }

  /** The processor that a vCPU is associated with, after TDH.VP.ENTER where that is not known. */
  associated(tdvpr: number, cpu: number): number {
    const vcpu = this.module.tds().flatMap(({ vcpus }) => vcpus)
      .find((vcpu) => vcpu.tdvpr === tdvpr);
    if (vcpu === undefined || vcpu.lp !== null) return vcpu?.lp ?? cpu;
    const td = this.module.tds().find(({ vcpus }) => vcpus.some((one) => one.tdvpr === tdvpr))!;
    if (this.module.vp.enter(tdvpr, cpu).status === 0n) this.module.kick(td.tdr);
    return cpu;
  }

  /** How often the write-back that begins with a call is interrupted, on its CPU. */
  interruptsAfter(call: TracedCall): number {
    const onCpu = this.#calls.filter(({ symbol, cpu }) =>
      symbol === call.symbol && cpu === call.cpu
    );
    const from = onCpu.indexOf(call);
    const end = onCpu.findIndex(({ status }, i) => i >= from && status! >> 32n !== INTERRUPTED);
    return (end < 0 ? onCpu.length : end) - from;
  }
}

function valuesOf({ symbol, args }: TracedCall, operand: Leaf["operands"][number]): bigint[] {
  const at = LEAVES[symbol]?.operands.indexOf(operand) ?? -1;
  // What is only reclaimed may be a page of the kernel's that lies far away: it has its own place.
  if (at < 0 || (operand === "page" && symbol === "tdh_phymem_page_reclaim")) return [];
  const value = args[at];
  return value === undefined ? [] : [value];
}

function packagesOf(calls: readonly TracedCall[]): number {
  const cpus = calls.filter(({ symbol }) =>
    symbol === "tdh_phymem_cache_wb" || symbol === "tdh_mng_key_config"
  ).map(({ cpu }) => cpu);
  return Math.max(1, new Set(cpus).size);
}
