import {
  defined,
  type FrameChunk,
  type Key,
  type KeyIdSpace,
  type PhysicalMemory,
} from "@tdx/core";
import { requireOptions } from "@tdx/core/arguments";
import { type Kernel, linux } from "@tdx/linux/kernel";
import type { TdxModule } from "@tdx/seam";
import { type HostKeys, type Policy, type SettledDecision, settledDecision } from "./decide.ts";
import { reset, type ResetCounts, type ResetOptions, resetPages } from "./reset.ts";
import type { TeardownReport } from "./teardown/report.ts";
import type { TeardownOptions } from "./teardown/options.ts";
import { teardown } from "./teardown/teardown.ts";

/** What a {@link Reclaimer} is composed of. */
export interface ReclaimerOptions {
  /** The machine's memory, which knows its platform. */
  readonly memory: PhysicalMemory;
  /** The KeyIDs the host maps its memory with; default `keyid0`, as Linux. */
  readonly hostKeys?: HostKeys;
  /** The kernel or its version, which decides when it clears; default the newest released one. */
  readonly kernel?: Kernel | string;
  /** When it clears, instead of what the kernel does. */
  readonly policy?: Policy;
}

const RECLAIMER_OPTIONS: readonly (keyof ReclaimerOptions)[] = [
  "memory",
  "hostKeys",
  "kernel",
  "policy",
];

/** A host that takes memory back from TDs. */
export interface Reclaimer {
  /** Whether it clears, and why. */
  readonly decision: SettledDecision;
  /**
   * Resets a range as the decision says.
   *
   * @param pa First byte, a multiple of 64.
   * @param bytes Length, a multiple of 64.
   * @returns Lines written and fences.
   * @throws {RangeError} If it clears and the range is not whole lines inside the memory.
   */
  reset(pa: number, bytes: number): ResetCounts;
  /**
   * Resets pages, each by itself, as the decision says.
   *
   * @param pages The pages.
   * @returns Lines written and fences.
   * @throws {RangeError} If it clears and the pages are outside the memory.
   */
  resetPages(pages: FrameChunk): ResetCounts;
  /**
   * Tears a TD down as Linux does, and takes all its pages back.
   *
   * `dynamic`, as Linux: D1 to D4 and the reset for every guest page, then T1 to T4, then T5 and the
   * reset for the control pages. `terminate`, which is proposed: T1 to T4, then T5 and the reset for
   * every page. Either way the TDR comes last, by T5, T6 and the reset. After OPERAND_BUSY, BLOCK,
   * TRACK and REMOVE are tried once more; where TRACK is refused REMOVE is called all the same. An
   * interrupted CACHE.WB is resumed up to 10000 times; where it fails KEY.FREEID is called all the
   * same, and refused. Then the HKID is leaked, and all pages that have not come back with it (X3).
   *
   * A guest page whose BLOCK, REMOVE or PAGE.WBINVD is refused is leaked up to Linux 6.18, and from
   * 6.19 on the host's again as it is, perhaps still mapped (X2). A page whose RECLAIM is refused is
   * leaked (X3). The work goes on (KVM; terminate: the posting of KVM_TDX_TERMINATE_VM, June 2025,
   * which no version has).
   *
   * @param module The TDX module.
   * @param tdr Address of the TD's TDR in bytes.
   * @param options Path, progress, cancellation, use of the pages, other hosts.
   * @returns What was done.
   * @throws {TypeError} If an option is not known, or another host's platform not from
   * `definePlatform`.
   * @throws {RangeError} If there is no such TD, path or policy, the module is not the memory's, or a
   * TD is being torn down in it.
   * @throws The signal's reason, if it was aborted: memory and module are between two pages then,
   * and a second teardown finishes the work. What `onBack` was told by both and what the second
   * report says was leaked are all pages of the TD.
   */
  teardown(module: TdxModule, tdr: number, options?: TeardownOptions): Promise<TeardownReport>;
}

/**
 * Composes a machine's memory, and with it a platform, with a kernel into a host that reclaims.
 *
 * @param options Memory, host KeyIDs, kernel and policy.
 * @returns The host.
 * @throws {TypeError} If an option is not known.
 * @throws {RangeError} If policy or KeyID kind are not known, the machine has no such KeyID, or
 * neither kernel nor policy tells whether it clears.
 *
 * @example
 * ```ts
 * import { KeyIdSpace, PhysicalMemory, TiB } from "@tdx/core";
 * import { createReclaimer } from "@tdx/reclaim";
 * import { emr } from "@tdx/platform-emr";
 * import { assertEquals } from "@std/assert";
 *
 * const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
 * const memory = new PhysicalMemory({ bytes: TiB, platform: emr, keyIds });
 * const host = createReclaimer({ memory });
 * assertEquals(host.decision.clear, true);
 * assertEquals(host.reset(0, 4096), { lines: 64, fences: 1 });
 * ```
 */
export function createReclaimer(options: ReclaimerOptions): Reclaimer {
  requireOptions("options", options, RECLAIMER_OPTIONS);
  const { memory, hostKeys = "keyid0", policy } = options;
  const kernel = linux(options.kernel);
  const { platform, mode } = memory;
  const decision = settledDecision({ platform, mode, hostKeys, kernel, ...defined({ policy }) });
  const how: ResetOptions = { key: hostKey(memory.keyIds, hostKeys), clear: decision.clear };
  return {
    decision,
    reset: (pa, bytes) => reset(memory, pa, bytes, how),
    resetPages: (pages) => resetPages(memory, pages, how),
    teardown: (module, tdr, teardownOptions = {}) =>
      teardown({ memory, decision, kernel, reset: how }, module, tdr, teardownOptions),
  };
}

/** The key a host of the given kind maps its memory with: KeyID 0, or the first shared KeyID. */
function hostKey(keyIds: KeyIdSpace, kind: HostKeys): Key {
  if (kind === "keyid0") return keyIds.key(0);
  if (keyIds.shared === 0) {
    throw new RangeError(`Expected a machine with shared KeyIDs for host keys ${kind}, got none`);
  }
  return keyIds.key(1, { integrity: kind === "shared-integrity" });
}
