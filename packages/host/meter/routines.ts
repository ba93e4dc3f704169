/** A routine in machine code, beside the assembly that it was written from. */
export interface Routine {
  /** Its instructions, in order. */
  readonly lines: readonly RoutineLine[];
  /** Their bytes, one after the other. */
  readonly code: Uint8Array<ArrayBuffer>;
}

/** One instruction. */
export interface RoutineLine {
  readonly bytes: readonly number[];
  /** In Intel's syntax as the GNU assembler reads it; `1:` is a label that `1b` jumps back to. */
  readonly assembly: string;
}

/**
 * Reads a routine: one instruction a line, its bytes in hexadecimal, a bar, its assembly.
 *
 * @param listing The lines; blank ones are skipped.
 * @returns The routine.
 * @throws {SyntaxError} If a line is anything else.
 */
export function routine(listing: string): Routine {
  const lines = listing.split("\n").map((text) => text.trim()).filter(Boolean).map(readLine);
  return { lines, code: new Uint8Array(lines.flatMap(({ bytes }) => bytes)) };
}

function readLine(text: string, index: number): RoutineLine {
  const match = /^((?:[0-9a-f]{2} )+) *\| (.+)$/.exec(text);
  if (match === null) {
    throw new SyntaxError(
      `listing:${index + 1}:1: Expected bytes, a bar and an instruction, got "${text}"`,
    );
  }
  return {
    bytes: match[1]!.trim().split(" ").map((byte) => parseInt(byte, 16)),
    assembly: match[2]!,
  };
}

/** The name of a routine in machine code. */
export type RoutineName =
  | "cpuid"
  | "movdir64b"
  | "movdir64bOneFence"
  | "repStosb"
  | "movnti"
  | "clflushopt"
  | "countWords";

/**
 * The routines that run on this machine's CPU, as the System V calling convention has them: arguments
 * in rdi, rsi, rdx, rcx, the result in rax.
 *
 * All but `cpuid` take the start of a buffer, its size, the size of a step, and a value to store. The
 * size is a multiple of the step, the step one of 64 bytes, neither is 0. Their loops do what a C
 * compiler makes of the same source; what is timed are the stores, not the counting.
 */
export const ROUTINES: Readonly<Record<RoutineName, Routine>> = {
  /** CPUID of leaf rdi and subleaf rsi; the four registers go to rdx. */
  cpuid: routine(`
    53                   | push rbx
    89 f8                | mov eax, edi
    49 89 d0             | mov r8, rdx
    89 f1                | mov ecx, esi
    0f a2                | cpuid
    41 89 00             | mov [r8], eax
    41 89 58 04          | mov [r8+4], ebx
    41 89 48 08          | mov [r8+8], ecx
    41 89 50 0c          | mov [r8+12], edx
    5b                   | pop rbx
    c3                   | ret
  `),
  /** Copies the 64 bytes at rcx to each line; a full fence after each step, as Linux's reset. */
  movdir64b: routine(`
    48 01 fe             | add rsi, rdi
    48 8d 04 17          | 1: lea rax, [rdi+rdx]
    66 0f 38 f8 39       | 2: movdir64b rdi, [rcx]
    48 83 c7 40          | add rdi, 64
    48 39 c7             | cmp rdi, rax
    75 f2                | jne 2b
    0f ae f0             | mfence
    48 39 f7             | cmp rdi, rsi
    75 e6                | jne 1b
    c3                   | ret
  `),
  /** The same with one fence after all steps. */
  movdir64bOneFence: routine(`
    48 01 fe             | add rsi, rdi
    48 8d 04 17          | 1: lea rax, [rdi+rdx]
    66 0f 38 f8 39       | 2: movdir64b rdi, [rcx]
    48 83 c7 40          | add rdi, 64
    48 39 c7             | cmp rdi, rax
    75 f2                | jne 2b
    48 39 f7             | cmp rdi, rsi
    75 e9                | jne 1b
    0f ae f0             | mfence
    c3                   | ret
  `),
  /** Stores the low byte of rcx through the caches, one REP STOSB for each step. */
  repStosb: routine(`
    48 01 fe             | add rsi, rdi
    89 c8                | mov eax, ecx
    48 89 d1             | 1: mov rcx, rdx
    f3 aa                | rep stosb
    48 39 f7             | cmp rdi, rsi
    75 f6                | jne 1b
    c3                   | ret
  `),
  /** Stores the 8 bytes of rcx past the caches; a store fence after each step. */
  movnti: routine(`
    48 01 fe             | add rsi, rdi
    48 8d 04 17          | 1: lea rax, [rdi+rdx]
    48 0f c3 0f          | 2: movnti [rdi], rcx
    48 0f c3 4f 08       | movnti [rdi+8], rcx
    48 0f c3 4f 10       | movnti [rdi+16], rcx
    48 0f c3 4f 18       | movnti [rdi+24], rcx
    48 0f c3 4f 20       | movnti [rdi+32], rcx
    48 0f c3 4f 28       | movnti [rdi+40], rcx
    48 0f c3 4f 30       | movnti [rdi+48], rcx
    48 0f c3 4f 38       | movnti [rdi+56], rcx
    48 83 c7 40          | add rdi, 64
    48 39 c7             | cmp rdi, rax
    75 d0                | jne 2b
    0f ae f8             | sfence
    48 39 f7             | cmp rdi, rsi
    75 c4                | jne 1b
    c3                   | ret
  `),
  /** Flushes each line from all caches; a full fence after each step. */
  clflushopt: routine(`
    48 01 fe             | add rsi, rdi
    48 8d 04 17          | 1: lea rax, [rdi+rdx]
    66 0f ae 3f          | 2: clflushopt [rdi]
    48 83 c7 40          | add rdi, 64
    48 39 c7             | cmp rdi, rax
    75 f3                | jne 2b
    0f ae f0             | mfence
    48 39 f7             | cmp rdi, rsi
    75 e7                | jne 1b
    c3                   | ret
  `),
  /** Reads back: how many 8-byte words hold rcx. */
  countWords: routine(`
    48 01 fe             | add rsi, rdi
    31 c0                | xor eax, eax
    45 31 c0             | 1: xor r8d, r8d
    48 39 0f             | cmp [rdi], rcx
    41 0f 94 c0          | sete r8b
    4c 01 c0             | add rax, r8
    48 83 c7 08          | add rdi, 8
    48 39 f7             | cmp rdi, rsi
    75 ea                | jne 1b
    c3                   | ret
  `),
};
