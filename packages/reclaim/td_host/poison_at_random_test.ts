import { assert, assertEquals, assertThrows } from "@std/assert";
import { GiB, MiB } from "@tdx/core";
import { gnr } from "@tdx/platform-gnr";
import { smallHost } from "../_fixtures_test.ts";
import { poisonAtRandom } from "./poison_at_random.ts";
import { gaps, randomNumbers } from "./random.ts";
import { createTdHost, type TdHost } from "./td_host.ts";

function poisoned({ memory }: TdHost, pa = 0, bytes = memory.bytes): number {
  const struck = "hardware-transient";
  return memory.countLines(
    ({ memory, copies }) => memory.poison === struck && copies.length === 0,
    pa,
    bytes,
  );
}

Deno.test("poisonAtRandom() strikes lines of the TD that have left the caches", () => {
  const host = createTdHost({ platform: gnr, guestBytes: 64 * MiB, vcpus: 1, hostBytes: GiB });
  const struck = poisonAtRandom(host, 0.01, 9);
  assertEquals([poisoned(host), poisoned(host, 0, 64 * MiB)], [struck, struck]);
  // A hundredth of 2^20 lines is 10,486, give or take 102.
  assert(Math.abs(struck - 10_486) < 500, `${struck}`);
});

Deno.test("poisonAtRandom() strikes only pages of the guest, where they are scattered", () => {
  const host = createTdHost({
    platform: gnr,
    guestBytes: 4 * MiB,
    vcpus: 1,
    hostBytes: GiB,
    scatterSeed: 5,
  });
  const struck = poisonAtRandom(host, 0.5, 9);
  let inGuest = 0;
  for (let pa = 0; pa < GiB; pa += 4096) {
    if (host.module.page(pa)?.type !== "REG") continue;
    // Half of 64 lines, give or take 4.
    const lines = poisoned(host, pa, 4096);
    assert(lines > 4 && lines < 60, `${lines} at ${pa}`);
    inGuest += lines;
  }
  assertEquals([poisoned(host), inGuest], [struck, struck]);
});

Deno.test("poisonAtRandom() strikes the places that its gaps say, across chunks", () => {
  const host = createTdHost({
    platform: gnr,
    guestBytes: 8 * MiB,
    vcpus: 1,
    hostBytes: 4 * GiB,
    scatterSeed: 3,
  });
  const lines: number[] = [];
  for (let frame = 0; frame < 2 ** 20; frame++) {
    if (host.module.page(frame * 4096)?.type !== "REG") continue;
    for (let line = 0; line < 64; line++) lines.push(frame * 4096 + line * 64);
  }
  // A gap over several chunks now and then.
  const gap = gaps(1e-4, randomNumbers(5));
  const expected: number[] = [];
  for (let at = gap(); at < lines.length; at += 1 + gap()) expected.push(lines[at]!);
  assertEquals(poisonAtRandom(host, 1e-4, 5), expected.length);
  for (const pa of expected) {
    assertEquals(host.memory.state(pa).memory.poison, "hardware-transient");
  }
});

Deno.test("poisonAtRandom() strikes no line, every line, and the same lines for the same seed", () => {
  assertEquals(poisonAtRandom(smallHost(gnr), 0, 1), 0);
  const all = smallHost(gnr);
  assertEquals([poisonAtRandom(all, 1, 1), poisoned(all, 0, 4 * MiB)], [65_536, 65_536]);
  const counts = [1, 1, 2].map((seed) => poisonAtRandom(smallHost(gnr), 0.1, seed));
  assertEquals(counts[0], counts[1]);
  assert(counts[0] !== counts[2]);
});

Deno.test("poisonAtRandom() refuses a rate outside 0 to 1, and strikes nothing", () => {
  const host = smallHost(gnr);
  for (const rate of [-0.1, 1.1, Number.NaN]) {
    const { message } = assertThrows(() => poisonAtRandom(host, rate, 1), RangeError);
    assertEquals(message, `Expected rate to be from 0 to 1, got ${rate}`);
  }
  assertEquals(poisoned(host), 0);
});

Deno.test("gaps() are geometric: (1 - rate) / rate on average", () => {
  const gap = gaps(0.2, randomNumbers(1));
  let sum = 0;
  for (let i = 0; i < 10_000; i++) sum += gap();
  // 4 on average; the mean of 10,000 has a standard deviation of 0.045.
  assert(Math.abs(sum / 10_000 - 4) < 0.2, `${sum / 10_000}`);
});

Deno.test("gaps() never end for a rate of 0 or next to 0, and are 0 for 1", () => {
  assertEquals(gaps(0, randomNumbers(1))(), Infinity);
  assertEquals(gaps(1, randomNumbers(1))(), 0);
  // One in 10^17 SEAMCALLs: more than a number counts exactly.
  assertEquals(gaps(1e-300, randomNumbers(1))(), Infinity);
  assert(gaps(1e-17, randomNumbers(1))() > 1e12);
});
