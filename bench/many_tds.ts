import { GiB, KeyIdSpace, type Operation, PhysicalMemory, runOf } from "@tdx/core";
import { createReclaimer, randomNumbers } from "@tdx/reclaim";
import { buildTd, checkInvariants, TdxModule } from "@tdx/seam";
import { gnr } from "@tdx/platform-gnr";
import { type Figure, fillOf, inTurn, timed } from "./figure.ts";

const TDS = 1000;
const GUEST_FRAMES = 2 ** 20;
/** Guest and control frames of one TD, rounded up to whole blocks of 2 MiB. */
const SLOT_FRAMES = GUEST_FRAMES + 8 * 512;
const SLOTS = 40;
const FIRST_HKID = 33;
const HKIDS = 31;

interface Living {
  readonly tdr: number;
  readonly slot: number;
  readonly hkid: number;
}

/** 1,000 TDs of 4 GiB come and go at random; every invariant is checked after each step. */
export function manyTds(): Promise<Figure> {
  return inTurn({
    name: `${TDS} TDs of 4 GiB come and go, all invariants`,
    unit: "ms",
    repeats: 1,
    measure: () => timed(comeAndGo),
    beside: { name: "fill 1 byte per page", measure: fillOf(SLOTS * SLOT_FRAMES) },
    goal: { text: "at most 10000 ms", met: (ms) => ms <= 10_000 },
  });
}

async function comeAndGo(): Promise<void> {
  const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
  const bytes = Math.ceil(SLOTS * SLOT_FRAMES * 4096 / GiB) * GiB;
  const memory = new PhysicalMemory({ bytes, platform: gnr, keyIds });
  const module = new TdxModule({ memory });
  const host = createReclaimer({ memory });
  const random = randomNumbers(1);
  const living: Living[] = [];
  for (let created = 0, gone = 0; gone < TDS;) {
    const room = living.length < HKIDS && created < TDS;
    if (room && (living.length === 0 || random() < 0.5)) {
      living.push(create(memory, module, living, random));
      created++;
    } else {
      const [td] = living.splice(Math.floor(random() * living.length), 1);
      const path = random() < 0.5 ? "terminate" : "dynamic";
      await host.teardown(module, td!.tdr, { path, reuse: true });
      gone++;
    }
    const broken = checkInvariants(module);
    if (broken.length > 0) throw new Error(broken.join("; "));
  }
}

function create(
  memory: PhysicalMemory,
  module: TdxModule,
  living: readonly Living[],
  random: () => number,
): Living {
  const slot = free(SLOTS, living.map(({ slot }) => slot), random);
  const hkid = FIRST_HKID + free(HKIDS, living.map(({ hkid }) => hkid - FIRST_HKID), random);
  const guest = runOf(slot * SLOT_FRAMES, GUEST_FRAMES);
  const control = guest.frame + GUEST_FRAMES;
  const { tdr } = buildTd(module, { hkid, vcpus: 4, control, memory: [guest] });
  const key = module.td(tdr)!.key!;
  const store: Operation = { kind: "store", by: "td", key, data: "secret" };
  memory.applyChunk(store, guest);
  return { tdr, slot, hkid };
}

/** A number below `count` that is not taken, any of them. */
function free(count: number, taken: readonly number[], random: () => number): number {
  const left = Array.from({ length: count }, (_, i) => i).filter((i) => !taken.includes(i));
  return left[Math.floor(random() * left.length)]!;
}
