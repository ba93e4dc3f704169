import { MiB, showSize } from "@tdx/core";
import type { Libc } from "./_libc.ts";
import { MeterError } from "./meter_error.ts";
import type { MeterPages } from "./meter_options.ts";
import type { MeterBacking } from "./meter_report.ts";
import { hugeBytesAt } from "./_proc_text.ts";

/** The huge page that x86-64 gives to memory without a name. */
const HUGE_PAGE_BYTES = 2 * MiB;

/** Memory for each thread, of one kind of pages. Whoever takes it gives it back: `using`. */
export class Buffers implements Disposable {
  /** Where each thread's buffer starts, on a boundary of 2 MiB. */
  readonly starts: readonly number[];
  readonly #libc: Libc;
  readonly #pages: MeterPages;
  readonly #from: MeterBacking["from"];
  readonly #address: number;
  readonly #mapped: number;

  /**
   * @param libc The C library.
   * @param pages The kind of pages.
   * @param threads How many buffers.
   * @param bytes Size of each.
   * @throws {MeterError} If the system refuses the memory.
   */
  constructor(libc: Libc, pages: MeterPages, threads: number, bytes: number) {
    // Each begins where a huge page can.
    const stride = Math.ceil(bytes / HUGE_PAGE_BYTES) * HUGE_PAGE_BYTES;
    const total = stride * threads;
    const pool = pages === "huge" ? libc.map(total, true) : undefined;
    const mapped = pool === undefined ? total + HUGE_PAGE_BYTES : total;
    const address = pool ?? libc.map(mapped);
    if (address === undefined) {
      const { message } = libc.failure(`mmap of ${showSize(total)}`);
      const limits = "ulimit -v, a memory cgroup or vm.overcommit_memory";
      throw new MeterError(`${message}; the limit may be ${limits}`);
    }
    const first = Math.ceil(address / HUGE_PAGE_BYTES) * HUGE_PAGE_BYTES;
    if (pool === undefined) libc.adviseHuge(address, mapped, pages === "huge");
    this.starts = Array.from({ length: threads }, (_, index) => first + index * stride);
    this.#libc = libc;
    this.#pages = pages;
    this.#from = pool === undefined ? "transparent" : "pool";
    this.#address = address;
    this.#mapped = mapped;
  }

  /** What stands behind the memory; ask when all of it has been written once. */
  backing(bytes: number): MeterBacking {
    const smaps = this.#libc.readText("/proc/self/smaps");
    const huge = smaps === undefined ? undefined : hugeBytesAt(smaps, this.starts[0]!);
    const used = bytes * this.starts.length;
    return {
      pages: this.#pages,
      from: this.#from,
      hugeShare: huge === undefined ? null : Math.min(1, huge / used),
    };
  }

  [Symbol.dispose](): void {
    this.#libc.unmap(this.#address, this.#mapped);
  }
}
