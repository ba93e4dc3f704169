import type { StatusName } from "./status_codes.ts";

/** What a status means. */
export interface StatusText {
  /** What it says, in one line. */
  readonly meaning: string;
  /** What most often brings it about. */
  readonly usualCause: string;
  /** What to do about it. */
  readonly hint: string;
}

/**
 * What the statuses mean that a host meets while it brings the module up, builds TDs, takes them
 * down and updates the module; for the others see {@link CLASS_TEXTS}.
 */
export const STATUS_TEXTS: Readonly<Partial<Record<StatusName, StatusText>>> = {
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
  INTERRUPTED_RESTARTABLE: {
    meaning: "An interrupt is pending; the SEAMCALL did nothing yet.",
    usualCause: "A long leaf such as TDH.MEM.PAGE.DEMOTE gives way to an interrupt.",
    hint: "Issue it again from the start.",
  },
  NON_RECOVERABLE_TD_NON_ACCESSIBLE: {
    meaning: "The TD cannot run again and its memory must not be accessed.",
    usualCause: "A machine check inside the TD: it consumed poison.",
    hint: "Look for the machine-check record, then tear the TD down.",
  },
  INVALID_RESUMPTION: {
    meaning: "The SEAMCALL resumes what was not interrupted.",
    usualCause: "Other operands than the interrupted call had, or none was interrupted.",
    hint: "Resume with the operands of the first call.",
  },
  NON_RECOVERABLE_TD_WRONG_APIC_MODE: {
    meaning: "The TD cannot run again: its APIC is not in the mode it needs.",
    usualCause: "The guest left x2APIC mode.",
    hint: "Tear the TD down.",
  },
  NON_RECOVERABLE_TD_CORRUPTED_MD: {
    meaning: "The TD cannot run again: its control structures are corrupt.",
    usualCause: "Metadata of the TD did not pass a check of the module.",
    hint: "Tear the TD down, and look for machine-check records.",
  },
  OPERAND_INVALID: {
    meaning: "An operand is malformed.",
    usualCause: "A misaligned address, KeyID bits in it, or a level that does not fit the page.",
    hint: "Correct the operand that is named.",
  },
  OPERAND_ADDR_RANGE_ERROR: {
    meaning: "An address is outside every TDMR.",
    usualCause: "Memory that was not given to TDX at initialisation, for example hot-added memory.",
    hint: "Use a page that a TDMR covers.",
  },
  OPERAND_BUSY: {
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
  OPERAND_BUSY_HOST_PRIORITY: {
    meaning: "The guest holds the lock; the host is next in line for it.",
    usualCause: "A guest call on the same page or structure at the same time.",
    hint: "Retry at once: the guest has to wait until the host had its turn.",
  },
  HOST_PRIORITY_BUSY_TIMEOUT: {
    meaning: "The guest holds the lock for too long.",
    usualCause: "The host was promised the lock and did not come back for it in time.",
    hint: "Retry.",
  },
  PAGE_METADATA_INCORRECT: {
    meaning: "The PAMT says that the page is not of the type the leaf needs.",
    usualCause:
      "With TDH.PHYMEM.PAGE.RECLAIM and RCX: the page is already NDA, so it was reclaimed twice; " +
      "elsewhere: a page that is not free, or not the structure it is taken for.",
    hint: "Ask TDH.PHYMEM.PAGE.RDMD for the page's type and owner.",
  },
  PAGE_ALREADY_FREE: {
    meaning: "The page is free already.",
    usualCause: "The same page was freed before.",
    hint: "Nothing to do.",
  },
  PAGE_NOT_FREE: {
    meaning: "The page is in use.",
    usualCause: "A page that belongs to a TD is offered for new use.",
    hint: "Reclaim the page first or take another.",
  },
  PAGE_NOT_OWNED_BY_TD: {
    meaning: "The page belongs to another TD.",
    usualCause: "A wrong TDR or a wrong page.",
    hint: "Ask TDH.PHYMEM.PAGE.RDMD for the owner.",
  },
  HPA_RANGE_NOT_FREE: {
    meaning: "The 2 MiB region has its pair of PAMT pages already.",
    usualCause: "TDH.PHYMEM.PAMT.ADD twice, or in a race with another processor.",
    hint: "Keep the pair that is there, and free the other one.",
  },
  NO_PAMT_PAGE_PAIR: {
    meaning: "The 2 MiB region has no pair of PAMT pages.",
    usualCause: "TDH.PHYMEM.PAMT.REMOVE twice, or of a region that holds a larger page.",
    hint: "Nothing to take back: count the pages of each region.",
  },
  PAMT_PAGE_NOT_EMPTY: {
    meaning: "The pair of PAMT pages still describes pages in use.",
    usualCause:
      "TDH.PHYMEM.PAMT.REMOVE before the last page of the region was reclaimed or removed.",
    hint: "Wait for the removal hint, bit 62 of R9 or RCX; a leaked page keeps its pair for good.",
  },
  MISSING_PAMT_PAGE_PAIR: {
    meaning: "The 2 MiB region of the page has no pair of PAMT pages.",
    usualCause: "A page was given to a module with Dynamic PAMT before TDH.PHYMEM.PAMT.ADD.",
    hint: "Add a pair for the region, then issue it again.",
  },
  TD_ASSOCIATED_PAGES_EXIST: {
    meaning: "The TDR cannot go while the TD owns other pages.",
    usualCause: "A page of the TD was not reclaimed, often leaked after a failed reclaim.",
    hint: "Reclaim every page of the TD first, the TDR last.",
  },
  SYS_INIT_NOT_PENDING: {
    meaning: "The module is initialised already.",
    usualCause: "TDH.SYS.INIT twice.",
    hint: "Go on with TDH.SYS.LP.INIT.",
  },
  SYS_LP_INIT_NOT_DONE: {
    meaning: "TDH.SYS.LP.INIT has not run on a logical processor.",
    usualCause: "The leaf came first, or a processor was offline while the others ran it.",
    hint: "Run TDH.SYS.LP.INIT on every logical processor.",
  },
  SYS_LP_INIT_DONE: {
    meaning: "TDH.SYS.LP.INIT ran on this logical processor already.",
    usualCause: "The leaf twice on one processor.",
    hint: "Go on with the next processor.",
  },
  SYS_NOT_READY: {
    meaning: "The module is not initialised to the end, so the leaf is not available.",
    usualCause: "A leaf out of order at bring-up, or a module that is too old for this kernel.",
    hint: "Finish the initialisation; if the kernel stops here, update the module.",
  },
  SYS_SHUTDOWN: {
    meaning: "The module is shut down.",
    usualCause: "A fatal error in the module, such as poison it consumed itself.",
    hint: "TDX is off until the machine resets.",
  },
  SYS_KEY_CONFIG_NOT_PENDING: {
    meaning: "The global key is configured already, or not to be configured yet.",
    usualCause: "TDH.SYS.KEY.CONFIG twice on a package, or before TDH.SYS.CONFIG.",
    hint: "Keep the order: SYS.INIT, SYS.LP.INIT, SYS.CONFIG, SYS.KEY.CONFIG, SYS.TDMR.INIT.",
  },
  SYS_STATE_INCORRECT: {
    meaning: "The module's state does not allow the leaf.",
    usualCause: "A leaf of bring-up or update out of order.",
    hint: "Keep the order that the leaf belongs to.",
  },
  SYS_INVALID_HANDOFF: {
    meaning: "The new module cannot take over what the old one left.",
    usualCause: "An update by more versions than the new module takes, or no hand-off data.",
    hint: "Update step by step, or reboot into the new module.",
  },
  SYS_INCOMPATIBLE_SIGSTRUCT: {
    meaning: "The new module does not fit the one that runs.",
    usualCause: "An update to a module of another line.",
    hint: "Take a module of the same line, or reboot into the new one.",
  },
  SYS_LP_INIT_NOT_PENDING: {
    meaning: "No logical processor is to be initialised.",
    usualCause: "TDH.SYS.LP.INIT before TDH.SYS.INIT, or after TDH.SYS.CONFIG.",
    hint: "Run TDH.SYS.INIT first.",
  },
  SYS_CONFIG_NOT_PENDING: {
    meaning: "The module is configured already, or not to be configured yet.",
    usualCause: "TDH.SYS.CONFIG twice, or before every processor ran TDH.SYS.LP.INIT.",
    hint: "Keep the order of initialisation.",
  },
  INCOMPATIBLE_SEAM_CAPABILITIES: {
    meaning: "The processor lacks SEAM capabilities that the module needs.",
    usualCause: "A module that is newer than the microcode.",
    hint: "Update microcode and BIOS, or take an older module.",
  },
  UPDATE_COMPAT_SENSITIVE: {
    meaning: "A flow is under way that would not survive an update of the module.",
    usualCause: "A TD is being built or migrated while TDH.SYS.SHUTDOWN asks to avoid that.",
    hint: "Retry the update when no TD is being built or migrated.",
  },
  TD_FATAL: {
    meaning:
      "The TD is marked fatal: it is torn down as a whole, and no page can be removed before.",
    usualCause: "A machine check inside the TD some time before.",
    hint: "Free the key, then reclaim every page. Linux removes pages first: refused ones are " +
      "leaked up to 6.18, and from 6.19 on the host's again uncleared.",
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
    meaning: "The TD has no initialised vCPU.",
    usualCause: "TDH.MR.FINALIZE before the first TDH.VP.INIT.",
    hint: "Initialise the vCPUs first.",
  },
  TDCX_NUM_INCORRECT: {
    meaning: "The TD or vCPU has too few or too many TDCX pages.",
    usualCause: "Pages of a vCPU are missing at TDH.VP.INIT, or one is added too many.",
    hint: "Add as many pages as the module reports.",
  },
  X2APIC_ID_NOT_UNIQUE: {
    meaning: "Another vCPU of the TD has this x2APIC id.",
    usualCause: "TDH.VP.INIT with an id that is taken.",
    hint: "Give each vCPU an id of its own.",
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
  MAX_VCPUS_EXCEEDED: {
    meaning: "The TD has as many vCPUs as it was configured for.",
    usualCause: "More vCPUs than MAX_VCPUS in the parameters of TDH.MNG.INIT.",
    hint: "Configure the TD for more.",
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
  NUM_ACTIVATED_HKIDS_NOT_SUPPORTED: {
    meaning: "More KeyIDs are activated than the module supports.",
    usualCause: "The BIOS set aside too many KeyIDs.",
    hint: "Set fewer TDX KeyIDs in the BIOS.",
  },
  INCORRECT_CPUID_VALUE: {
    meaning: "CPUID does not say what the module expects.",
    usualCause: "An old BIOS or microcode, or a module that does not know the CPU.",
    hint: "Update the BIOS; if it is current, update the module.",
  },
  LIMIT_CPUID_MAXVAL_SET: {
    meaning: "The BIOS limits the highest CPUID leaf.",
    usualCause: 'The BIOS option "Limit CPUID Maximum" is on.',
    hint: "Turn it off in the BIOS.",
  },
  INCONSISTENT_CPUID_FIELD: {
    meaning: "CPUID differs between logical processors.",
    usualCause: "An old BIOS, or microcode that is not on every processor.",
    hint: "Update BIOS and microcode.",
  },
  INVALID_PKG_ID: {
    meaning: "A package has a number that the module does not take.",
    usualCause: "A BIOS or a machine with more packages than the module supports.",
    hint: "Update the BIOS; if it is current, update the module.",
  },
  INCONSISTENT_MSR: {
    meaning: "An MSR differs between logical processors.",
    usualCause: "An old BIOS, or software that wrote the MSR on some processors only.",
    hint: "Update the BIOS. The detail is the number of the MSR.",
  },
  INCORRECT_MSR_VALUE: {
    meaning: "An MSR does not hold what the module expects.",
    usualCause: "An old BIOS, or software that changed the MSR before the module was initialised.",
    hint: "Update the BIOS. The detail is the number of the MSR.",
  },
  INVALID_TDMR: {
    meaning: "A TDMR is malformed.",
    usualCause: "A base or size that is not 1 GiB aligned.",
    hint: "Correct the TDMR; Linux makes them itself.",
  },
  TDMR_OUTSIDE_CMRS: {
    meaning: "A TDMR covers memory that is not convertible.",
    usualCause: "A hole in memory that no reserved area of the TDMR covers.",
    hint: "Correct the reserved areas; Linux makes them itself.",
  },
  TDMR_ALREADY_INITIALIZED: {
    meaning: "The TDMR is initialised to its end.",
    usualCause: "TDH.SYS.TDMR.INIT once more than needed.",
    hint: "Nothing to do.",
  },
  CMR_LIST_INVALID: {
    meaning: "The list of convertible memory is malformed.",
    usualCause: "The BIOS described memory in a way the module does not take.",
    hint: "Update the BIOS.",
  },
  EPT_WALK_FAILED: {
    meaning: "The Secure EPT has no entry of that level for the GPA.",
    usualCause: "A Secure EPT page on the way is missing, or a larger page is mapped there.",
    hint: "Add the Secure EPT pages, or use the level of the mapping.",
  },
  EPT_ENTRY_FREE: {
    meaning: "The Secure EPT entry is free.",
    usualCause: "Nothing is mapped at the GPA, or it was removed before.",
    hint: "Compare the host's own record of the mapping with the GPA.",
  },
  EPT_ENTRY_NOT_FREE: {
    meaning: "The Secure EPT entry is in use.",
    usualCause: "A page or table is mapped at the GPA already.",
    hint: "Remove it first, or map elsewhere.",
  },
  EPT_ENTRY_NOT_LEAF: {
    meaning: "The Secure EPT entry points at a table.",
    usualCause: "The GPA is mapped by smaller pages.",
    hint: "Use the level of the mapping.",
  },
  EPT_ENTRY_LEAF: {
    meaning: "The Secure EPT entry maps a page.",
    usualCause: "The GPA is mapped by a larger page.",
    hint: "Use the level of the mapping.",
  },
  GPA_RANGE_NOT_BLOCKED: {
    meaning: "The page is removed without having been blocked.",
    usualCause: "TDH.MEM.RANGE.BLOCK is missing.",
    hint: "Block, track, kick the vCPUs, then remove.",
  },
  GPA_RANGE_ALREADY_BLOCKED: {
    meaning: "The range is blocked already.",
    usualCause: "TDH.MEM.RANGE.BLOCK twice.",
    hint: "Go on with the tracking.",
  },
  TLB_TRACKING_NOT_DONE: {
    meaning: "A vCPU may still hold a translation of the page.",
    usualCause: "TDH.MEM.TRACK is missing, or a vCPU was not kicked after it.",
    hint: "Track, send an IPI to every vCPU of the TD, then remove.",
  },
  PAGE_SIZE_MISMATCH: {
    meaning: "The page is mapped with another size.",
    usualCause: "The guest accepts with a size that the host did not map.",
    hint: "Map it with that size, or let the guest accept in the size of the mapping.",
  },
  GPA_RANGE_BLOCKED: {
    meaning: "The range is blocked.",
    usualCause: "A leaf that needs the mapping after TDH.MEM.RANGE.BLOCK.",
    hint: "Unblock it, or finish the removal.",
  },
  EPT_ENTRY_STATE_INCORRECT: {
    meaning: "The Secure EPT entry is not in a state that the leaf takes.",
    usualCause: "Nothing is mapped at the GPA where something is needed, or the other way round.",
    hint: "Compare the host's own record of the mapping with the GPA.",
  },
  EPT_PAGE_NOT_FREE: {
    meaning: "The Secure EPT page still has entries.",
    usualCause: "TDH.MEM.SEPT.REMOVE before every page below was removed.",
    hint: "Remove what the 512 entries map first.",
  },
  METADATA_FIELD_ID_INCORRECT: {
    meaning: "The module has no such metadata field.",
    usualCause: "The kernel asks for a field that this module does not have yet.",
    hint: "Update the module.",
  },
  METADATA_FIELD_NOT_READABLE: {
    meaning: "The metadata field cannot be read.",
    usualCause: "The kernel asks for a field that this module or TD does not show.",
    hint: "Update the module; if it is current, report it to the kernel.",
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

/** What the statuses of a class have in common. */
export interface ClassText {
  /** What the class is about. */
  readonly name: string;
  /** What most often brings its statuses about. */
  readonly usualCause: string;
  /** What to do about them. */
  readonly hint: string;
}

/** The classes of statuses, bits 47:40. */
export const CLASS_TEXTS: Readonly<Record<number, ClassText>> = {
  0: {
    name: "general",
    usualCause: "The call as a whole, or the TD it is about.",
    hint: "Look the name up in the documentation of the TDX module.",
  },
  1: {
    name: "operand",
    usualCause: "An operand that the leaf does not take.",
    hint: "Correct the operand that is named.",
  },
  2: {
    name: "busy",
    usualCause: "Something else uses what the call needs.",
    hint: "Retry.",
  },
  3: {
    name: "page metadata",
    usualCause: "A page is not what the call takes it for.",
    hint: "Ask TDH.PHYMEM.PAGE.RDMD for the page's type and owner.",
  },
  4: {
    name: "dependent resources",
    usualCause: "Something still depends on what the call gives up.",
    hint: "Give up what depends on it first.",
  },
  5: {
    name: "module state",
    usualCause: "A leaf of bring-up, update or shutdown out of order.",
    hint: "Keep the order that the leaf belongs to.",
  },
  6: {
    name: "TD state",
    usualCause: "The TD is not in a state for the call.",
    hint: "Issue it in the state it belongs to.",
  },
  7: {
    name: "vCPU state",
    usualCause: "The vCPU is not in a state for the call.",
    hint: "Issue it in the state it belongs to.",
  },
  8: {
    name: "keys",
    usualCause: "The KeyID is not in a state for the call.",
    hint: "Check the order of the key management leaves.",
  },
  9: {
    name: "platform",
    usualCause: "The firmware set the platform up in a way that the module does not take.",
    hint: "Update the BIOS; if it is current, update the module.",
  },
  10: {
    name: "physical memory",
    usualCause: "The host described memory, TDMRs or PAMTs in a way the module does not take.",
    hint: "Correct the TDMRs; Linux makes them itself.",
  },
  11: {
    name: "guest memory",
    usualCause: "The Secure EPT is not in a state for the call.",
    hint: "Compare the host's own record of the mapping with the GPA.",
  },
  12: {
    name: "metadata",
    usualCause: "The caller and the module do not have the same metadata fields.",
    hint: "Update the module; if it is current, correct the access.",
  },
  13: {
    name: "service TD",
    usualCause: "A service TD does not fit the TD it is bound to.",
    hint: "Look the name up in the documentation of the TDX module.",
  },
  14: {
    name: "migration",
    usualCause: "A step of migration out of order, or data that does not fit.",
    hint: "Look the name up in the documentation of the TDX module.",
  },
  16: {
    name: "attestation",
    usualCause: "A report that this CPU did not make, or a CPU security version it lacks.",
    hint: "Look the name up in the documentation of the TDX module.",
  },
  17: {
    name: "nested VMs",
    usualCause: "A VM inside the TD, or the way into it and out of it.",
    hint: "Look the name up in the documentation of the TDX module.",
  },
  255: {
    name: "software",
    usualCause: "No SEAMCALL got as far as the module; the code is Linux's own.",
    hint: "Check that the module is loaded.",
  },
};
