import {
  GiB,
  KeyIdSpace,
  LINE_BYTES,
  type Operation,
  PhysicalMemory,
  type Platform,
  TiB,
} from "@tdx/core";
import {
  clearOperation,
  createReclaimer,
  createTdHost,
  poisonAtRandom,
  type TeardownPath,
} from "@tdx/reclaim";
import { emr } from "@tdx/platform-emr";
import { spr } from "@tdx/platform-spr";
import { type Figure, fillOf, inTurn, timed } from "./figure.ts";

const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });

/** A 6 TiB TD in one piece on a 16 TiB host: teardown by one path. */
export function uniform(path: TeardownPath): Promise<Figure> {
  const measure = async () => {
    const options = { platform: emr, guestBytes: 6 * TiB, vcpus: 64, hostBytes: 16 * TiB };
    const { memory, module, tdr } = createTdHost(options);
    const host = createReclaimer({ memory });
    let lines = 0;
    const ms = await timed(async () => {
      lines = (await host.teardown(module, tdr, { path })).linesCleared;
    });
    if (lines !== 6 * TiB / LINE_BYTES) {
      throw new Error(`Expected every line cleared, got ${lines}`);
    }
    return ms;
  };
  return inTurn({
    name: `uniform 6 TiB TD on 16 TiB, ${path}`,
    unit: "ms",
    repeats: 5,
    measure,
    beside: { name: "fill 16 MiB", measure: fillOf(GiB / 64) },
    goal: { text: "at most 20 ms", met: (ms) => ms <= 20 },
  });
}

/** 16,777,216 pages at random over 1 TiB, 1 line in 100,000 poisoned: terminate teardown. */
export function fragmented(platform: Platform): Promise<Figure> {
  const measure = async () => {
    const host = createTdHost({
      platform,
      guestBytes: 64 * GiB,
      vcpus: 64,
      hostBytes: TiB,
      scatterSeed: 7,
    });
    poisonAtRandom(host, 1e-5, 7);
    const { memory, module, tdr } = host;
    return await timed(() =>
      createReclaimer({ memory }).teardown(module, tdr, { path: "terminate" })
    );
  };
  return inTurn({
    name: `fragmented 64 GiB TD over 1 TiB, ${platform.name}`,
    unit: "ms",
    repeats: 2,
    measure,
    // One byte for each line of the TD.
    beside: { name: "fill 1 byte per line", measure: fillOf(GiB) },
    goal: { text: "at most 2000 ms", met: (ms) => ms <= 2000 },
  });
}

/** A region whose every line differs from its neighbours: the reset of all of it. */
export async function dense(): Promise<Figure[]> {
  const region = GiB / 4;
  const lines = region / LINE_BYTES;
  const clear = clearOperation(keyIds.key(0));
  let backing = 0;
  const measure = () => {
    const memory = new PhysicalMemory({ bytes: region, platform: spr, keyIds });
    fillWithVariety(memory, region);
    backing = memory.footprintBytes;
    return timed(() => memory.apply(clear, 0, region));
  };
  const lookUp = () => {
    const states = new Uint8Array(lines).map((_, i) => i & 63);
    const next = new Uint8Array(256);
    return timed(() => {
      for (let i = 0; i < states.length; i++) states[i] = next[states[i]!]!;
    });
  };
  return [
    await inTurn({
      name: "dense reset of 256 MiB",
      unit: "ms",
      repeats: 5,
      measure,
      beside: { name: "fill what backs it", measure: () => fillOf(backing)() },
      goal: { text: "at most 3 times", met: (_, ratio) => ratio <= 3 },
    }),
    await inTurn({
      name: "dense reset of 256 MiB, again",
      unit: "ms",
      repeats: 5,
      measure,
      beside: { name: "1 byte per line, looked up", measure: lookUp },
    }),
  ];
}

/** Gives every line another state than its neighbours. */
function fillWithVariety(memory: PhysicalMemory, bytes: number): void {
  const kinds: Operation[] = [32, 33, 34, 35].flatMap((keyId) => {
    const key = keyIds.key(keyId);
    const write: Operation = { kind: "movdir64b", by: "module", key, data: "secret" };
    return [write, { ...write, data: "zeros" }, { kind: "store", by: "td", key, data: "secret" }];
  });
  for (let pa = 0, i = 0; pa < bytes; pa += LINE_BYTES, i++) {
    memory.apply(kinds[(i + Math.floor(i / kinds.length)) % kinds.length]!, pa, LINE_BYTES);
  }
}
