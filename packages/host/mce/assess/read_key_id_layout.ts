import type { KeyIdSpace } from "@tdx/core";
import { wholeText } from "../../audit/readers/byte_text.ts";
import { keyIdSpaceOf, readMsrs } from "../../audit/readers/msrs.ts";
import { UnreadableError } from "../../audit/readers/reading.ts";
import type { HostSource } from "../../audit/sources/host_source.ts";
import type { KeyIdLayout } from "./key_id_layout.ts";

const CPUINFO = "proc/cpuinfo";
const REGISTERS = "msr";
const LIMIT_BYTES = 64 * 2 ** 20;

/**
 * Reads how the KeyIDs sit in a machine's addresses.
 *
 * KeyID bits and shared KeyIDs come from IA32_TME_ACTIVATE and IA32_MKTME_KEYID_PARTITIONING. Linux
 * takes the KeyID bits off the address width in `/proc/cpuinfo` (`detect_tme`), so MAXPA is that
 * width and the KeyID bits together. What the source does not have, or what contradicts itself, is
 * left out: it is unknown.
 *
 * @param source This machine, a snapshot folder or an archive.
 * @returns What is known of the layout.
 * @throws {RangeError} If the source refuses, for example because there is no such folder.
 *
 * @example
 * ```ts
 * import { readKeyIdLayout, type HostSource } from "@tdx/host";
 * import { assertEquals } from "@std/assert";
 *
 * const texts: Record<string, string> = {
 *   "proc/cpuinfo": "address sizes\t: 45 bits physical, 57 bits virtual\n",
 *   // 7 KeyID bits, 1 of them for TDX; 63 shared and 64 private KeyIDs.
 *   "msr": "0x982 0001001700000003\n0x87 000000400000003f\n",
 * };
 * const source: HostSource = {
 *   async *files(paths) {
 *     for (const path of paths) {
 *       yield { path, state: "present", bytes: new Blob([texts[path]!]).stream() };
 *     }
 *   },
 * };
 * const layout = await readKeyIdLayout(source);
 * assertEquals(layout, { maxPa: 52, keyIdBits: 7, sharedKeyIds: 63 });
 * ```
 */
export async function readKeyIdLayout(source: HostSource): Promise<KeyIdLayout> {
  const texts = new Map<string, string>();
  for await (const file of source.files([CPUINFO, REGISTERS])) {
    if (file.state !== "present") continue;
    texts.set(file.path, await wholeText(file.bytes, LIMIT_BYTES).catch(nothingKnown));
  }
  const space = keyIdSpace(texts.get(REGISTERS) ?? "");
  if (space === undefined) return {};
  const width = /^address sizes\s*:\s*(\d{1,2}) bits physical/m.exec(texts.get(CPUINFO) ?? "")?.[1];
  const maxPa = Number(width) + space.keyIdBits;
  return {
    // Above 52 the kernel did not take the KeyID bits off, so the width tells nothing; nor does one
    // that no CPU has.
    ...(maxPa >= 32 && maxPa <= 52 && { maxPa }),
    keyIdBits: space.keyIdBits,
    sharedKeyIds: space.shared,
  };
}

/** The text of a file that cannot be read. */
function nothingKnown(error: unknown): string {
  if (error instanceof UnreadableError) return "";
  throw error;
}

function keyIdSpace(registers: string): KeyIdSpace | undefined {
  try {
    return keyIdSpaceOf(readMsrs(registers));
  } catch (error) {
    if (error instanceof UnreadableError || error instanceof RangeError) return undefined;
    throw error;
  }
}
