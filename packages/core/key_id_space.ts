import { requireOptions, requireRegister, requireWhole } from "./arguments.ts";
import { bitRange } from "./bit_fields.ts";
import type { Key } from "./key.ts";

/** What a KeyID is for: KeyID 0 is the TME key, the next ones are shared, the last ones private. */
export type KeyIdKind = "tme" | "shared" | "private";

/** How the KeyIDs of a machine are split, in numbers. */
export interface KeyIdRanges {
  /** Physical address bits, KeyID bits included, 32 to 52. */
  readonly maxPa: number;
  /** Upper physical address bits that carry the KeyID, 0 to 15. */
  readonly keyIdBits: number;
  /** Shared KeyIDs besides KeyID 0. */
  readonly shared: number;
  /** Private KeyIDs. */
  readonly private: number;
  /** Whether a shared KeyID may be programmed with integrity; default `true`. */
  readonly integrityAllowed?: boolean;
}

const RANGES: readonly (keyof KeyIdRanges)[] = [
  "maxPa",
  "keyIdBits",
  "shared",
  "private",
  "integrityAllowed",
];

/** The raw registers that describe the KeyIDs of a machine. */
export interface KeyIdMsrs {
  /** IA32_TME_ACTIVATE, MSR 0x982. */
  readonly tmeActivate: bigint;
  /** IA32_MKTME_KEYID_PARTITIONING, MSR 0x87. */
  readonly keyIdPartitioning: bigint;
  /** Physical address bits, CPUID 0x80000008 EAX[7:0], 32 to 52. */
  readonly maxPa: number;
  /** IA32_TME_CAPABILITY, MSR 0x981, where it was read: bits 35:32 bound the KeyID bits. */
  readonly tmeCapability?: bigint;
}

const MSRS: readonly (keyof KeyIdMsrs)[] = [
  "tmeActivate",
  "keyIdPartitioning",
  "maxPa",
  "tmeCapability",
];

const MAX_KEY_ID_BITS = 15;
/** TME policies that activate AES-XTS with 128 and 256 bits, without integrity. */
const POLICIES = [0, 2];
/** The others by their encoding, in the policy and in the allowed-algorithms bits. */
const WITH_INTEGRITY: ReadonlyMap<number, string> = new Map([
  [1, "AES-XTS-128 with integrity"],
  [3, "AES-XTS-256 with integrity"],
]);

/**
 * The KeyIDs of one machine and where they sit in a physical address.
 *
 * KeyID 0 is the TME key, 1..N are shared, N+1..N+P private; the KeyID occupies the upper bits of
 * the physical address (Memory Encryption Technologies 336907; TDX CPU Extensions
 * [343754](https://cdrdv2.intel.com/v1/dl/getContent/733582)).
 *
 * @example
 * ```ts
 * import { KeyIdSpace } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
 * assertEquals(keyIds.kind(31), "shared");
 * assertEquals(keyIds.kind(32), "private");
 * assertEquals(keyIds.decode(keyIds.encode(0x1000, 33)), { pa: 0x1000, keyId: 33 });
 * ```
 */
export class KeyIdSpace {
  /** Physical address bits, KeyID bits included. */
  readonly maxPa: number;
  /** Upper physical address bits that carry the KeyID. */
  readonly keyIdBits: number;
  /** Shared KeyIDs besides KeyID 0: 1..shared. */
  readonly shared: number;
  /** Private KeyIDs: shared + 1 .. shared + private. */
  readonly private: number;
  /** Whether a shared KeyID may be programmed with integrity. */
  readonly integrityAllowed: boolean;

  /**
   * Builds a space from explicit numbers.
   *
   * @param ranges The split.
   * @throws {TypeError} If a field is not known.
   * @throws {RangeError} If a number is out of range or the KeyIDs do not fit in the bits.
   */
  constructor(ranges: KeyIdRanges) {
    requireOptions("ranges", ranges, RANGES);
    requireWhole("maxPa", ranges.maxPa, 32, 52);
    requireWhole("keyIdBits", ranges.keyIdBits, 0, MAX_KEY_ID_BITS);
    requireWhole("shared", ranges.shared, 0, 2 ** MAX_KEY_ID_BITS - 1);
    requireWhole("private", ranges.private, 0, 2 ** MAX_KEY_ID_BITS - 1);
    const { integrityAllowed = true } = ranges;
    const needed = 1 + ranges.shared + ranges.private;
    if (needed > 2 ** ranges.keyIdBits) {
      throw new RangeError(
        `Expected at most ${2 ** ranges.keyIdBits} KeyIDs for ${ranges.keyIdBits} KeyID bits, ` +
          `got ${needed} (KeyID 0, ${ranges.shared} shared, ${ranges.private} private)`,
      );
    }
    this.maxPa = ranges.maxPa;
    this.keyIdBits = ranges.keyIdBits;
    this.shared = ranges.shared;
    this.private = ranges.private;
    this.integrityAllowed = integrityAllowed;
  }

  /**
   * Reads the split from raw register values, refusing what the hardware refuses.
   *
   * @param msrs The registers.
   * @returns The space they describe.
   * @throws {TypeError} If a register is not a bigint, or a field is not known.
   * @throws {RangeError} If a register does not fit in 64 bits, `maxPa` is out of range, the
   * KeyID bits exceed their maximum, TDX reserves more bits than there are, the TME policy names an
   * integrity algorithm or a reserved encoding, or the two registers contradict each other.
   *
   * @example
   * ```ts
   * import { KeyIdSpace } from "@tdx/core";
   * import { assertEquals } from "@std/assert";
   *
   * // k = 6 KeyID bits, 1 of them for TDX; 31 shared and 32 private KeyIDs.
   * const keyIds = KeyIdSpace.fromMsrs({
   *   tmeActivate: (1n << 48n) | (1n << 36n) | (6n << 32n),
   *   keyIdPartitioning: (32n << 32n) | 31n,
   *   maxPa: 52,
   * });
   * assertEquals([keyIds.firstPrivate, keyIds.addressBits], [32, 46]);
   * ```
   */
  static fromMsrs(msrs: KeyIdMsrs): KeyIdSpace {
    requireOptions("msrs", msrs, MSRS);
    requireRegister("tmeActivate", msrs.tmeActivate);
    requireRegister("keyIdPartitioning", msrs.keyIdPartitioning);
    if (msrs.tmeCapability !== undefined) requireRegister("tmeCapability", msrs.tmeCapability);
    const keyIdBits = bitRange(msrs.tmeActivate, 35, 32);
    const tdxBits = bitRange(msrs.tmeActivate, 39, 36);
    const policy = bitRange(msrs.tmeActivate, 7, 4);
    const shared = bitRange(msrs.keyIdPartitioning, 31, 0);
    const privates = bitRange(msrs.keyIdPartitioning, 63, 32);
    const maxBits = msrs.tmeCapability === undefined
      ? MAX_KEY_ID_BITS
      : bitRange(msrs.tmeCapability, 35, 32);

    if (keyIdBits > maxBits) {
      throw new RangeError(
        `Expected at most ${maxBits} KeyID bits (IA32_TME_CAPABILITY 35:32), ` +
          `got ${keyIdBits} in IA32_TME_ACTIVATE 35:32`,
      );
    }
    if (tdxBits > keyIdBits) {
      throw new RangeError(
        `Expected at most ${keyIdBits} bits reserved for TDX, as many as there are KeyID bits, ` +
          `got ${tdxBits} in IA32_TME_ACTIVATE 39:36`,
      );
    }
    if (!POLICIES.includes(policy)) {
      throw new RangeError(
        "Expected a TME policy without integrity (AES-XTS-128 or AES-XTS-256), " +
          `got ${
            WITH_INTEGRITY.get(policy) ?? `the reserved encoding ${policy}`
          } in IA32_TME_ACTIVATE 7:4`,
      );
    }
    const sharedByBits = 2 ** (keyIdBits - tdxBits) - 1;
    const privateByBits = 2 ** keyIdBits - 2 ** (keyIdBits - tdxBits);
    if (shared !== sharedByBits || privates !== privateByBits) {
      throw new RangeError(
        `Expected ${sharedByBits} shared and ${privateByBits} private KeyIDs from ${keyIdBits} ` +
          `KeyID bits with ${tdxBits} for TDX, got ${shared} and ${privates} in ` +
          "IA32_MKTME_KEYID_PARTITIONING",
      );
    }
    return new KeyIdSpace({
      maxPa: msrs.maxPa,
      keyIdBits,
      shared,
      private: privates,
      integrityAllowed: [...WITH_INTEGRITY.keys()].some((code) =>
        bitRange(msrs.tmeActivate, 48 + code, 48 + code) === 1
      ),
    });
  }

  /** Address bits below the KeyID. */
  get addressBits(): number {
    return this.maxPa - this.keyIdBits;
  }

  /** One past the highest address without a KeyID, in bytes. */
  get addressLimit(): number {
    return 2 ** this.addressBits;
  }

  /** The lowest private KeyID, which Linux makes the TDX global key; `undefined` without any. */
  get firstPrivate(): number | undefined {
    return this.private > 0 ? this.shared + 1 : undefined;
  }

  /** Whether Linux can host TDs: a global key and at least one more private KeyID. */
  get hostsTds(): boolean {
    return this.private >= 2;
  }

  /**
   * Says what a KeyID is for.
   *
   * @param keyId The KeyID, from 0.
   * @returns `tme` for 0, `shared` or `private`.
   * @throws {RangeError} If the machine has no such KeyID.
   */
  kind(keyId: number): KeyIdKind {
    requireWhole("keyId", keyId, 0, this.shared + this.private);
    if (keyId === 0) return "tme";
    return keyId <= this.shared ? "shared" : "private";
  }

  /**
   * Puts a KeyID into a physical address.
   *
   * @param pa Address in bytes, without KeyID bits.
   * @param keyId The KeyID.
   * @returns The address in bytes as it appears on the bus, exact below 2^52.
   * @throws {RangeError} If the address reaches into the KeyID bits or the KeyID does not exist.
   */
  encode(pa: number, keyId: number): number {
    requireWhole("pa", pa, 0, this.addressLimit - 1);
    this.kind(keyId);
    return pa + keyId * this.addressLimit;
  }

  /**
   * Splits an address from the bus into address and KeyID.
   *
   * @param address Address in bytes with KeyID bits, below 2^maxPa.
   * @returns The address in bytes without KeyID bits, and the KeyID, which need not exist.
   * @throws {RangeError} If the address has more than maxPa bits.
   */
  decode(address: number): { pa: number; keyId: number } {
    requireWhole("address", address, 0, 2 ** this.maxPa - 1);
    return {
      pa: address % this.addressLimit,
      keyId: Math.floor(address / this.addressLimit),
    };
  }

  /**
   * Names a key: a KeyID as it was programmed for the n-th time.
   *
   * @param keyId The KeyID.
   * @param options `generation` counts reprogrammings from 0; `integrity` asks for an integrity
   * algorithm on a shared KeyID (private ones always have it, KeyID 0 never).
   * @returns The key.
   * @throws {TypeError} If an option is not known.
   * @throws {RangeError} If the KeyID does not exist, KeyID 0 is to be reprogrammed or given
   * integrity (rule C7), a private KeyID is to be without, or this machine allows no integrity
   * algorithm.
   */
  key(keyId: number, options: { generation?: number; integrity?: boolean } = {}): Key {
    const kind = this.kind(keyId);
    requireOptions("options", options, ["generation", "integrity"]);
    const { generation = 0 } = options;
    requireWhole("generation", generation, 0);
    const { integrity = kind === "private" } = options;
    if (kind === "tme" && (integrity || generation !== 0)) {
      throw new RangeError(
        "Expected KeyID 0 without integrity and with its one TME key, " +
          `got integrity ${integrity}, generation ${generation}`,
      );
    }
    if (kind === "private" && !integrity) {
      throw new RangeError(`Expected integrity for the private KeyID ${keyId}, got none`);
    }
    if (kind === "shared" && integrity && !this.integrityAllowed) {
      throw new RangeError(
        `Expected a machine whose IA32_TME_ACTIVATE allows an integrity algorithm for KeyID ${keyId}`,
      );
    }
    return { keyId, generation, access: kind === "private" ? "private" : "shared", integrity };
  }
}
