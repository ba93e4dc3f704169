/** What the host calls or does, as a teardown's text names it, and what that needs to be told. */
export const LEAVES = {
  "TDH.MEM.RANGE.BLOCK": "mapped",
  "TDH.MEM.RANGE.UNBLOCK": "mapped",
  "TDH.MEM.TRACK": "nothing",
  "TDH.MEM.PAGE.REMOVE": "mapped",
  "TDH.MEM.SEPT.REMOVE": "mapped",
  "TDH.PHYMEM.PAGE.WBINVD": "page and key",
  "TDH.PHYMEM.PAGE.RECLAIM": "page",
  "TDH.PHYMEM.PAMT.REMOVE": "page",
  "TDH.PHYMEM.CACHE.WB": "package",
  "TDH.VP.FLUSH": "vcpu",
  "TDH.MNG.VPFLUSHDONE": "nothing",
  "TDH.MNG.KEY.FREEID": "nothing",
} as const;

/** A SEAMCALL that a teardown makes. */
export type Leaf = keyof typeof LEAVES;

/** What a host does with a page, besides SEAMCALLs. */
export const PAGE_ACTS = ["reset", "clear", "return", "leak"] as const;

/** Sets of things that a teardown goes through. */
export const SETS = ["guest", "sept", "tdcs", "tdr", "vcpus", "packages"] as const;

/** Sets that belong to something. */
export const SETS_OF = { tdcx: "vcpu", tdvpr: "vcpu", pair: "page" } as const;

/** What a page of a TD is used for. */
export type PageKind = "guest" | "tdcx" | "tdvpr" | "sept" | "tdcs" | "tdr" | "pamt";

/** What a name of a loop stands for. */
export type ItemClass = "page" | "vcpu" | "package";

/** A place in a thread that says which page, vCPU or package is meant: the slot of a loop, or the TDR. */
export type Ref = { readonly slot: number } | { readonly slot: -1 };

/** What a loop goes through. */
export interface SetRef {
  readonly set: (typeof SETS)[number] | keyof typeof SETS_OF;
  /** The slot of what it belongs to; -1 for none, or for the TDR. */
  readonly of: number;
}

/** Where an instruction stands in the text, from its first character to behind its last. */
export interface Place {
  readonly from: number;
  readonly until: number;
}

/** The head of a loop: `enter` and `each` of one that goes step by step, `fork` and `join` of a parallel one. */
export interface Loop {
  readonly op: "enter" | "each" | "fork" | "join";
  readonly slot: number;
  readonly sets: readonly SetRef[];
  readonly end: number;
}

/** One instruction of a thread; `ok`, `fail`, `end` and `to` are places in its code. */
export type Instruction =
  & (
    | {
      readonly op: "call";
      readonly leaf: Leaf;
      readonly on: Ref | null;
      readonly key: "td" | "global" | null;
      readonly retry: number;
      /** Whether the vCPUs are kept out while it is tried again. */
      readonly stopped: boolean;
      readonly resume: number;
      readonly ok: number;
      readonly fail: number;
    }
    | { readonly op: (typeof PAGE_ACTS)[number]; readonly on: Ref }
    | { readonly op: "leak all" | "kick" | "dead" | "stop" | "exit" }
    | { readonly op: "lock" | "unlock"; readonly lock: number }
    | Loop
    | { readonly op: "put"; readonly on: Ref; readonly end: number }
    | { readonly op: "jump"; readonly to: number }
  )
  & Partial<Place>;

/** A thread of a teardown. */
export interface ThreadCode {
  readonly name: string;
  /** Threads that must be over before it begins. */
  readonly after: readonly number[];
  readonly code: readonly Instruction[];
  /** What the slots of its loops stand for. */
  readonly slots: readonly { readonly name: string; readonly of: ItemClass }[];
}
