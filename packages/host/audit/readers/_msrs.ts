import { quote } from "../../_text_lines.ts";
import { UnreadableError } from "./reading.ts";

/** Model-specific registers by address. */
export type Msrs = ReadonlyMap<number, bigint>;

/** The registers an audit looks at; `collect.sh` reads the same. */
export const MSR = {
  /** IA32_MKTME_KEYID_PARTITIONING. */
  keyIdPartitioning: 0x87,
  /** IA32_MCG_CAP. */
  mcgCap: 0x179,
  /** IA32_TME_CAPABILITY. */
  tmeCapability: 0x981,
  /** IA32_TME_ACTIVATE. */
  tmeActivate: 0x982,
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
