import {
  BLOCK_FRAMES,
  type FrameChunk,
  GiB,
  KeyIdSpace,
  type Mode,
  type Operation,
  PAGE_BYTES,
  PhysicalMemory,
  type Platform,
  requirePlatform,
  runOf,
} from "@tdx/core";
import { requireOptions } from "@tdx/core/arguments";
import { buildTd, TdxModule } from "@tdx/seam";
import { scatterFrames } from "./scatter.ts";
import { tdPages } from "./_td_pages.ts";

/** The host and the TD to simulate. */
export interface TdHostOptions {
  /** The platform. */
  readonly platform: Platform;
  /** Guest memory in bytes, a multiple of 4 KiB. */
  readonly guestBytes: number;
  /** Virtual CPUs, 1 to 65535. */
  readonly vcpus: number;
  /** Integrity mode; default `Ci`. */
  readonly mode?: Mode;
  /** The KeyIDs; default MAXPA 52 with 32 shared and 32 private ones. */
  readonly keyIds?: KeyIdSpace;
  /** Memory of the host in bytes, a multiple of 1 GiB; default just enough. */
  readonly hostBytes?: number;
  /** Scatters guest pages over the host's memory at random; default: they lie from address 0 on. */
  readonly scatterSeed?: number;
  /** Whether the module has Dynamic PAMT, whose pairs stand among the control pages; default `false`. */
  readonly dynamicPamt?: boolean;
}

const TD_HOST_OPTIONS: readonly (keyof TdHostOptions)[] = [
  "platform",
  "guestBytes",
  "vcpus",
  "mode",
  "keyIds",
  "hostBytes",
  "scatterSeed",
  "dynamicPamt",
];

/** A host with one TD on it that has written all its memory. */
export interface TdHost {
  /** The memory of the host; control pages stand at its end or, by default, behind the guest's. */
  readonly memory: PhysicalMemory;
  /** The TDX module. */
  readonly module: TdxModule;
  /** Address of the TDR in bytes. */
  readonly tdr: number;
  /** The frames of guest memory, ascending; the guest sees them from GPA 0 on, in this order. */
  readonly guestFrames: readonly FrameChunk[];
}

const DEFAULT_KEY_IDS: KeyIdSpace = new KeyIdSpace({
  maxPa: 52,
  keyIdBits: 6,
  shared: 31,
  private: 32,
});

/**
 * Sets up a host with a TD that is ready to be torn down.
 *
 * The TD has 4 KiB pages and has written every line, and nothing of it has left the caches yet: the
 * worst case for a flush that is missing.
 *
 * @param options Platform, guest memory, vCPUs, mode, KeyIDs, host memory, scattering.
 * @returns Memory, module and the TD.
 * @throws {TypeError} If `definePlatform` did not return the platform, or an option is not known.
 * @throws {RangeError} If the platform was made for another contract, guest memory is not a positive
 * multiple of 4 KiB or does not fit below the KeyID bits or into the host with its control pages, or
 * vCPUs are out of range.
 *
 * @example
 * ```ts
 * import { GiB } from "@tdx/core";
 * import { createReclaimer, createTdHost } from "@tdx/reclaim";
 * import { gnr } from "@tdx/platform-gnr";
 * import { assertEquals } from "@std/assert";
 *
 * const host = createTdHost({ platform: gnr, guestBytes: 4 * GiB, vcpus: 2 });
 * const { memory, module, tdr, guestFrames } = host;
 * assertEquals(guestFrames.reduce((pages, { count }) => pages + count, 0), 1048576);
 *
 * const report = await createReclaimer({ memory }).teardown(module, tdr);
 * assertEquals([report.pagesReclaimed, report.linesCleared], [1048576, 0]);
 * assertEquals(report.seamcalls["TDH.PHYMEM.PAGE.RECLAIM"], 2072); // control pages
 * ```
 */
export function createTdHost(options: TdHostOptions): TdHost {
  requireOptions("options", options, TD_HOST_OPTIONS);
  const { platform, vcpus, mode = "Ci", keyIds = DEFAULT_KEY_IDS, dynamicPamt = false } = options;
  requirePlatform("platform", platform);
  const { bytes, guest, control } = layOut(options, keyIds);
  const memory = new PhysicalMemory({ bytes, platform, keyIds, mode });
  const module = new TdxModule({ memory, dynamicPamt });
  const hkid = module.globalKey.keyId + 1;
  const { tdr } = buildTd(module, { hkid, vcpus, control, memory: guest });
  const key = module.td(tdr)!.key!;
  const store: Operation = { kind: "store", by: "td", key, data: "secret" };
  for (const pages of guest) memory.applyChunk(store, pages);
  return { memory, module, tdr, guestFrames: guest };
}

/** Where guest and control pages go. */
interface Layout {
  /** Memory of the host, in bytes. */
  readonly bytes: number;
  readonly guest: readonly FrameChunk[];
  /** First frame of the control pages. */
  readonly control: number;
}

function layOut(options: TdHostOptions, keyIds: KeyIdSpace): Layout {
  const { guestBytes, vcpus, hostBytes, scatterSeed } = options;
  const { guest: guestPages, control } = tdPages(guestBytes, vcpus);
  const pairs = options.dynamicPamt === true ? pamtPages(options, guestPages + control) : 0;
  const controls = control + pairs;
  const needed = (guestPages + controls) * PAGE_BYTES;
  if (needed > keyIds.addressLimit) {
    throw new RangeError(
      `Expected guest and control pages below ${keyIds.addressLimit} bytes, where the KeyID bits ` +
        `of MAXPA ${keyIds.maxPa} begin, got ${needed} bytes`,
    );
  }
  if (hostBytes !== undefined && (hostBytes % GiB !== 0 || !(hostBytes >= needed))) {
    throw new RangeError(
      `Expected host memory as a multiple of 1 GiB that holds ${needed} bytes of guest and control ` +
        `pages, got ${hostBytes} bytes`,
    );
  }
  const bytes = hostBytes ?? Math.min(Math.ceil(needed / GiB) * GiB, keyIds.addressLimit);
  if (scatterSeed === undefined) {
    return { bytes, guest: [runOf(0, guestPages)], control: guestPages };
  }
  // Control pages take whole 2 MiB blocks at the end, and the guest is scattered below them.
  const blocks = Math.ceil(controls / BLOCK_FRAMES) * BLOCK_FRAMES;
  const first = bytes / PAGE_BYTES - blocks;
  if (guestPages > first) {
    throw new RangeError(
      `Expected at most ${first * PAGE_BYTES} bytes of guest memory to scatter over a host of ` +
        `${bytes} bytes, got ${guestBytes}`,
    );
  }
  return { bytes, guest: scatterFrames(first, guestPages, scatterSeed), control: first };
}

/** Room for the pairs of all regions that pages of a TD can lie in: of the host where they scatter. */
function pamtPages({ hostBytes, scatterSeed }: TdHostOptions, pages: number): number {
  const frames = scatterSeed === undefined || hostBytes === undefined
    ? Math.ceil((pages * PAGE_BYTES) / GiB + 1) * GiB / PAGE_BYTES
    : hostBytes / PAGE_BYTES;
  return 2 * frames / BLOCK_FRAMES;
}
