/** Where the meaning of each line is read, by the line's name. */
export const SOURCES: Readonly<Record<string, string>> = {
  status: "Intel SDM volume 3B, IA32_MCi_STATUS MSRs",
  error: "Intel SDM volume 3B, Interpreting the MCA Error Codes",
  encrypt:
    "rasdaemon mce-intel-i10nm.c and mcelog i10nm.c, which give only the names; the check is " +
    "inferred from them",
  mcg: "Intel SDM volume 3B, IA32_MCG_STATUS MSR; SEAM_NR: Linux 7911f145de5f",
  address: "KeyID in PA bits MAXPA-1 to MAXPA-k: Intel 336907 and 343754; what Linux uses: " +
    "mce_usable_address",
  code: "the two low bits of CS are the privilege level, 3 for a process",
  linux: "Linux arch/x86/kernel/cpu/mce/severity.c; SEAM_NR: 7911f145de5f",
  kernel: "the log",
  cause: "rules of the memory in Intel 348549; erratum: Linux 1e536e106897",
};
