import { type FrameChunk, GiB, KeyIdSpace, type Operation, PhysicalMemory, TiB } from "@tdx/core";
import { gnr } from "@tdx/platform-gnr";
import { buildTd, checkInvariants, chunksOf, runOf, TdxModule } from "@tdx/seam";
const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
function t(name: string, f: () => void) {
  const a = performance.now();
  f();
  console.log(name.padEnd(40), (performance.now() - a).toFixed(1), "ms");
}
function endKeys(m: TdxModule, tdr: number, vcpus: readonly number[]) {
  vcpus.forEach((v, lp) => m.vp.flush(v, lp));
  m.mng.vpflushdone(tdr);
  for (let p = 0; p < m.packages; p++) m.phymem.cacheWb(p, 0);
  m.mng.keyFreeid(tdr);
}
function reclaimAll(m: TdxModule, tdr: number, reset: Operation | null) {
  let failed = 0, n = 0;
  for (const type of ["REG", "EPT", "TDCX", "TDVPR"] as const) {
    for (const pages of m.pagesOf(tdr, type)) {
      for (let rest: FrameChunk | null = pages; rest;) {
        const r = m.phymem.pageReclaim(rest);
        if (r.status === 0n) {
          n += r.pages.count;
          if (reset) m.memory.applyChunk(reset, r.pages);
        } else failed++;
        rest = r.rest;
      }
    }
  }
  if (m.phymem.pageReclaim(tdr).status !== 0n) throw new Error("tdr");
  return [n, failed];
}
function dynamicRemove(m: TdxModule, tdr: number, total: number, hkid: number, reset: Operation) {
  for (let page = 0; page < total;) {
    const gpa = page * 4096;
    const b = m.mem.rangeBlock(tdr, gpa, 0, Math.min(total - page, 262144));
    if (b.status !== 0n) throw new Error(b.status.toString(16));
    m.mem.track(tdr, b.count);
    for (let done = 0; done < b.count;) {
      const r = m.mem.pageRemove(tdr, gpa + done * 4096, 0, b.count - done);
      if (r.status !== 0n) throw new Error(r.status.toString(16));
      m.phymem.pageWbinvd(r.pages!, hkid);
      m.memory.applyChunk(reset, r.pages!);
      done += r.count;
    }
    page += b.count;
  }
}
const reset: Operation = { kind: "movdir64b", by: "host", key: keyIds.key(0) };
for (const mode of ["terminate", "dynamic"]) {
  for (const round of [1, 2]) {
    const memory = new PhysicalMemory({ bytes: 2 * TiB, platform: gnr, keyIds });
    const m = new TdxModule({ memory });
    let b!: ReturnType<typeof buildTd>;
    t(`${mode} contiguous 1 TiB build`, () => {
      b = buildTd(m, { hkid: 33, vcpus: 64, control: 0, memory: [runOf(2 ** 28, 2 ** 28)] });
    });
    if (mode === "dynamic") {
      t("  dynamic remove+reset", () => dynamicRemove(m, b.tdr, b.guestPages, 33, reset));
    }
    t("  T1-T4", () => endKeys(m, b.tdr, b.vcpus));
    t("  reclaim+reset", () => {
      reclaimAll(m, b.tdr, reset);
    });
    console.log(
      checkInvariants(m),
      m.calls.get("TDH.PHYMEM.PAGE.RECLAIM"),
      m.calls.get("TDH.MEM.PAGE.REMOVE"),
    );
  }
}
const total = 2 ** 28;
const want = 2 ** 24;
const picked = new Uint32Array(total / 32);
let seed = 12345;
const rnd = () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0);
const list = new Uint32Array(want);
{
  let n = 0;
  while (n < want) {
    const f = rnd() >>> 4;
    if (!(picked[f >>> 5]! >>> (f & 31) & 1)) {
      picked[f >>> 5]! |= 1 << (f & 31);
      n++;
    }
  }
  let i = 0;
  for (let f = 0; f < total; f++) if (picked[f >>> 5]! >>> (f & 31) & 1) list[i++] = f;
}
for (const mode of ["terminate", "dynamic"]) {
  const memory = new PhysicalMemory({ bytes: TiB + 64 * GiB, platform: gnr, keyIds });
  const m = new TdxModule({ memory });
  let b!: ReturnType<typeof buildTd>;
  t(`${mode} scattered 16.7M build`, () => {
    b = buildTd(m, { hkid: 33, vcpus: 64, control: 2 ** 28, memory: chunksOf(list) });
  });
  if (mode === "dynamic") {
    t("  dynamic remove+reset", () => dynamicRemove(m, b.tdr, b.guestPages, 33, reset));
  }
  t("  T1-T4", () => endKeys(m, b.tdr, b.vcpus));
  t("  reclaim+reset", () => {
    reclaimAll(m, b.tdr, reset);
  });
  console.log(
    checkInvariants(m),
    m.calls.get("TDH.PHYMEM.PAGE.RECLAIM"),
    m.calls.get("TDH.MEM.PAGE.REMOVE"),
  );
}
{
  const memory = new PhysicalMemory({ bytes: TiB + 64 * GiB, platform: gnr, keyIds });
  const m = new TdxModule({ memory });
  const b = buildTd(m, { hkid: 33, vcpus: 64, control: 2 ** 28, memory: chunksOf(list) });
  endKeys(m, b.tdr, b.vcpus);
  t("  scattered reclaim only", () => {
    reclaimAll(m, b.tdr, null);
  });
}
