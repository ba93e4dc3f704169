/**
 * What a source says about a CPU.
 *
 * Family, model and stepping are display values, the extended fields of CPUID leaf 1 folded in.
 * A property that is not there was not said: it is unknown, never `false`.
 */
export interface CpuIdentity {
  /** The vendor string of CPUID leaf 0: `GenuineIntel`. */
  readonly vendor: string;
  /** Display family, 6 for every TDX host so far. */
  readonly family: number;
  /** Display model, for example `0x8f`. */
  readonly model: number;
  /** Stepping, 0 to 15. */
  readonly stepping: number;
  /** The brand string, for people only. */
  readonly brand?: string;
  /** Whether the CPU says that it runs under a hypervisor (CPUID.1 ECX[31]). */
  readonly hypervisor?: boolean;
  /**
   * The bugs that Linux lists in `/proc/cpuinfo`. A bug that is not listed may still be in the
   * silicon: Linux adds `tdx_pw_mce` only where it has initialised TDX.
   */
  readonly bugs?: readonly string[];
  /** The feature flags that Linux lists in `/proc/cpuinfo`. */
  readonly flags?: readonly string[];
}

/** Names a CPU in a message: `GenuineIntel family 6 model 207`. */
export function cpuLabel({ vendor, family, model }: CpuIdentity): string {
  return `${vendor} family ${family} model ${model}`;
}
