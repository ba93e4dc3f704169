import { assertEquals, assertThrows } from "@std/assert";
import { readSeamcallLog } from "./seamcall_log.ts";

/** What a line says: leaf, status and registers. */
function read(text: string): unknown[] {
  return readSeamcallLog(text).map(({ leaf, status, registers }) => [
    leaf?.name,
    status.value.toString(16),
    ...registers.map(({ name, value }) => `${name}=${value.toString(16)}`),
  ]);
}

Deno.test("readSeamcallLog() knows the forms of a SEAMCALL in logs", () => {
  const reclaim = "TDH.PHYMEM.PAGE.RECLAIM";
  const table: [string, unknown[]][] = [
    [
      "[  261.262866] SEAMCALL (0x000000000000001c) failed: 0xc000030000000001 RCX 0x0000000000000000 RDX 0x0000000000000000 R8 0x0000000000000001",
      [reclaim, "c000030000000001", "RCX=0", "RDX=0", "R8=1"],
    ],
    ["virt/tdx: SEAMCALL (28) failed: 0xc000030000000001", [reclaim, "c000030000000001"]],
    [
      "kvm_intel: SEAMCALL TDH_PHYMEM_PAGE_RECLAIM failed: 0x8000020000000080, rcx 0x3, rdx 0x1000, r8 0x0",
      [reclaim, "8000020000000080", "RCX=3", "RDX=1000", "R8=0"],
    ],
    [
      "tdx: SEAMCALL failed: CPU 94: leaf 33, error 0xc000092100000122.",
      ["TDH.SYS.INIT", "c000092100000122"],
    ],
    ["leaf 33, error 0xc000090000000000", ["TDH.SYS.INIT", "c000090000000000"]],
    ["seamcall 0x1c returned 0x8000020000000080", [reclaim, "8000020000000080"]],
    ["seamcall leaf 28 returned 8000020000000080", [reclaim, "8000020000000080"]],
    ["__seamcall_ret(0x26) returned 0x8000020100000000", ["TDH.MEM.TRACK", "8000020100000000"]],
    [
      "virt/tdx: TDH.SYS.DISABLE failed: 0xc000010000000000",
      ["TDH.SYS.DISABLE", "c000010000000000"],
    ],
    ["kvm_intel: TDH_VP_RD[VMCS.0x681c] failed: 0xc0000c0200000000", [
      "TDH.VP.RD",
      "c0000c0200000000",
    ]],
    ["tdh_mem_page_remove() failed: 0xc0000b0d00000001", [
      "TDH.MEM.PAGE.REMOVE",
      "c0000b0d00000001",
    ]],
    ["SEAMCALL failed with 0x8000ff00ffff0000", [undefined, "8000ff00ffff0000"]],
    ["0x4000000200000000 as a list has it", [undefined, "4000000200000000"]],
  ];
  for (const [text, said] of table) assertEquals(read(text), [said], text);
});

Deno.test("readSeamcallLog() takes registers off the lines that follow", () => {
  const log = [
    "virt/tdx: SEAMCALL (0x0000000000000022) failed: 0xc000050500000000",
    "virt/tdx: RCX 0x0000000000000000 RDX 0x9100000100000008 R08 0x0000000000000000",
    "virt/tdx: R09 0x0000000000000000",
    "virt/tdx: module initialization failed (-5)",
    "elsewhere: R10 0x5",
    "tdx: SEAMCALL failed: CPU 94: leaf 33, error 0xc000092100000122.",
    "tdx: additional output: rcx 0x0, rdx 0x0",
  ];
  assertEquals(read(log.join("\r\n")), [
    ["TDH.SYS.RD", "c000050500000000", "RCX=0", "RDX=9100000100000008", "R8=0", "R9=0"],
    ["TDH.SYS.INIT", "c000092100000122", "RCX=0", "RDX=0"],
  ]);
  assertEquals(readSeamcallLog(log.join("\n")).map(({ line }) => line), [1, 6]);
});

Deno.test("readSeamcallLog() passes over what is no SEAMCALL with a status", () => {
  const log = [
    "kvm_intel: no symbol version for __seamcall_saved_ret",
    "kvm_intel: tdh_mng_key_freeid() failed. HKID 66 is leaked.",
    "virt/tdx: module initialization failed (-5)",
    "RIP: 0010:tdh_mem_page_aug+0x102/0x1d0 [kvm_intel]",
    "ext4: error 0xc000030000000001",
    "",
  ];
  assertEquals(readSeamcallLog(log.join("\n")), []);
});

Deno.test("readSeamcallLog() says what registers hold, where the leaf gives them a meaning", () => {
  const table = [
    ["TDH_PHYMEM_PAGE_RECLAIM failed: 0xc000040000000000, rcx 0x4, rdx 0x0, r8 0x0", [
      "page type TDR",
      null,
      null,
    ]],
    ["TDH_PHYMEM_PAGE_RECLAIM failed: 0xc000060700000000, rcx 0x3, rdx 0x7000, r8 0x1", [
      "page type REG",
      "owner: the TD whose TDR is at 0x7000",
      "size 2 MiB",
    ]],
    ["TDH_PHYMEM_PAGE_RECLAIM failed: 0xc000030000000001, rcx 0x0, rdx 0x0", [
      "page type NDA, or refused before it was known",
      null,
    ]],
    ["TDH_MEM_PAGE_REMOVE failed: 0xc0000b0600000001, rcx 0x80000000004000f0, rdx 0x400", [
      "Secure EPT entry of 0x400000",
      "entry of level 0, mapped",
    ]],
    ["TDH_MEM_PAGE_AUG failed: 0xc0000b0d00000001, rcx 0x8000000000000000, rdx 0x1", [
      "an empty Secure EPT entry",
      "entry of level 1, free",
    ]],
    ["TDH_MEM_PAGE_AUG failed: 0xc0000b0d00000001, rcx 0x8000000000000000, rdx 0xfe02", [
      "an empty Secure EPT entry",
      "entry of level 2, state 254",
    ]],
    ["TDH_MEM_PAGE_REMOVE failed: 0x8000081000000000, rcx 0x0", [null]],
    ["TDH_MEM_PAGE_REMOVE returned 0x0000000000000000, rcx 0x400000", ["the page at 0x400000"]],
    ["TDH_MNG_INIT failed: 0xc000010000000045, rcx 0x0", [null]],
  ] as const;
  for (const [text, meanings] of table) {
    const [call] = readSeamcallLog(`SEAMCALL ${text}`);
    assertEquals(call?.registers.map(({ meaning }) => meaning), [...meanings], text);
  }
});

Deno.test("readSeamcallLog() keeps a leaf that it does not know as it is written", () => {
  for (const leaf of ["0x00000000000000ff", "TDH_NO_SUCH", "0x8000000000000001"]) {
    const [call] = readSeamcallLog(`SEAMCALL (${leaf}) failed: 0xc000010000000000`);
    assertEquals([call?.leafText, call?.leaf], [leaf, null]);
  }
});

Deno.test("readSeamcallLog() refuses a malformed status or leaf, with the line", () => {
  const table = [
    [
      "SEAMCALL (0x1c) failed: 0xc00003000000000012",
      "a status of up to 16 hexadecimal digits, got 0xc",
    ],
    [
      "SEAMCALL (0x1c) failed: 0xc0000300zz",
      "a status of up to 16 hexadecimal digits, got 0xc0000300zz",
    ],
    ["SEAMCALL (1c) failed: 0xc000030000000001", "the number or name of a leaf, got 1c"],
    ["leaf reclaim, error 0xc000030000000001", "the number or name of a leaf, got reclaim"],
  ] as const;
  for (const [text, expected] of table) {
    const log = `fine\n${text}`;
    assertThrows(() => readSeamcallLog(log, "dmesg"), SyntaxError, `dmesg:2: Expected ${expected}`);
  }
});
