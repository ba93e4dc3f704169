import type { StatusName } from "./status_codes.ts";

/** What a status means. */
export interface StatusText {
  /** Whether an operand id is in the low bits; default no. */
  readonly operand?: boolean;
  /** What it says, in one line. */
  readonly meaning: string;
  /** What most often brings it about. */
  readonly usualCause: string;
  /** What to do about it. */
  readonly hint: string;
}

/** What each status means. */
export const STATUS_TEXTS: Readonly<Record<StatusName, StatusText>> = {
  SUCCESS: {
    meaning: "The SEAMCALL completed.",
    usualCause: "None needed.",
    hint: "Nothing to do; from TDH.VP.ENTER the low 32 bits are the VM exit reason.",
  },
  NON_RECOVERABLE_VCPU: {
    meaning: "The vCPU cannot run again.",
    usualCause: "A triple fault or another shutdown of that vCPU.",
    hint: "Tear the TD down; its other vCPUs may still run.",
  },
  NON_RECOVERABLE_TD: {
    meaning: "The TD cannot run again, its memory stays accessible to debugging.",
    usualCause: "An error inside the TD that the module answers by stopping it.",
    hint: "Tear the TD down.",
  },
  INTERRUPTED_RESUMABLE: {
    meaning: "An interrupt is pending; the SEAMCALL saved its progress.",
    usualCause: "A long leaf such as TDH.PHYMEM.CACHE.WB gives way to an interrupt.",
    hint: "Issue it again with the resume command; Linux does so up to 10000 times.",
  },
  NON_RECOVERABLE_TD_NON_ACCESSIBLE: {
    meaning: "The TD cannot run again and its memory must not be accessed.",
    usualCause: "A machine check inside the TD: it consumed poison.",
    hint: "Look for the machine-check record, then tear the TD down.",
  },
  OPERAND_INVALID: {
    operand: true,
    meaning: "An operand is malformed.",
    usualCause: "A misaligned address, KeyID bits in it, or a level that does not fit the page.",
    hint: "Correct the operand that is named.",
  },
  OPERAND_ADDR_RANGE_ERROR: {
    operand: true,
    meaning: "An address is outside every TDMR.",
    usualCause: "Memory that was not given to TDX at initialisation, for example hot-added memory.",
    hint: "Use a page that a TDMR covers.",
  },
  OPERAND_BUSY: {
    operand: true,
    meaning: "Another SEAMCALL or a running vCPU holds the lock of an operand.",
    usualCause: "Concurrent SEAMCALLs on one TD or page.",
    hint: "Retry; Linux keeps vCPUs out, retries once, and treats a second refusal as a bug.",
  },
  PREVIOUS_TLB_EPOCH_BUSY: {
    meaning: "A vCPU still runs that entered before the last TDH.MEM.TRACK.",
    usualCause: "Tracking twice without kicking the vCPUs in between.",
    hint: "Send an IPI to every vCPU of the TD, then track again.",
  },
  SYS_BUSY: {
    meaning: "The module is busy with a leaf that must run alone.",
    usualCause: "Initialisation, update or shutdown of the module at the same time.",
    hint: "Retry later.",
  },
  RND_NO_ENTROPY: {
    meaning: "RDRAND or RDSEED gave no random number.",
    usualCause: "The random number generator is exhausted by other users.",
    hint: "Retry.",
  },
  PAGE_METADATA_INCORRECT: {
    operand: true,
    meaning: "The PAMT says that the page is not of the type the leaf needs.",
    usualCause:
      "With TDH.PHYMEM.PAGE.RECLAIM and RCX: the page is already NDA, so it was reclaimed twice; " +
      "elsewhere: a page that is not free, or not the structure it is taken for.",
    hint: "Ask TDH.PHYMEM.PAGE.RDMD for the page's type and owner.",
  },
  PAGE_ALREADY_FREE: {
    operand: true,
    meaning: "The page is free already.",
    usualCause: "The same page was freed before.",
    hint: "Nothing to do.",
  },
  PAGE_NOT_FREE: {
    operand: true,
    meaning: "The page is in use.",
    usualCause: "A page that belongs to a TD is offered for new use.",
    hint: "Reclaim the page first or take another.",
  },
  TD_ASSOCIATED_PAGES_EXIST: {
    meaning: "The TDR cannot go while the TD owns other pages.",
    usualCause: "A page of the TD was not reclaimed, often leaked after a failed reclaim.",
    hint: "Reclaim every page of the TD first, the TDR last.",
  },
  SYS_SHUTDOWN: {
    meaning: "The module is shut down.",
    usualCause: "A fatal error in the module, such as poison it consumed itself.",
    hint: "TDX is off until the machine resets.",
  },
  TD_FATAL: {
    meaning: "The TD is marked fatal and takes no leaf but those of its teardown.",
    usualCause: "A machine check inside the TD some time before.",
    hint: "Tear the TD down.",
  },
  TDCS_NOT_ALLOCATED: {
    meaning: "The TD has too few TDCS pages.",
    usualCause: "TDH.MNG.ADDCX was not issued for every page the module asks for.",
    hint: "Add the missing TDCX pages.",
  },
  LIFECYCLE_STATE_INCORRECT: {
    meaning: "The TD's life cycle does not allow the leaf.",
    usualCause: "A teardown out of order, such as a reclaim before TDH.MNG.KEY.FREEID.",
    hint: "Keep the order: flush vCPUs, VPFLUSHDONE, CACHE.WB, KEY.FREEID, reclaim.",
  },
  OP_STATE_INCORRECT: {
    meaning: "The TD's operation state does not allow the leaf.",
    usualCause: "A leaf before TDH.MNG.INIT, or on the wrong side of TDH.MR.FINALIZE.",
    hint: "Issue it in the state it belongs to.",
  },
  NO_VCPUS: {
    meaning: "The TD has no vCPU that is initialised.",
    usualCause: "TDH.MR.FINALIZE before the first TDH.VP.INIT.",
    hint: "Create and initialise the vCPUs first.",
  },
  TDCX_NUM_INCORRECT: {
    meaning: "The TD or vCPU has too few or too many TDCX pages.",
    usualCause: "Pages of a vCPU are missing at TDH.VP.INIT, or one is added too many.",
    hint: "Add as many pages as the module reports.",
  },
  VCPU_STATE_INCORRECT: {
    meaning: "The vCPU's state does not allow the leaf.",
    usualCause: "Entering a vCPU before TDH.VP.INIT, or initialising it twice.",
    hint: "Initialise each vCPU once, then enter it.",
  },
  VCPU_ASSOCIATED: {
    meaning: "The vCPU is associated with another logical processor.",
    usualCause: "The vCPU moved without TDH.VP.FLUSH on its old processor.",
    hint: "Flush it there first.",
  },
  VCPU_NOT_ASSOCIATED: {
    meaning: "The vCPU is not associated with this logical processor.",
    usualCause: "TDH.VP.FLUSH on the wrong processor, or a vCPU that never ran or is flushed.",
    hint: "Nothing to do where it was flushed already; Linux takes this as success.",
  },
  KEY_GENERATION_FAILED: {
    meaning: "The CPU could not make a random key.",
    usualCause: "Not enough entropy for the moment.",
    hint: "Retry.",
  },
  TD_KEYS_NOT_CONFIGURED: {
    meaning: "The TD has no key in use.",
    usualCause: "TDH.MNG.KEY.CONFIG is missing on a package, or the TD is being torn down.",
    hint: "Configure the key on every package before, use only teardown leaves after.",
  },
  KEY_STATE_INCORRECT: {
    meaning: "The key ownership table does not allow the leaf.",
    usualCause: "The HKID is not in the state that the leaf needs.",
    hint: "Check the order of the key management leaves.",
  },
  KEY_CONFIGURED: {
    meaning: "The key is configured on this package already.",
    usualCause: "TDH.MNG.KEY.CONFIG twice on one package.",
    hint: "Go on with the next package.",
  },
  WBCACHE_NOT_COMPLETE: {
    meaning: "TDH.PHYMEM.CACHE.WB has not completed on every package.",
    usualCause: "A package was left out, or its write-back was interrupted and not resumed.",
    hint: "Run TDH.PHYMEM.CACHE.WB to its end on every package.",
  },
  HKID_NOT_FREE: {
    meaning: "The HKID belongs to another TD or to the module.",
    usualCause: "An HKID is used again before TDH.MNG.KEY.FREEID, or it is the global KeyID.",
    hint: "Take a free HKID.",
  },
  NO_HKID_READY_TO_WBCACHE: {
    meaning: "No flushed HKID waits for a cache write-back.",
    usualCause: "TDH.PHYMEM.CACHE.WB without TDH.MNG.VPFLUSHDONE before it.",
    hint: "Not an error; there was nothing to do.",
  },
  WBCACHE_RESUME_ERROR: {
    meaning: "There is no interrupted cache write-back to resume on this package.",
    usualCause: "The resume command without a start that was interrupted.",
    hint: "Begin with the start command.",
  },
  FLUSHVP_NOT_DONE: {
    meaning: "A vCPU of the TD is still associated with a logical processor.",
    usualCause: "TDH.VP.FLUSH is missing for a vCPU.",
    hint: "Flush every vCPU on the processor it last ran on.",
  },
  EPT_WALK_FAILED: {
    operand: true,
    meaning: "The Secure EPT has no entry of that level for the GPA.",
    usualCause: "A Secure EPT page on the way is missing, or a larger page is mapped there.",
    hint: "Add the Secure EPT pages, or use the level of the mapping.",
  },
  GPA_RANGE_NOT_BLOCKED: {
    operand: true,
    meaning: "The page is removed without having been blocked.",
    usualCause: "TDH.MEM.RANGE.BLOCK is missing.",
    hint: "Block, track, kick the vCPUs, then remove.",
  },
  GPA_RANGE_ALREADY_BLOCKED: {
    operand: true,
    meaning: "The range is blocked already.",
    usualCause: "TDH.MEM.RANGE.BLOCK twice.",
    hint: "Go on with the tracking.",
  },
  TLB_TRACKING_NOT_DONE: {
    operand: true,
    meaning: "A vCPU may still hold a translation of the page.",
    usualCause: "TDH.MEM.TRACK is missing, or a vCPU was not kicked after it.",
    hint: "Track, send an IPI to every vCPU of the TD, then remove.",
  },
  EPT_ENTRY_STATE_INCORRECT: {
    operand: true,
    meaning: "The Secure EPT entry is not in a state that the leaf takes.",
    usualCause: "Nothing is mapped at the GPA where something is needed, or the other way round.",
    hint: "Compare the host's own record of the mapping with the GPA.",
  },
  EPT_PAGE_NOT_FREE: {
    operand: true,
    meaning: "An entry of the Secure EPT page is in use.",
    usualCause: "TDH.MEM.SEPT.REMOVE before all that the page maps was removed.",
    hint: "Remove what it maps first.",
  },
  SEAMCALL_UD: {
    meaning: "The SEAMCALL instruction raised #UD; Linux's own code.",
    usualCause: "The processor is not in VMX operation.",
    hint: "Load KVM or enter VMX operation before TDX is used.",
  },
  SEAMCALL_GP: {
    meaning: "The SEAMCALL instruction raised #GP; Linux's own code.",
    usualCause: "TDX is disabled in the BIOS.",
    hint: "Enable TDX in the BIOS.",
  },
  SEAMCALL_VMFAILINVALID: {
    meaning: "The SEAMCALL instruction ended with VMfailInvalid; Linux's own code.",
    usualCause: "No TDX module is loaded, or it shut down after an error.",
    hint: "Check that the firmware loads a module; after a shutdown TDX is off until reset.",
  },
};
