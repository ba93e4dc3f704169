import type { CpuIdentity } from "./cpu_identity.ts";

/** What CPUID returned for one leaf, each register 32 bits. */
export interface CpuidLeaf {
  readonly leaf: number;
  readonly eax: number;
  readonly ebx: number;
  readonly ecx: number;
  readonly edx: number;
}

/**
 * Decodes one CPU's leaves as Intel's SDM volume 2A says (CPUID leaves 0, 1, 80000002 to
 * 80000004). The vendor is "" where leaf 0 holds no printable text.
 */
export function decodeCpuid(
  vendor: CpuidLeaf,
  signature: CpuidLeaf,
  leaves: readonly CpuidLeaf[],
): CpuIdentity {
  const brand = brandString(leaves);
  return {
    vendor: registersText([vendor.ebx, vendor.edx, vendor.ecx]),
    ...decodeSignature(signature.eax),
    ...(brand && { brand }),
    hypervisor: bits(signature.ecx, 31, 1) === 1,
  };
}

/** Splits EAX of leaf 1; the extended family counts for family 15, the model for 6 and 15. */
export function decodeSignature(
  eax: number,
): Pick<CpuIdentity, "family" | "model" | "stepping"> {
  const base = bits(eax, 8, 4);
  const extended = base === 6 || base === 15;
  return {
    family: base === 15 ? base + bits(eax, 20, 8) : base,
    model: bits(eax, 4, 4) + (extended ? bits(eax, 16, 4) << 4 : 0),
    stepping: bits(eax, 0, 4),
  };
}

function brandString(leaves: readonly CpuidLeaf[]): string {
  const parts = [0x80000002, 0x80000003, 0x80000004].map((leaf) =>
    leaves.find((found) => found.leaf === leaf)
  );
  // Two thirds of a name would name another part.
  return parts.some((part) => part === undefined)
    ? ""
    : registersText(parts.flatMap((part) => [part!.eax, part!.ebx, part!.ecx, part!.edx]));
}

/** The characters in registers, low byte first, up to the first NUL; "" if not printable. */
export function registersText(registers: readonly number[]): string {
  const bytes = registers.flatMap((value) => [0, 8, 16, 24].map((low) => bits(value, low, 8)));
  const text = String.fromCharCode(...bytes).split("\0", 1)[0]!.trim();
  return /^[ -~]*$/.test(text) ? text : "";
}

/** Bits of a 32-bit register; `@tdx/host/cpu` starts without all of core, whose `bitRange` does it. */
function bits(value: number, low: number, count: number): number {
  return (value >>> low) & ((1 << count) - 1);
}
