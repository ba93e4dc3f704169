import { MeterError } from "./meter_error.ts";

const SYMBOLS = {
  mmap: { parameters: ["u64", "u64", "i32", "i32", "i32", "i64"], result: "u64" },
  munmap: { parameters: ["u64", "u64"], result: "i32" },
  mprotect: { parameters: ["u64", "u64", "i32"], result: "i32" },
  madvise: { parameters: ["u64", "u64", "i32"], result: "i32" },
  memcpy: { parameters: ["u64", "buffer", "u64"], result: "u64" },
  open: { parameters: ["buffer", "i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "u64"], result: "i64" },
  close: { parameters: ["i32"], result: "i32" },
  __errno_location: { parameters: [], result: "pointer" },
} as const satisfies Deno.ForeignLibraryInterface;

// x86-64 Linux, <sys/mman.h>.
const PROT = { read: 1, write: 2, exec: 4 };
const MAP = { private: 0x02, anonymous: 0x20, hugetlb: 0x40000, huge2MiB: 21 << 26 };
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;
/** Linux's <errno.h>: what its mmap, mprotect and munmap refuse with, in words. */
const ERRORS: Readonly<Record<number, string>> = {
  1: "EPERM: not permitted",
  11: "EAGAIN: too much memory is locked",
  12: "ENOMEM: out of memory or over a limit",
  13: "EACCES: a security policy forbids it",
  22: "EINVAL: not as this kernel takes it",
};
const ADVICE = { hugepage: 14, nohugepage: 15 };

/** The few calls of the C library that the meter needs. Addresses are numbers: they have 47 bits. */
export class Libc implements Disposable {
  readonly #library: Deno.DynamicLibrary<typeof SYMBOLS>;

  /** @throws {MeterError} On another system, without the permission, or without the library. */
  constructor() {
    requireLinuxX86(Deno.build);
    this.#library = openLibrary();
  }

  /**
   * Maps private memory that may be read and written, `undefined` where it is refused.
   *
   * @param bytes How much.
   * @param pool Whether from the kernel's pool of 2 MiB pages.
   */
  map(bytes: number, pool = false): number | undefined {
    const flags = MAP.private | MAP.anonymous | (pool ? MAP.hugetlb | MAP.huge2MiB : 0);
    const protection = PROT.read | PROT.write;
    const address = this.#library.symbols.mmap(0n, BigInt(bytes), protection, flags, -1, 0n);
    return address === MAP_FAILED ? undefined : Number(address);
  }

  /** Gives memory back. */
  unmap(address: number, bytes: number): void {
    if (this.#library.symbols.munmap(BigInt(address), BigInt(bytes)) === 0) return;
    throw this.failure("munmap");
  }

  /** Makes memory readable and executable, and no longer writable. */
  seal(address: number, bytes: number): void {
    const protection = PROT.read | PROT.exec;
    if (this.#library.symbols.mprotect(BigInt(address), BigInt(bytes), protection) === 0) return;
    throw this.failure("mprotect to read and execute");
  }

  /** Asks for transparent huge pages or for none; the kernel may do otherwise. */
  adviseHuge(address: number, bytes: number, huge: boolean): void {
    const advice = huge ? ADVICE.hugepage : ADVICE.nohugepage;
    this.#library.symbols.madvise(BigInt(address), BigInt(bytes), advice);
  }

  /** Copies bytes to memory. */
  copy(address: number, bytes: Uint8Array<ArrayBuffer>): void {
    this.#library.symbols.memcpy(BigInt(address), bytes, BigInt(bytes.length));
  }

  /**
   * Reads a file whole, `undefined` where it cannot be read. Deno lets no program read `/proc` and
   * `/sys` without all permissions; `--allow-ffi` allows any call, so nothing else need be asked for.
   */
  readText(path: string): string | undefined {
    const { open, read, close } = this.#library.symbols;
    const file = open(new TextEncoder().encode(`${path}\0`), 0);
    if (file < 0) return undefined;
    const decoder = new TextDecoder();
    const chunk = new Uint8Array(2 ** 16);
    let text = "";
    let length: number;
    while ((length = Number(read(file, chunk, BigInt(chunk.length)))) > 0) {
      text += decoder.decode(chunk.subarray(0, length), { stream: true });
    }
    close(file);
    return length < 0 ? undefined : text;
  }

  /** An error that says what failed, and why as the kernel has it. */
  failure(call: string): MeterError {
    const errno = new Deno.UnsafePointerView(this.#library.symbols.__errno_location()!).getInt32();
    return new MeterError(
      `Expected ${call} to succeed, got ${ERRORS[errno] ?? `error number ${errno}`}`,
    );
  }

  [Symbol.dispose](): void {
    this.#library.close();
  }
}

/**
 * Throws unless the machine can run the routines.
 *
 * @param build What this program was built for.
 * @throws {MeterError} If it is not Linux on x86-64.
 */
export function requireLinuxX86(build: { readonly os: string; readonly arch: string }): void {
  const { os, arch } = build;
  if (os === "linux" && arch === "x86_64") return;
  throw new MeterError(
    `Expected Linux on x86-64, whose machine code this is, got ${os} on ${arch}`,
  );
}

function openLibrary(): Deno.DynamicLibrary<typeof SYMBOLS> {
  // Asked for first: on a terminal Deno would ask the user, and not say what for.
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") {
    throw new MeterError(
      "Expected the permission --allow-ffi: measuring places a few bytes of machine code in " +
        "memory through the C library, and calls them",
    );
  }
  try {
    return Deno.dlopen("libc.so.6", SYMBOLS);
  } catch (error) {
    throw new MeterError(
      `Expected the GNU C library, libc.so.6, got ${
        error instanceof Error ? error.message : error
      }`,
    );
  }
}
