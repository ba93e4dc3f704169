import { BitFields } from "../bit_fields.ts";

/** MCACOD of a data load that consumed poison: an action-required error (Intel SDM volume 3). */
export const MCACOD_DATA_LOAD = 0x134;

/** MCACOD of an instruction fetch that consumed poison; see {@link MCACOD_DATA_LOAD}. */
export const MCACOD_FETCH = 0x150;

/** The fields of IA32_MCi_STATUS, see {@link MCI_STATUS}; together they hold all 64 bits. */
export interface MciStatus {
  /** VAL, bit 63: the bank holds an error. */
  readonly valid: boolean;
  /** OVER, bit 62: an error came while the bank was full, so one was lost. */
  readonly overflow: boolean;
  /** UC, bit 61: the hardware did not correct the error. */
  readonly uncorrected: boolean;
  /** EN, bit 60: the bank was told to report this error. */
  readonly enabled: boolean;
  /** MISCV, bit 59: MCi_MISC holds more about the error. */
  readonly miscValid: boolean;
  /** ADDRV, bit 58: MCi_ADDR holds the address. */
  readonly addressValid: boolean;
  /** PCC, bit 57: the state of the processor may be corrupt. */
  readonly contextCorrupt: boolean;
  /** S, bit 56: the error was signaled by a machine-check exception (with MCG_CAP.SER_P). */
  readonly signaled: boolean;
  /** AR, bit 55: software must act before it goes on (with MCG_CAP.SER_P). */
  readonly actionRequired: boolean;
  /** Bits 54:32: corrected error count and other information, kept as they are. */
  readonly otherInfo: number;
  /** MSCOD, bits 31:16: the model-specific error code. */
  readonly msCod: number;
  /** MCACOD, bits 15:0: the architectural error code. */
  readonly mcaCod: number;
}

/** IA32_MCi_STATUS: what a bank holds (Intel SDM volume 3, "IA32_MCi_STATUS MSRs"). */
export const MCI_STATUS: BitFields<MciStatus> = new BitFields("MCi_STATUS", {
  valid: ["VAL", 63],
  overflow: ["OVER", 62],
  uncorrected: ["UC", 61],
  enabled: ["EN", 60],
  miscValid: ["MISCV", 59],
  addressValid: ["ADDRV", 58],
  contextCorrupt: ["PCC", 57],
  signaled: ["S", 56],
  actionRequired: ["AR", 55],
  otherInfo: ["OTHER_INFO", 54, 32],
  msCod: ["MSCOD", 31, 16],
  mcaCod: ["MCACOD", 15, 0],
});

/** The fields of IA32_MCG_STATUS that matter here; see {@link MCG_STATUS}. */
export interface McgStatus {
  /** RIPV, bit 0: execution can go on at the saved instruction pointer. */
  readonly restartIpValid: boolean;
  /** EIPV, bit 1: the saved instruction pointer belongs to the error. */
  readonly errorIpValid: boolean;
  /** MCIP, bit 2: a machine-check exception is being handled. */
  readonly inProgress: boolean;
  /** LMCES, bit 3: the exception went to this logical processor alone. */
  readonly local: boolean;
  /** SEAM_NR, bit 12: the machine check was taken inside a TD (SEAM non-root mode). */
  readonly seamNr: boolean;
}

/**
 * IA32_MCG_STATUS: how a machine check was taken (Intel SDM volume 3, "IA32_MCG_STATUS MSR";
 * SEAM_NR as in Linux [7911f145de5f](https://git.kernel.org/torvalds/c/7911f145de5f)).
 */
export const MCG_STATUS: BitFields<McgStatus> = new BitFields("MCG_STATUS", {
  restartIpValid: ["RIPV", 0],
  errorIpValid: ["EIPV", 1],
  inProgress: ["MCIP", 2],
  local: ["LMCES", 3],
  seamNr: ["SEAM_NR", 12],
});

/** What IA32_MCG_CAP says of the features that decide how a consumed poison ends. */
export interface McgCap {
  /** MCG_SEAM_NR, bit 12: MCG_STATUS.SEAM_NR is reported. */
  readonly seamNr: boolean;
  /** MCG_SER_P, bit 24: software error recovery; MCi_STATUS.S and AR carry meaning. */
  readonly ser: boolean;
  /** MCG_LMCE_P, bit 27: machine checks can be local to one logical processor. */
  readonly lmce: boolean;
}

/** IA32_MCG_CAP: what the processor can report; see {@link McgCap}. */
export const MCG_CAP: BitFields<McgCap> = new BitFields("MCG_CAP", {
  seamNr: ["SEAM_NR", 12],
  ser: ["SER_P", 24],
  lmce: ["LMCE_P", 27],
});
