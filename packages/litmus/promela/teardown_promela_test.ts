// What can go wrong in the model that SPIN reads, and who does what: as in our own exploration.
import { assertEquals, assertMatch } from "@std/assert";
import { gnr } from "@tdx/platform-gnr";
import { spr } from "@tdx/platform-spr";
import { parseTeardown } from "../teardown/parse_teardown.ts";
import { type TeardownPromelaOptions, teardownToPromela } from "./teardown_promela.ts";

const TEARDOWN = parseTeardown(`TEARDOWN short
thread zap {
  each page in guest {
    TDH.MEM.RANGE.BLOCK page retry 1 stopped else { leak page next }
    TDH.MEM.TRACK
    kick
    reset page
    return page
  }
}
thread release after zap {
  each vcpu in vcpus { TDH.VP.FLUSH vcpu }
  TDH.MNG.VPFLUSHDONE else { stop }
  each package in packages { TDH.PHYMEM.CACHE.WB package resume 10000 }
  TDH.MNG.KEY.FREEID
}`);

const model = (options: Partial<TeardownPromelaOptions> = {}) =>
  teardownToPromela(TEARDOWN, { platform: spr, pages: 1, vcpus: 1, packages: 1, ...options });

/** The steps that count something up, each by what its comment says. */
function counting(text: string, counter: "faults" | "busy"): string[] {
  const steps = text.split(/^ *\/\* /m).slice(1).filter((step) => step.includes(`${counter}++`));
  return steps.map((step) => step.slice(0, step.search(/[ ,;]\w+ (retry|resume)| \*\/|: the TD/)));
}

const CALLS = [
  "zap: TDH.MEM.RANGE.BLOCK",
  "zap: TDH.MEM.TRACK",
  "release: TDH.VP.FLUSH vcpu",
  "release: TDH.MNG.VPFLUSHDONE else { stop }",
  "release: TDH.PHYMEM.CACHE.WB",
  "release: TDH.MNG.KEY.FREEID",
];
const POISON = "consumes hardware poison";

Deno.test("teardownToPromela() lets fail what may, and be busy or interrupted what can", async () => {
  const any = await model({ faults: 1, busy: 1 });
  assertEquals(counting(any, "faults"), [...CALLS, POISON]);
  // What the guest can hold a lock of; a write-back of caches is interrupted.
  assertEquals(counting(any, "busy"), [CALLS[0]!, CALLS[1]!, CALLS[4]!]);
  const one = await model({ faults: 2, busy: 0, fail: "TDH.MEM.TRACK" });
  assertEquals([counting(one, "faults"), counting(one, "busy")], [[CALLS[1]!], []]);
  assertMatch(one, /:: faults < 2 -> faults\+\+; status = REFUSED/);
  assertEquals(counting(await model({ faults: 0 }), "faults"), []);
});

Deno.test("teardownToPromela() has every vCPU enter and leave, and the guest accept what is pending", async () => {
  const text = await model({ pages: 2, vcpus: 2, faults: 0, busy: 0 });
  const guest = text.slice(text.indexOf("proctype guest()"), text.indexOf("proctype caches()"));
  const options = [...guest.matchAll(/\/\* (.*?) \*\/\n {2}:: d_step \{ (.*?) &&/g)];
  assertEquals(options.map(([, what, when]) => [what, when]), [
    ["vCPU 0 leaves the TD", "VCPU(0) == 2"],
    ["vCPU 0: TDH.VP.ENTER", "!dead"],
    ["vCPU 1 leaves the TD", "VCPU(1) == 2"],
    ["vCPU 1: TDH.VP.ENTER", "!dead"],
    ["TDG.MEM.PAGE.ACCEPT of page 0", "PENDING(0)"],
    ["TDG.MEM.PAGE.ACCEPT of page 1", "PENDING(1)"],
  ]);
  const asked = [...guest.matchAll(/ask\((\w+(?: \+ \d+)?)\)/g)].map(([, call]) => call);
  assertEquals(asked, [
    "EXIT + 0",
    "ENTER + 0",
    "EXIT + 1",
    "ENTER + 1",
    "ACCEPT + 0",
    "ACCEPT + 1",
    "NEXT_TD",
  ]);
});

Deno.test("teardownToPromela() resets as the platform's kernel does", async () => {
  // The number of what a clear does; none where the quirk finds no erratum.
  const text = await model();
  assertMatch(text, /#define TDX_PW_MCE true\n/);
  assertMatch(await model({ platform: gnr }), /#define TDX_PW_MCE false\n/);
  assertMatch(text, /op = \(\(TDX_PW_MCE && item_0_0 == line\) -> [1-9]\d* : 0\)/);
});
