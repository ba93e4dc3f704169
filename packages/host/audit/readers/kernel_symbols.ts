import { defined } from "@tdx/core";
import { linesOf } from "./byte_text.ts";

/** What the kernel's symbols say of TDX. Names are readable without privilege, addresses are not. */
export interface KernelSymbols {
  /** The symbol of the reset that clears only with the erratum (Linux 01fb93a363e0). */
  readonly reset?: string;
  /** The symbol of the clearing of every page (Linux 8d032b683c299). */
  readonly clear?: string;
  /** The symbol that disables the TDX module before a kexec, so that kexec need not be refused. */
  readonly disable?: string;
  /** Whether the kernel has TDX host code at all. */
  readonly host: boolean;
  /** Whether the list goes from the first function of the kernel to the last. */
  readonly complete: boolean;
}

/** The compiler may have put `.isra.0` or `.part.1` behind the name of a function. */
const LINE = /^[0-9a-f]+ [a-zA-Z] ((\w+)(?:[.$][\w.$]*)?)(\t\[\w+\])?$/;

type Meaning = "reset" | "clear" | "disable" | "host" | "first" | "last";

/** By bare name, what a symbol shows. */
const MEANING = new Map<string, Meaning>([
  ["tdx_quirk_reset_paddr", "reset"],
  ["tdx_quirk_reset_page", "reset"],
  ["tdx_clear_page", "clear"],
  ["tdx_sys_disable", "disable"],
  ["__seamcall", "host"],
  ["tdx_cpu_enable", "host"],
  ["tdx_enable", "host"],
  ["_stext", "first"],
  ["_einittext", "last"],
]);

/** Reads `/proc/kallsyms`, line by line; lines of another form are skipped. */
export async function readKernelSymbols(bytes: AsyncIterable<Uint8Array>): Promise<KernelSymbols> {
  const found: { [what in Meaning]?: string } = {};
  for await (const line of linesOf(bytes)) {
    const [, symbol, name] = LINE.exec(line) ?? [];
    const meaning = MEANING.get(name ?? "");
    if (meaning !== undefined) found[meaning] ??= symbol!;
  }
  const { reset, clear, disable, host, first, last } = found;
  return {
    ...defined({ reset, clear, disable }),
    host: (host ?? reset ?? clear ?? disable) !== undefined,
    complete: first !== undefined && last !== undefined,
  };
}
