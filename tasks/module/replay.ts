/**
 * Replays recorded SEAMCALLs of Intel's TDX module on `@tdx/seam`, and says where the answers part.
 *
 * @module
 */
import { GiB, KeyIdSpace, PAGE_BYTES, PhysicalMemory } from "@tdx/core";
import { generic } from "@tdx/platform-generic";
import { type KeyState, PAGE_TYPES, TdxModule } from "@tdx/seam";

/** A call: its name, its operands, then RAX and the registers behind it in hexadecimal. */
export type RecordedCall = readonly [string, ...(number | string)[]];

/** A sequence of calls on a module that was just initialised, and the state it ended in. */
export interface Recording {
  /** Packages of the machine. */
  readonly packages: number;
  /** The calls, in order. */
  readonly calls: readonly RecordedCall[];
  /** What was left. */
  readonly end: {
    /** PAMT entries other than NDA: frame, type, owner in hexadecimal, level. */
    readonly pamt: readonly (readonly [number, string, string, number])[];
    /** Private KeyIDs, ascending: state, and a bit for each package that has to write back. */
    readonly kot: readonly (readonly [number, number])[];
  };
}

/** The first place where module and model part. */
export interface Disagreement {
  /** Index of the call, or the number of calls where the end differs. */
  readonly at: number;
  /** The call, or what of the end. */
  readonly what: string;
  /** What the module answered. */
  readonly recorded: string;
  /** What the model answers. */
  readonly model: string;
}

interface Call {
  /** The operands, as the recordings order them. */
  readonly operands: readonly string[];
  /** Makes the call, and gives RAX and the registers that are compared; nothing for no SEAMCALL. */
  readonly run: (module: TdxModule, ...operands: number[]) => readonly bigint[] | void;
}

/** Every call there is; adding one is one row. */
export const CALLS: Readonly<Record<string, Call>> = {
  create: row("tdr hkid", ({ mng }, tdr, hkid) => mng.create(tdr, hkid)),
  keyConfig: row("tdr package", ({ mng }, tdr, pkg) => mng.keyConfig(tdr, pkg)),
  addcx: row("pa tdr", ({ mng }, pa, tdr) => mng.addcx(pa, tdr)),
  init: row("tdr", ({ mng }, tdr) => mng.init(tdr)),
  finalize: row("tdr", ({ mr }, tdr) => mr.finalize(tdr)),
  vpflushdone: row("tdr", ({ mng }, tdr) => mng.vpflushdone(tdr)),
  keyFreeid: row("tdr", ({ mng }, tdr) => mng.keyFreeid(tdr)),
  "vp.create": row("pa tdr", ({ vp }, pa, tdr) => vp.create(pa, tdr)),
  "vp.addcx": row("pa tdvpr", ({ vp }, pa, tdvpr) => vp.addcx(pa, tdvpr)),
  "vp.init": row("tdvpr lp", ({ vp }, tdvpr, lp) => vp.init(tdvpr, lp)),
  "vp.enter": row("tdvpr lp", ({ vp }, tdvpr, lp) => vp.enter(tdvpr, lp)),
  "vp.flush": row("tdvpr lp", ({ vp }, tdvpr, lp) => vp.flush(tdvpr, lp)),
  septAdd: row(
    "tdr gpa level pa",
    ({ mem }, tdr, gpa, level, pa) => mem.septAdd(tdr, gpa, level, pa),
  ),
  septRemove: row("tdr gpa level", ({ mem }, tdr, gpa, level) => mem.septRemove(tdr, gpa, level)),
  pageAdd: row("tdr gpa pa", ({ mem }, tdr, gpa, pa) => mem.pageAdd(tdr, gpa, pa)),
  pageAug: row(
    "tdr gpa level pa",
    ({ mem }, tdr, gpa, level, pa) => mem.pageAug(tdr, gpa, level, pa),
  ),
  rangeBlock: row("tdr gpa level", ({ mem }, tdr, gpa, level) => mem.rangeBlock(tdr, gpa, level)),
  track: row("tdr", ({ mem }, tdr) => mem.track(tdr)),
  pageRemove: row("tdr gpa level", ({ mem }, tdr, gpa, level) => {
    const { status, rcx } = mem.pageRemove(tdr, gpa, level);
    return { status, registers: [rcx] };
  }),
  cacheWb: row("package command interrupts", (module, pkg, command, interrupts) => {
    if (command === START) module.inject({ interrupts });
    return module.phymem.cacheWb(pkg, command);
  }),
  pageReclaim: row("pa", ({ phymem }, pa) => {
    const { status, type, owner, level } = phymem.pageReclaim(pa);
    const registers = [type === null ? 0 : PAGE_TYPES[type], owner ?? 0, level ?? 0].map(BigInt);
    return { status, registers };
  }),
  pageWbinvd: row("pa hkid", ({ phymem }, pa, hkid) => phymem.pageWbinvd(pa, hkid)),
  accept: row("tdr gpa level", (module, tdr, gpa, level) => void module.accept(tdr, gpa, level)),
  kick: row("tdr", (module, tdr) => module.kick(tdr)),
  lock: row("pa", (module, pa) => module.lock(pa)),
  unlock: row("pa", (module, pa) => module.unlock(pa)),
  fatal: row("tdr", (module, tdr) => module.markFatal(tdr)),
};

const START = 0;

type Answer = { readonly status: bigint; readonly registers?: readonly bigint[] } | void;

function row(operands: string, run: (module: TdxModule, ...operands: number[]) => Answer): Call {
  return {
    operands: operands.split(" "),
    run: (module, ...values) => {
      const answer = run(module, ...values);
      return answer && [answer.status, ...(answer.registers ?? [])];
    },
  };
}

/** The machine of the recordings: 4 GiB with one TDMR of 1 GiB, of which frame 30 is reserved. */
export function recordedMachine(packages: number): TdxModule {
  const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
  return new TdxModule({
    memory: new PhysicalMemory({ bytes: 4 * GiB, platform: generic, keyIds }),
    packages,
    tdmrs: [{ base: 0, size: GiB }],
    reserved: [{ base: 30 * PAGE_BYTES, size: PAGE_BYTES }],
  });
}

/**
 * Replays a recording.
 *
 * @param recording Calls and answers.
 * @returns Where module and model part first, `undefined` where they agree to the end.
 */
export function replay({ packages, calls, end }: Recording): Disagreement | undefined {
  const module = recordedMachine(packages);
  for (const [at, call] of calls.entries()) {
    const { recorded, model } = answers(module, call);
    if (recorded !== model) return { at, what: call[0], recorded, model };
  }
  const at = calls.length;
  const left = { pamt: pamtOf(module), kot: kotOf(module) };
  for (const what of ["pamt", "kot"] as const) {
    const differs = end[what].findIndex((entry, i) => `${entry}` !== `${left[what][i]}`);
    const i = differs < 0 ? end[what].length : differs;
    if (differs < 0 && left[what].length === end[what].length) continue;
    return { at, what, recorded: `${end[what][i]}`, model: `${left[what][i]}` };
  }
  return undefined;
}

/** What the module answered to a call, and what the model does: an error that it throws is one too. */
function answers(
  module: TdxModule,
  [name, ...rest]: RecordedCall,
): Pick<Disagreement, "recorded" | "model"> {
  const { operands, run } = CALLS[name]!;
  const recorded = rest.slice(operands.length).map((text) => hex(BigInt(`0x${text}`))).join(" ");
  try {
    const registers = run(module, ...rest.slice(0, operands.length) as number[]);
    return { recorded, model: registers ? registers.map(hex).join(" ") : recorded };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { recorded, model: error.message };
  }
}

function hex(register: bigint): string {
  return register.toString(16);
}

/** First and last frame of the parts of memory whose PAMT entries were recorded. */
const RECORDED_FRAMES = [[0, 129], [508, 529], [1020, 1029], [1536, 1537]] as const;

function pamtOf(module: TdxModule): Recording["end"]["pamt"] {
  return RECORDED_FRAMES.flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, i) => first + i)
  ).flatMap((frame) => {
    const { type, owner, level } = module.page(frame * PAGE_BYTES)!;
    if (type === "NDA") return [];
    return [[frame, `${PAGE_TYPES[type]}`, (owner ?? 0).toString(16), level] as const];
  });
}

const KEY_STATES: readonly KeyState[] = ["FREE", "ASSIGNED", "FLUSHED", "RESERVED"];

function kotOf(module: TdxModule): Recording["end"]["kot"] {
  return module.keys().map(({ state, pendingPackages }) => [
    KEY_STATES.indexOf(state),
    pendingPackages.reduce((bits, pkg) => bits | 1 << pkg, 0),
  ]);
}

/** What makes two disagreements the same one, whatever the addresses. */
export function classOf({ what, recorded, model }: Disagreement): string {
  if (!(what in CALLS)) return what;
  const [expected, got] = [recorded, model].map((text) => text.split(" ")[0]);
  return expected === got ? `${what} registers` : `${what} ${expected} ${got}`;
}

/**
 * Leaves out calls as long as all that is left goes as recorded and ends in the same disagreement.
 *
 * @param recording Where a disagreement was found.
 * @param found The disagreement.
 * @returns The calls that are needed to see it, the last one with it.
 */
export function shrink(recording: Recording, found: Disagreement): readonly RecordedCall[] {
  const isSame = (calls: readonly RecordedCall[]) => {
    const again = replay({ ...recording, calls });
    return again?.at === calls.length - 1 && classOf(again) === classOf(found);
  };
  let calls = recording.calls.slice(0, found.at + 1);
  if (!isSame(calls)) return calls;
  for (let size = calls.length >> 1; size >= 1; size >>= 1) {
    for (let at = calls.length - 1 - size; at >= 0; at -= size) {
      const fewer = calls.toSpliced(at, size);
      if (isSame(fewer)) calls = fewer;
    }
  }
  return calls;
}
