// Answers of the module's published 1.5.01 source that no recording reaches, each read there: the leaf,
// its check, and what it says. The calls are those of the recordings, on their machine.
import { assertEquals } from "@std/assert";
import { GiB, MiB, PAGE_BYTES } from "@tdx/core";
import { CALLS, recordedMachine } from "../../../tasks/module/replay.ts";
import { says } from "../_fixtures_test.ts";

/** A call, its operands, and what it answers: status, then registers in hexadecimal; else SUCCESS. */
type Call = readonly [name: string, ...(number | string)[]];

const at = (frame: number) => frame * PAGE_BYTES;
const TDR = at(1);
const OTHER = at(64);
const TDVPR = at(20);
/** The Secure EPT pages that translate GPA 0, from the entry at level 3 down. */
const [SEPT_2, SEPT_1, SEPT_0] = [at(11), at(12), at(13)];
/** 2 MiB that no recorded TD begins in. */
const HUGE = 4 * MiB;

/** A TD that is initialised, with Secure EPT pages for GPA 0. */
const initialised = (tdr: number = TDR, hkid = 34): Call[] => [
  ["create", tdr, hkid],
  ["keyConfig", tdr, 0],
  ...[1, 2, 3, 4, 5, 6].map((i): Call => ["addcx", tdr + at(i), tdr]),
  ["init", tdr],
  ...[3, 2, 1].map((level, i): Call => ["septAdd", tdr, 0, level, tdr + at(10 + i)]),
];
const withVcpu: Call[] = [
  ...initialised(),
  ["vp.create", TDVPR, TDR],
  ...[1, 2, 3, 4, 5].map((i): Call => ["vp.addcx", TDVPR + at(i), TDVPR]),
];
/** The TD can run; a page was added at GPA 0, and awaits its acceptance. */
const runnable: Call[] = [
  ...withVcpu,
  ["vp.init", TDVPR, 0],
  ["finalize", TDR],
  ["pageAug", TDR, 0, 0, at(520)],
];
const tornDown = (tdr: number): Call[] => [
  ["vpflushdone", tdr],
  ["cacheWb", 0, 0, 0],
  ["keyFreeid", tdr],
];

const CASES: readonly (readonly [source: string, calls: readonly Call[]])[] = [
  [
    "secure_ept_walk: an entry without RWX ends it, so nothing below a blocked table is found",
    [
      ...runnable,
      ["rangeBlock", TDR, 0, 1],
      ["septAdd", TDR, 0, 1, at(40), "EPT_ENTRY_STATE_INCORRECT|RCX"],
      ["pageAug", TDR, at(1), 0, at(521), "EPT_WALK_FAILED|RCX"],
      ["rangeBlock", TDR, 0, 0, "EPT_WALK_FAILED|RCX"],
      ["rangeBlock", TDR, 0, 1, "GPA_RANGE_ALREADY_BLOCKED|RCX"],
      ["rangeBlock", TDR, 0, 2],
      ["rangeBlock", TDR, 0, 1, "EPT_WALK_FAILED|RCX"],
      ["septRemove", TDR, 0, 1, "EPT_WALK_FAILED|RCX"],
      // Another entry of the root leads elsewhere.
      ["septAdd", TDR, 512 * GiB, 3, at(41)],
    ],
  ],
  [
    "set_arch_septe_details_in_vmm_regs: a blocked table shows no bit",
    [
      ...runnable,
      ["pageRemove", TDR, 0, 1, "EPT_ENTRY_STATE_INCORRECT|RCX", "7"],
      ["rangeBlock", TDR, 0, 1],
      ["pageRemove", TDR, 0, 1, "EPT_ENTRY_STATE_INCORRECT|RCX", "0"],
      ["pageRemove", TDR, 0, 0, "EPT_WALK_FAILED|RCX", "0"],
      ["rangeBlock", TDR, 0, 3],
      ["pageRemove", TDR, 0, 2, "EPT_WALK_FAILED|RCX", "0"],
      ["pageRemove", TDR, 512 * GiB, 2, "EPT_WALK_FAILED|RCX", "8000000000000000"],
    ],
  ],
  [
    "TDH.MEM.SEPT.REMOVE locks the page before it looks at block and tracking; then at the entries",
    [
      ...runnable,
      ["lock", SEPT_0],
      ["septRemove", TDR, 0, 1, "OPERAND_BUSY|RCX"],
      ["unlock", SEPT_0],
      ["septRemove", TDR, 0, 1, "GPA_RANGE_NOT_BLOCKED|RCX"],
      ["rangeBlock", TDR, 0, 1],
      ["septRemove", TDR, 0, 1, "TLB_TRACKING_NOT_DONE|RCX"],
      ["track", TDR],
      ["septRemove", TDR, 0, 1, "EPT_PAGE_NOT_FREE|RCX"],
      ["rangeBlock", TDR, 0, 2],
      ["track", TDR],
      ["septRemove", TDR, 0, 2, "EPT_PAGE_NOT_FREE|RCX"],
    ],
  ],
  [
    "TDH.MEM.SEPT.REMOVE of a blocked table that is empty; its place is free again",
    [
      ...initialised(),
      ["rangeBlock", TDR, 0, 1],
      ["septRemove", TDR, 0, 1],
      ["pageReclaim", SEPT_0, "PAGE_METADATA_INCORRECT|RCX", "0", "0", "0"],
      ["septAdd", TDR, 0, 1, SEPT_0],
      ["pageAug", TDR, 0, 0, at(520)],
      ["septRemove", TDR, 0, 2, "EPT_PAGE_NOT_FREE|RCX"],
    ],
  ],
  [
    "pamt_is_2mb_range_free looks at page types only: owners of earlier days do not matter (M12)",
    [
      ...initialised(OTHER, 35),
      ["pageAug", OTHER, 0, 0, HUGE + at(5)],
      ...tornDown(OTHER),
      ...initialised(),
      ["pageAug", TDR, 2 * MiB, 1, HUGE, "PAGE_METADATA_INCORRECT|R8"],
      ["pageReclaim", HUGE + at(5), "SUCCESS", "3", OTHER.toString(16), "0"],
      ["pageAug", TDR, 2 * MiB, 1, HUGE],
      ["pageReclaim", HUGE + at(5), "OPERAND_INVALID|RCX", "3", TDR.toString(16), "1"],
      ["pageReclaim", HUGE, "LIFECYCLE_STATE_INCORRECT", "3", TDR.toString(16), "1"],
      ["pageRemove", TDR, 2 * MiB, 1, "SUCCESS", HUGE.toString(16)],
    ],
  ],
  [
    "TDH.VP.ADDCX holds its TDR shared while it locks the page alone: the TDR is busy (M5)",
    [
      ...withVcpu,
      ["vp.addcx", TDR, TDVPR, "OPERAND_BUSY|RCX"],
      ["vp.addcx", TDVPR, TDVPR, "OPERAND_BUSY|RCX"],
      ["lock", TDR],
      ["vp.addcx", TDR, TDVPR, "OPERAND_BUSY|TDR"],
    ],
  ],
  [
    "TDH.VP.ENTER holds its TDVPR by a walk, with the 2 MiB around it; its TDR by the entry alone",
    [
      ...runnable,
      ...initialised(HUGE, 35),
      ["vp.create", 2 * HUGE, HUGE],
      ...[1, 2, 3, 4, 5].map((i): Call => ["vp.addcx", 2 * HUGE + at(i), 2 * HUGE]),
      ["vp.init", 2 * HUGE, 1],
      ["finalize", HUGE],
      ["vp.enter", 2 * HUGE, 1],
      ["pageAug", TDR, 2 * MiB, 1, HUGE, "PAGE_METADATA_INCORRECT|R8"],
      ["pageAug", TDR, 2 * MiB, 1, 2 * HUGE, "OPERAND_BUSY|R8"],
      ["pageAug", HUGE, 2 * MiB, 1, HUGE, "OPERAND_BUSY|R8"],
      ["track", HUGE],
      ["init", HUGE, "OPERAND_BUSY|RCX"],
      ["kick", HUGE],
      ["pageAug", TDR, 2 * MiB, 1, 2 * HUGE, "PAGE_METADATA_INCORRECT|R8"],
    ],
  ],
  [
    "TDH.VP.ADDCX takes 15 pages with the TDVPR, and counts before it looks at the page",
    [
      ...withVcpu,
      ...Array.from({ length: 9 }, (_, i): Call => ["vp.addcx", at(40 + i), TDVPR]),
      ["vp.addcx", at(49) + 8, TDVPR, "TDCX_NUM_INCORRECT"],
      ["vp.init", TDVPR, 0],
      ["vp.addcx", at(49) + 8, TDVPR, "VCPU_STATE_INCORRECT"],
    ],
  ],
  [
    "TDH.PHYMEM.PAGE.RECLAIM shows the page from its type on, whatever refuses it then",
    [
      ...initialised(),
      ["lock", TDR],
      ["pageReclaim", SEPT_1, "OPERAND_BUSY|TDR", "8", TDR.toString(16), "0"],
      ["pageReclaim", TDR, "OPERAND_BUSY|RCX", "0", "0", "0"],
      ["unlock", TDR],
      ...tornDown(TDR),
      ["pageReclaim", TDR, "TD_ASSOCIATED_PAGES_EXIST", "4", "0", "0"],
      ["pageReclaim", SEPT_2, "SUCCESS", "8", TDR.toString(16), "0"],
    ],
  ],
];

for (const [source, calls] of CASES) {
  Deno.test(source, () => {
    const module = recordedMachine(1);
    for (const [name, ...rest] of calls) {
      const { operands, run } = CALLS[name]!;
      const expected = rest.slice(operands.length);
      const answer = run(module, ...rest.slice(0, operands.length) as number[]);
      if (!answer) continue;
      const [status, ...registers] = answer;
      const shown = expected.length === 0 ? [] : registers.map((value) => value.toString(16));
      const wanted = expected.length === 0 ? ["SUCCESS"] : expected;
      assertEquals([says({ status: status! }), ...shown], wanted, `${name} ${rest}`);
    }
  });
}
