import {
  GiB,
  KeyIdSpace,
  LINE_BYTES,
  type Operation,
  PhysicalMemory,
  type Platform,
  TiB,
} from "@tdx/core";
import { createReclaimer, createTdHost, poisonAtRandom, type TeardownPath } from "@tdx/reclaim";
import { emr } from "@tdx/platform-emr";
import { spr } from "@tdx/platform-spr";
import { type Figure, fillOf, inTurn, timed } from "./figure.ts";

const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });

/** A 6 TiB TD in one piece on a 16 TiB host: teardown by one path. */
export async function uniform(path: TeardownPath): Promise<Figure> {
  const one = async () => {
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
  const { samples, yard } = await inTurn(5, one, fillOf(GiB / 64));
  return {
    name: `uniform 6 TiB TD on 16 TiB, ${path}`,
    unit: "ms",
    samples,
    beside: { name: "fill 16 MiB", samples: yard },
    goal: { text: "at most 20 ms", met: (ms) => ms <= 20 },
  };
}

/** 16,777,216 pages at random over 1 TiB, 1 line in 100,000 poisoned: terminate teardown. */
export async function fragmented(platform: Platform): Promise<Figure> {
  const one = async () => {
    const host = createTdHost({
      platform,
      guestBytes: 64 * GiB,
      vcpus: 64,
      hostBytes: TiB,
      scatterSeed: 7,
    });
    poisonAtRandom(host, 1e-5, 7);
    const { memory, module, tdr } = host;
    return await timed(() => createReclaimer({ memory }).teardown(module, tdr));
  };
  // One byte for each line of the TD.
  const { samples, yard } = await inTurn(2, one, fillOf(GiB));
  return {
    name: `fragmented 64 GiB TD over 1 TiB, ${platform.name}`,
    unit: "ms",
    samples,
    beside: { name: "fill 1 byte per line", samples: yard },
    goal: { text: "at most 2000 ms", met: (ms) => ms <= 2000 },
  };
}

/** A region whose every line differs from its neighbours: the reset of all of it. */
export async function dense(): Promise<Figure[]> {
  const region = GiB / 4;
  const lines = region / LINE_BYTES;
  const clear: Operation = { kind: "movdir64b", by: "host", key: keyIds.key(0) };
  let backing = 0;
  const ours = () => {
    const memory = new PhysicalMemory({ bytes: region, platform: spr, keyIds });
    fillWithVariety(memory, region);
    backing = memory.footprintBytes;
    return timed(() => memory.apply(clear, 0, region));
  };
  const fill = () => fillOf(backing)();
  const plain = () => {
    const states = new Uint8Array(lines).map((_, i) => i & 63);
    const next = new Uint8Array(256);
    return timed(() => {
      for (let i = 0; i < states.length; i++) states[i] = next[states[i]!]!;
    });
  };
  const against = await inTurn(5, ours, fill);
  const againstPlain = await inTurn(5, ours, plain);
  return [
    {
      name: "dense reset of 256 MiB",
      unit: "ms",
      samples: against.samples,
      beside: { name: "fill what backs it", samples: against.yard },
      goal: { text: "at most 3 times", met: (_, ratio) => ratio <= 3 },
    },
    {
      name: "dense reset of 256 MiB, again",
      unit: "ms",
      samples: againstPlain.samples,
      beside: { name: "1 byte per line, looked up", samples: againstPlain.yard },
    },
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
