import { type DecodedStatus, type LoggedSeamcall, NEXT_STEPS, readSeamcallLog } from "@tdx/seam";

/** What keeps TDX from coming up, by a word of the kernel. */
export interface TdxTrouble {
  readonly words: string;
  /** What helps; empty where other words tell. */
  readonly fix: string;
  /** Whether it is the firmware's doing. */
  readonly firmware?: boolean;
}

const SEAM = "In the firmware's setup turn on TDX and its loader (SEAM loader, P-SEAMLDR), fill " +
  "the memory slots as the board's manual asks for TDX, and update the firmware";

/**
 * What Linux logs where TDX does not come up (`arch/x86/virt/vmx/tdx/tdx.c`, `arch/x86/kvm/vmx/tdx.c`
 * and `detect_tme_early`), with the wordings of the kernels that Intel patched before 6.16. The first
 * row that fits decides.
 */
const TROUBLES: readonly (Omit<TdxTrouble, "words"> & { readonly says: RegExp })[] = [
  {
    says: /^x86\/tme: not enabled by BIOS/,
    firmware: true,
    fix: "In the firmware's setup turn on memory encryption (TME)",
  },
  {
    says: /^x86\/(?:mk)?tme: (?:disabled by BIOS|No known encryption|MKTME is not usable)/,
    firmware: true,
    fix: "In the firmware's setup turn on multi-key memory encryption (TME-MT)",
  },
  {
    says: /^x86\/tme: configuration is inconsistent/,
    firmware: true,
    fix: "Update the firmware: it sets up memory encryption differently from CPU to CPU",
  },
  { says: /TDX is not enabled by BIOS|tdx: not enabled by BIOS/i, firmware: true, fix: SEAM },
  { says: /tdx: (?:TDX[- ])?module (?:is )?not loaded/i, firmware: true, fix: SEAM },
  {
    says: /too few private KeyIDs/,
    firmware: true,
    fix: "In the firmware's setup give TDX more KeyIDs (TME-MT/TDX key split)",
  },
  {
    says: /Hibernation support is enabled/,
    fix: "Boot with nohibernate: TDX does not survive hibernation",
  },
  {
    says: /initialization failed: .*(?:\bS3\b|suspend)/i,
    fix: "Turn ACPI S3 off in the firmware's setup: TDX does not survive it",
  },
  {
    says: /^PM: suspend entry \(deep\)/,
    fix: "Reboot: ACPI S3 destroys the TDX module and every TD; suspend no deeper than s2idle",
  },
  {
    says: /(?:TDMRs|reserved areas) exhausted/,
    fix: "Update firmware and TDX module: memory lies in more pieces than the module takes",
  },
  {
    says: /initialization failed: .*(?:memory|CMR)|memory hotplug/i,
    fix: "Boot with all memory in place: TDX takes none that is plugged in later, nor any that " +
      "the firmware does not list as convertible",
  },
  {
    says: /clobber bug present|NO_RBP_MOD|module is outdated/,
    fix: "Update the TDX module, mostly with the firmware that loads it",
  },
  { says: /requires kvm\.enable_virt_at_load=1/, fix: "Load kvm with enable_virt_at_load=1" },
  {
    says: /(?:EPT|TDP MMU|APICv)\b.* required for TDX/,
    fix: "Load kvm and kvm_intel without the options that turn it off",
  },
  {
    says: /(?:XSAVE|MOVDIR64B|Self-snoop) is (?:not supported|\w+ for TDX)/,
    fix: "See that neither the kernel's command line (clearcpuid) nor a hypervisor hides it",
  },
  {
    says: /TDX not supported by the host platform|no TDX private KeyIDs available/,
    fix: "Turn TDX on in the firmware's setup, with KeyIDs for it, and boot with nohibernate",
  },
  {
    says: /initialization failed \(-12\)/,
    fix: "Load kvm_intel early: the kernel found no memory for the PAMT, 1/256 of all",
  },
  { says: /initialization failed|Failed to initialize TDX module/, fix: "" },
];

/** Tells what keeps TDX from coming up by a message with its speaker, `virt/tdx: module not loaded`. */
export function tdxTrouble(message: string): TdxTrouble | undefined {
  const row = TROUBLES.find(({ says }) => says.test(message));
  return row && { words: message, fix: row.fix, firmware: row.firmware === true };
}

/** The same by a SEAMCALL that failed while the module was initialised. */
export function seamcallTrouble(call: LoggedSeamcall): TdxTrouble | undefined {
  const leaf = leafName(call);
  if (!/^TDH\.SYS\.(?!DISABLE|SHUTDOWN|UPDATE)/.test(leaf)) return undefined;
  const number = call.leaf === null ? "" : ` (leaf ${call.leaf.number})`;
  const words = `${leaf}${number}: ${statusWords(call.status)}`;
  return { words, fix: NEXT_STEPS[call.next].replace(/\.$/, ""), firmware: call.next === "bios" };
}

/** The SEAMCALL that failed by a line of a kernel log; a damaged one is passed over. */
export function seamcallIn(line: string): LoggedSeamcall | undefined {
  if (!/SEAMCALL|TDH[._]/i.test(line)) return undefined;
  try {
    return readSeamcallLog(line).find(({ leafText }) => leafText !== null);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The leaf as Intel writes it, also where the model has no such leaf; empty where none is named. */
export function leafName({ leaf, leafText }: LoggedSeamcall): string {
  return leaf?.name ?? leafText?.toUpperCase().replaceAll("_", ".") ?? "";
}

/** The registers and leaves that the low half of a status names. */
const DETAILS: Readonly<Record<string, string>> = {
  INCORRECT_MSR_VALUE: "MSR",
  INCORRECT_CPUID_VALUE: "CPUID",
};

/** A status in words: `PAGE_METADATA_INCORRECT, operand RCX`. */
export function statusWords({ name, value, operand, detail }: DecodedStatus): string {
  const shown = name === "unknown" ? `0x${value.toString(16)}` : name;
  if (operand !== null) return `${shown}, operand ${operand}`;
  if (!detail) return shown;
  return `${shown}, ${DETAILS[name] ?? "detail"} 0x${detail.toString(16)}`;
}
