/** Where a kernel log says that memory of TDs was left uncleaned. */
export interface UncleanedMemory {
  /** Number of the line, from 1. */
  readonly line: number;
  /** The kernel's words. */
  readonly words: string;
}

/** What it means where Linux logs that (X4), and what helps. */
export const UNCLEANED_MEMORY: { readonly meaning: string; readonly fix: string } = {
  meaning: "The TDX module was too old to be disabled before a kexec or a crash, and the kernel " +
    "went on: memory of TDs is left uncleaned (X4)",
  fix: "Reboot by a reset of the machine, and update the TDX module",
};

const DISABLE_FAILED = /(?:^|[\s;\]])(?:virt\/)?tdx: (TDH\.SYS\.DISABLE failed: 0x[0-9a-f]{1,16})/i;

/** The kernel's words where a line of its log says that the TDX module could not be disabled. */
export function disableFailure(line: string): string | undefined {
  return line.includes("failed: 0x") ? DISABLE_FAILED.exec(line)?.[1] : undefined;
}
