import type { CpuidLeaf } from "../cpu/_cpuid.ts";
import type { PlacedCode } from "./placed_code.ts";

/** Executes CPUID. */
export type ReadLeaf = (leaf: number, subleaf: number) => CpuidLeaf;

/** CPUID of this machine, through its routine. */
export function cpuidThrough(code: PlacedCode): ReadLeaf {
  const routine = new Deno.UnsafeFnPointer(
    Deno.UnsafePointer.create(BigInt(code.entry.cpuid))!,
    { parameters: ["u32", "u32", "buffer"], result: "void" },
  );
  return (leaf, subleaf) => {
    const registers = new Uint32Array(4);
    routine.call(leaf, subleaf, registers);
    const [eax, ebx, ecx, edx] = registers;
    return { leaf, subleaf, eax: eax!, ebx: ebx!, ecx: ecx!, edx: edx! };
  };
}
