import { MCACOD_DATA_LOAD, MCACOD_FETCH, MCI_STATUS } from "@tdx/core";

/** What a machine-check record in the kernel log tells here. */
export interface LoggedMachineCheck {
  readonly uncorrected: boolean;
  /** Whether a load or a fetch consumed poison, for which the erratum can be a cause. */
  readonly consumedPoison: boolean;
}

/** As the kernel's `print_mce` writes it; MCG_STATUS, bank and MCi_STATUS, hexadecimal but the bank. */
const RECORD =
  /^\[Hardware Error\]: CPU \d+: Machine Check(?: Exception)?: [0-9a-f]{1,16} Bank \d+: ([0-9a-f]{16})\b/i;

/** Reads the first message of a machine-check record; `undefined` where it is none. */
export function readMachineCheckLine(message: string): LoggedMachineCheck | undefined {
  const status = RECORD.exec(message)?.[1];
  if (status === undefined) return undefined;
  const { uncorrected, mcaCod } = MCI_STATUS.decode(BigInt(`0x${status}`));
  return {
    uncorrected,
    consumedPoison: uncorrected && (mcaCod === MCACOD_DATA_LOAD || mcaCod === MCACOD_FETCH),
  };
}
