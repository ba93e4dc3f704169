import { bitRange, type Platform } from "@tdx/core";

/** An error of the memory encryption engine, as a memory controller of Sapphire Rapids logs it. */
export interface EncryptionError {
  /** The vendor's name for it. */
  readonly name: string;
  /** The check that failed: MAC (`integrity`), TD owner (`td-owner`), or not known. */
  readonly check: "integrity" | "td-owner" | "unknown";
  /** Whether the CPU model is unknown, so that reading the code this way is an assumption. */
  readonly assumed: boolean;
}

/** MSCOD high byte of this group of codes. */
const GROUP = 0x08;
/** Banks 13 to 20 are memory controllers on these platforms; same source as the codes. */
const BANKS = { first: 13, last: 20 };
const PLATFORMS: readonly string[] = ["spr", "emr"];

/**
 * MSCOD low bytes that concern encryption. Names: rasdaemon and mcelog, `mce-intel-i10nm.c` and
 * `i10nm.c`, written by Intel for Sapphire Rapids and Emerald Rapids. Neither says more than the
 * name; that 2A is the MAC check and 2B the TD owner check is inferred from it.
 */
const CODES: Readonly<Record<number, Omit<EncryptionError, "assumed">>> = {
  0x22: { name: "TME_KEY_PAR_ERR", check: "unknown" },
  0x26: { name: "TME_TEM_SECURE_ERR", check: "unknown" },
  0x27: { name: "TME_UFILL_PAR_ERR", check: "unknown" },
  0x2a: { name: "TME_INTEGRITY_ERR", check: "integrity" },
  0x2b: { name: "TME_TDX_ERR", check: "td-owner" },
  0x2c: { name: "TME_UFILL_TEM_SECURE_ERR", check: "unknown" },
  0x2d: { name: "TME_KEY_POISON_ERR", check: "unknown" },
  0x2e: { name: "TME_SECURITY_ENGINE_ERR", check: "unknown" },
};

/**
 * Reads the encryption error out of a memory controller's model-specific code.
 *
 * @param bank The bank, from 0.
 * @param msCod MSCOD, bits 31:16 of IA32_MCi_STATUS.
 * @param platform The platform, where it is known.
 * @returns The error; `undefined` for another code, bank or platform.
 */
export function decodeEncryptionError(
  bank: number,
  msCod: number,
  platform?: Platform,
): EncryptionError | undefined {
  if (platform !== undefined && !PLATFORMS.includes(platform.name)) return undefined;
  if (bank < BANKS.first || bank > BANKS.last) return undefined;
  if (bitRange(msCod, 15, 8) !== GROUP) return undefined;
  const code = CODES[bitRange(msCod, 7, 0)];
  return code && { ...code, assumed: platform === undefined };
}
