/** What `consumer.ts` must find in every runtime, from the specification and not from our code. */
export const EXPECTED: unknown = {
  // Erratum tdx_pw_mce: Sapphire Rapids has it, Granite Rapids does not.
  decide: {
    spr: { clear: true, needed: true, hazard: false },
    gnr: { clear: false, needed: false, hazard: false },
  },
  // W5 poisons silently, and any read of poison returns it (R0).
  witness: { spr: ["partial write W5", "load R0"], gnr: [] },
  // 64 GiB are 16,777,216 pages of 64 lines; Linux fences once a page that it clears.
  teardown: {
    spr: { pagesReclaimed: 16_777_216, linesCleared: 1_073_741_824, fences: 16_777_216 },
    gnr: { pagesReclaimed: 16_777_216, linesCleared: 0, fences: 0 },
  },
  // A real log: MCi_ADDR 0x82080a5669600 with 7 KeyID bits.
  address: ["80a5669600", "41"],
  // Seen in the field: reclaiming a page that the host has already.
  status: { name: "PAGE_METADATA_INCORRECT", operand: "RCX", error: true },
  // Family 6, model 0xAE: Granite Rapids-D.
  cpu: "gnr",
  refused: [
    "TypeError: Expected platform to be one from definePlatform() for contract 1, got 1",
    'RangeError: Expected platform "spr" to be written for contract 1, got contract 2',
  ],
};
