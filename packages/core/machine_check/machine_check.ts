import { requireOneOf, requireOptions, requireRegister, requireWhole } from "../arguments.ts";
import { defined } from "../defined.ts";
import { KeyIdSpace } from "../key_id_space.ts";
import { MCACOD_DATA_LOAD, MCACOD_FETCH, MCG_STATUS, MCI_STATUS } from "./registers.ts";

/** A machine-check record: the registers of one bank, as the host logs them. */
export interface MachineCheck {
  /** The logical processor that took it, as the operating system numbers it. */
  readonly cpu?: number;
  /** The bank, from 0. */
  readonly bank: number;
  /** IA32_MCi_STATUS; see {@link MCI_STATUS}. */
  readonly status: bigint;
  /** IA32_MCG_STATUS; see {@link MCG_STATUS}. */
  readonly mcgStatus: bigint;
  /** IA32_MCi_ADDR where ADDRV is set; can carry KeyID bits, see {@link splitMciAddress}. */
  readonly address?: bigint;
  /** IA32_MCi_MISC where MISCV is set. */
  readonly misc?: bigint;
}

/** What consumed the poison, and where. */
export interface ConsumedPoison {
  /** Physical address in bytes, with or without KeyID bits, from 0 to 2^52 - 1. */
  readonly address: number;
  /** Whether the processor reports that a TD was running (MCG_STATUS.SEAM_NR). */
  readonly seamNr: boolean;
  /** The kind of access; default `load`. */
  readonly instruction?: "load" | "fetch";
  /** The logical processor. */
  readonly cpu?: number;
}

const POISON: readonly (keyof ConsumedPoison)[] = ["address", "seamNr", "instruction", "cpu"];

/** Physical addresses have at most 52 bits. */
const MAX_PA = 52;
/** Bank of a poison consumed by a data load or a fetch in the records seen. */
const BANK = 1;
/** MSCOD in the records seen. */
const MSCOD = 0x0010;
/** MCi_MISC of a 64-byte line at a physical address: address mode 2 in 8:6, lowest valid bit 6 in 5:0. */
const MISC_LINE = 0x86n;

/**
 * Builds the record a processor leaves when a load or a fetch consumes poison.
 *
 * It is the typical record of the kernel logs: bank 1, signaled, action required, with address, on
 * one logical processor, restartable.
 *
 * @param poison What consumed it, and where.
 * @returns The record.
 * @throws {TypeError} If something of it is not known.
 * @throws {RangeError} If `instruction` is neither `load` nor `fetch`, the address is not from 0 to
 * 2^52 - 1, the processor number is negative, or one of them is a fraction.
 *
 * @example
 * ```ts
 * import { consumedPoison } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * const record = consumedPoison({ address: 0x80a5669600, seamNr: true });
 * assertEquals(record.status, 0xBD80000000100134n);
 * assertEquals(record.mcgStatus, 0x100Fn);
 * ```
 */
export function consumedPoison(poison: ConsumedPoison): MachineCheck {
  requireOptions("poison", poison, POISON);
  const { address, seamNr, instruction = "load", cpu } = poison;
  requireWhole("address", address, 0, 2 ** MAX_PA - 1);
  requireOneOf("instruction", instruction, ["load", "fetch"]);
  if (cpu !== undefined) requireWhole("cpu", cpu, 0);
  return {
    ...defined({ cpu }),
    bank: BANK,
    status: MCI_STATUS.encode({
      valid: true,
      overflow: false,
      uncorrected: true,
      enabled: true,
      miscValid: true,
      addressValid: true,
      contextCorrupt: false,
      signaled: true,
      actionRequired: true,
      otherInfo: 0,
      msCod: MSCOD,
      mcaCod: instruction === "load" ? MCACOD_DATA_LOAD : MCACOD_FETCH,
    }),
    mcgStatus: MCG_STATUS.encode({
      restartIpValid: true,
      errorIpValid: true,
      inProgress: true,
      local: true,
      seamNr,
    }),
    address: BigInt(address),
    misc: MISC_LINE,
  };
}

/**
 * Splits IA32_MCi_ADDR into KeyID and physical address.
 *
 * The register can carry the KeyID the access used. Linux masks it before `memory_failure`, but not
 * where a TD consumed poison (N1, see `gradeMachineCheck` of `@tdx/linux`).
 *
 * @param address The register. Bits from MAXPA up are no address, so they must be 0.
 * @param layout `maxPa`: physical address bits, KeyID bits included, 32 to 52. `keyIdBits`: upper
 * address bits that carry the KeyID, 0 to 15.
 * @returns The KeyID, and the address in bytes without it.
 * @throws {TypeError} If the address is not a bigint.
 * @throws {RangeError} If the address is negative or has more than `maxPa` bits, or `maxPa` or
 * `keyIdBits` is out of range.
 *
 * @example
 * ```ts
 * import { splitMciAddress } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * const split = splitMciAddress(0x82080a5669600n, { maxPa: 52, keyIdBits: 7 });
 * assertEquals(split, { keyId: 0x41, pa: 0x80a5669600 });
 * ```
 */
export function splitMciAddress(
  address: bigint,
  layout: { readonly maxPa: number; readonly keyIdBits: number },
): { keyId: number; pa: number } {
  const { maxPa, keyIdBits } = layout;
  // Which KeyIDs exist does not matter for the split.
  const space = new KeyIdSpace({ maxPa, keyIdBits, shared: 0, private: 0 });
  // Before the conversion to a number, which rounds above 2^53.
  requireRegister("MCi_ADDR", address, maxPa);
  return space.decode(Number(address));
}
