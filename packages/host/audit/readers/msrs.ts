import { bitRange, defined, KeyIdSpace } from "@tdx/core";
import { quote } from "../../_text_lines.ts";
import { UnreadableError } from "./reading.ts";

/** Model-specific registers by address. */
export type Msrs = ReadonlyMap<number, bigint>;

/** The registers an audit looks at; `collect.sh` reads the same. */
export const MSR = {
  /** IA32_MKTME_KEYID_PARTITIONING. */
  keyIdPartitioning: 0x87,
  /** What MCHECK, a check of the firmware's set-up by microcode, found; 0 is nothing. */
  mcheckStatus: 0xa0,
  /** IA32_MTRRCAP. */
  mtrrCap: 0xfe,
  /** IA32_MCG_CAP. */
  mcgCap: 0x179,
  /** IA32_TME_CAPABILITY. */
  tmeCapability: 0x981,
  /** IA32_TME_ACTIVATE. */
  tmeActivate: 0x982,
  /** IA32_SEAMRR_PHYS_MASK. */
  seamrrMask: 0x1401,
} as const;

/** Reads lines `0x87 0000004000000003f`: address and value, both hexadecimal. */
export function readMsrs(text: string): Msrs {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return new Map(lines.map((line) => {
    const [, address, value] = /^0x([0-9a-f]{1,8}) (?:0x)?([0-9a-f]{1,16})$/i.exec(line) ?? [];
    if (address === undefined) {
      throw new UnreadableError(`Expected lines "0x87 VALUE" in hexadecimal, got ${quote(line)}`);
    }
    return [parseInt(address, 16), BigInt(`0x${value}`)];
  }));
}

/** How many KeyIDs there are besides KeyID 0. */
export interface KeyIdCounts {
  readonly shared: number;
  readonly privates: number;
}

/** Reads the counts from the one register that has them. */
export function keyIdCounts(msrs: Msrs): KeyIdCounts | undefined {
  const split = msrs.get(MSR.keyIdPartitioning);
  return split === undefined
    ? undefined
    : { shared: bitRange(split, 31, 0), privates: bitRange(split, 63, 32) };
}

/**
 * The KeyIDs by the registers, `undefined` where one was not read.
 *
 * @throws {RangeError} If the registers contradict each other.
 */
export function keyIdSpaceOf(msrs: Msrs): KeyIdSpace | undefined {
  const tmeActivate = msrs.get(MSR.tmeActivate);
  const keyIdPartitioning = msrs.get(MSR.keyIdPartitioning);
  const tmeCapability = msrs.get(MSR.tmeCapability);
  if (tmeActivate === undefined || keyIdPartitioning === undefined) return undefined;
  // The address width does not matter for the counts, and cpuinfo does not give the CPU's own.
  return KeyIdSpace.fromMsrs(defined({ tmeActivate, keyIdPartitioning, tmeCapability, maxPa: 52 }));
}

/** What the registers say that the firmware set up; what was not read is left out. */
export interface FirmwareBits {
  /** Whether memory encryption is on (TME). */
  readonly tme?: boolean;
  /** Whether KeyIDs besides KeyID 0 are on (TME-MT). */
  readonly tmeMt?: boolean;
  /** Private KeyIDs. */
  readonly privates?: number;
  /** Whether the CPU has a SEAM range at all. */
  readonly hasSeamrr?: boolean;
  /** Whether the SEAM range is on, where the TDX module lies. */
  readonly seamrr?: boolean;
  /** What MCHECK found wrong; 0 is nothing. */
  readonly mcheck?: bigint;
}

/** Reads what the firmware set up; bits as 336907, 343754 and the enabling guide of TDX have them. */
export function firmwareBits(msrs: Msrs): FirmwareBits {
  const field = (msr: number, high: number, low: number) => {
    const value = msrs.get(msr);
    return value === undefined ? undefined : bitRange(value, high, low);
  };
  const flag = (msr: number, high: number, low = high) => {
    const bits = field(msr, high, low);
    return bits === undefined ? undefined : bits !== 0;
  };
  return defined({
    tme: flag(MSR.tmeActivate, 1),
    tmeMt: flag(MSR.tmeActivate, 35, 32),
    privates: field(MSR.keyIdPartitioning, 63, 32),
    hasSeamrr: flag(MSR.mtrrCap, 15),
    seamrr: flag(MSR.seamrrMask, 11),
    mcheck: msrs.get(MSR.mcheckStatus),
  });
}
