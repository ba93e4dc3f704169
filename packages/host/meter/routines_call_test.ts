// What the routines do to memory; routines_test.ts has what they are made of.
import { assert, assertEquals } from "@std/assert";
import { LINE_BYTES, PAGE_BYTES } from "@tdx/core";
import { callTest } from "./fixtures_test.ts";
import { Libc } from "./_libc.ts";
import { PlacedCode } from "./_placed_code.ts";
import type { RoutineName } from "./routines.ts";

const BYTES = 3 * PAGE_BYTES;
/** What memory holds in and beside the range that a routine is given. */
const GUARD = 0x11;
const GUARD_WORD = 0x1111_1111_1111_1111n;

for (const name of ["repStosb", "movnti"] as const) {
  for (const step of [LINE_BYTES, PAGE_BYTES, BYTES]) {
    callTest(
      `ROUTINES: ${name} writes its range in steps of ${step}, nothing beside it`,
      () =>
        onMemory((memory, call) => {
          call(name, step, 0x5a5a_5a5a_5a5a_5a5an);
          assertWritten(memory, 0x5a);
        }),
    );
  }
}

for (const name of ["movdir64b", "movdir64bOneFence"] as const) {
  callTest(
    `ROUTINES: ${name} clears its range, nothing beside it`,
    () =>
      onMemory((memory, call, zeros) => {
        call(name, PAGE_BYTES, BigInt(zeros));
        assertWritten(memory, 0);
      }),
    "movdir64b",
  );
}

// Any x86-64 CPU can run the loops around MOVDIR64B: other instructions stand in its place.
for (const step of [LINE_BYTES, PAGE_BYTES, BYTES]) {
  // After which lines of the range a fence comes.
  const fences = {
    movdir64b: (line: number) => line % (step / LINE_BYTES) === 0,
    movdir64bOneFence: (line: number) => line === BYTES / LINE_BYTES,
  };
  for (const name of ["movdir64b", "movdir64bOneFence"] as const) {
    callTest(
      `ROUTINES: ${name} meets each line once, and fences, in steps of ${step} (patched to count)`,
      () =>
        onMemory((memory, call) => {
          memory.fill(0);
          call(name, step, 1n);
          const words = new BigUint64Array(memory.buffer);
          const expected = words.map(() => 0n);
          for (let line = 1; line <= BYTES / LINE_BYTES; line++) {
            expected[line * LINE_BYTES / 8]! += 1n;
            // Where the line after it begins.
            if (fences[name](line)) expected[(line + 1) * LINE_BYTES / 8]! += BigInt(step);
          }
          assertEquals(words, expected);
        }, (libc) => new PlacedCode(counting(libc))),
    );
  }
}

callTest("ROUTINES: clflushopt leaves memory as it is", () =>
  onMemory((memory, call) => {
    call("clflushopt", PAGE_BYTES, 0n);
    assertWritten(memory, GUARD);
  }), "clflushopt");

callTest(
  "ROUTINES: countWords counts the words of its range that hold a value",
  () =>
    onMemory((memory, call) => {
      const count = (value: bigint) => call("countWords", BYTES, value);
      assertEquals(count(GUARD_WORD), 1536n);
      // One byte of the first and one of the last word, and two beside the range.
      for (const at of [64 + 7, 64 + BYTES - 1, 63, 64 + BYTES]) memory[at] = 0;
      assertEquals(count(GUARD_WORD), 1534n);
      assertEquals(count(0x0011_1111_1111_1111n), 2n);
    }),
);

/** The range holds a byte and its neighbours what they held. */
function assertWritten(memory: Uint8Array, byte: number): void {
  const [end, guard] = [LINE_BYTES + BYTES, new Uint8Array(LINE_BYTES).fill(GUARD)];
  assertEquals([memory.slice(0, LINE_BYTES), memory.slice(end)], [guard, guard]);
  assert(memory.slice(LINE_BYTES, end).every((value) => value === byte));
}

/**
 * A C library that places other code of the same length: MOVDIR64B adds rcx to the first word of its
 * line, and MFENCE adds the step to the first word after it.
 */
function counting(libc: Libc): Libc {
  const patches = [
    // movdir64b rdi, [rcx]: add [rdi], rcx; a nop of 2 bytes.
    ["66 0f 38 f8 39", "48 01 0f 66 90"],
    // mfence: add [rdi], rdx.
    ["0f ae f0", "48 01 17"],
  ] as const;
  const patched = (code: Uint8Array) => {
    const bytes = [...code].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const other = patches.reduce((text, [from, to]) => text.replaceAll(from, to), bytes);
    // This CPU may lack it.
    assert(!other.includes("0f 38 f8"));
    return Uint8Array.from(other.split(" "), (byte) => parseInt(byte, 16));
  };
  return {
    map: (bytes: number) => libc.map(bytes),
    copy: (address: number, code: Uint8Array) => libc.copy(address, patched(code)),
    seal: (address: number, bytes: number) => libc.seal(address, bytes),
    unmap: (address: number, bytes: number) => libc.unmap(address, bytes),
  } as unknown as Libc;
}

/** Gives a test memory, a way to run routines on all but its ends, and the address of zeros. */
function onMemory(
  test: (
    memory: Uint8Array,
    call: (name: RoutineName, step: number, value: bigint) => bigint,
    zeros: number,
  ) => void,
  place = (libc: Libc) => new PlacedCode(libc),
): void {
  using libc = new Libc();
  using code = place(libc);
  const size = 2 * LINE_BYTES + BYTES;
  const address = libc.map(size)!;
  try {
    const pointer = Deno.UnsafePointer.create(BigInt(address))!;
    const memory = new Uint8Array(Deno.UnsafePointerView.getArrayBuffer(pointer, size));
    memory.fill(GUARD);
    const call = (name: RoutineName, step: number, value: bigint) =>
      new Deno.UnsafeFnPointer(
        Deno.UnsafePointer.create(BigInt(code.entry[name]))!,
        { parameters: ["u64", "u64", "u64", "u64"], result: "u64" },
      ).call(BigInt(address + LINE_BYTES), BigInt(BYTES), BigInt(step), value);
    test(memory, call, code.zeros);
  } finally {
    libc.unmap(address, size);
  }
}
