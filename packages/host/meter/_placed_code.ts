import { LINE_BYTES, PAGE_BYTES } from "@tdx/core";
import type { Libc } from "./_libc.ts";
import { type RoutineName, ROUTINES } from "./routines.ts";

/** The routines in memory, where the CPU can run them: a page that is never writable by then. */
export class PlacedCode implements Disposable {
  /** The address of each routine. */
  readonly entry: Readonly<Record<RoutineName, number>>;
  /** The address of a line of zeros, for MOVDIR64B to copy. */
  readonly zeros: number;
  readonly #libc: Libc;
  readonly #page: number;

  /** @throws {MeterError} If the system gives no memory or lets no program run it. */
  constructor(libc: Libc) {
    const page = libc.map(PAGE_BYTES);
    if (page === undefined) throw libc.failure("mmap of a page for machine code");
    this.#libc = libc;
    this.#page = page;
    // Each routine starts a line, as compilers align what they call.
    let address = page;
    const entries = Object.entries(ROUTINES).map(([name, { code }]) => {
      const entry = address;
      libc.copy(entry, code);
      address += Math.ceil(code.length / LINE_BYTES) * LINE_BYTES;
      return [name, entry];
    });
    this.entry = Object.fromEntries(entries);
    this.zeros = address;
    try {
      libc.seal(page, PAGE_BYTES);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#libc.unmap(this.#page, PAGE_BYTES);
  }
}
