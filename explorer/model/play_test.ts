import { assertEquals } from "@std/assert";
import { actOf, evictions } from "./panel.ts";
import { type Frame, isStopped, machineCheckOf, partingStep, play } from "./play.ts";
import { atStep, type Situation, START, withAct, withSettings } from "./situation.ts";

const PARTIAL_THEN_LOAD: Situation = {
  ...START,
  acts: [actOf("host", "partial-write", "keyid0", 0), actOf("host", "load", "keyid0", 0)],
  at: 2,
};

const rules = (frames: readonly Frame[]) => frames.slice(1).map(({ outcome }) => outcome?.rules);

Deno.test("play() ends in a machine check on spr, and in host data on gnr", () => {
  const spr = play(PARTIAL_THEN_LOAD, "spr");
  const gnr = play(PARTIAL_THEN_LOAD, "gnr");
  assertEquals(rules(spr), [["W5"], ["K1", "R0"]]);
  assertEquals(rules(gnr), [["C8", "W4"], ["K1", "C7"]]);
  assertEquals([machineCheckOf(spr[2]!), machineCheckOf(gnr[2]!)], ["host", null]);
  assertEquals(gnr[2]!.outcome?.data, "host");
  assertEquals(partingStep(spr, gnr), 1);
  assertEquals(partingStep(spr, play(PARTIAL_THEN_LOAD, "emr")), undefined);
});

Deno.test("play() does nothing any more once the host has stopped", () => {
  const longer = withAct(PARTIAL_THEN_LOAD, actOf("host", "movdir64b", "keyid0", 0));
  const [, , checked, after] = play(longer, "spr");
  assertEquals([checked!.undone, after!.undone], [null, "host-stopped"]);
  assertEquals([isStopped(checked!), isStopped(after!)], [true, true]);
  assertEquals(after!.lines, checked!.lines);
});

Deno.test("play() clears as platform and policy decide", () => {
  const clear = { ...START, acts: [actOf("host", "clear", "keyid0", 0)], at: 1 };
  const quirk = withSettings(clear, { policy: "quirk" });
  assertEquals(rules(play(quirk, "spr")), [["K5", "W3"]]);
  assertEquals(rules(play(quirk, "gnr")), [undefined]);
  assertEquals(rules(play(withSettings(clear, { policy: "always" }), "gnr")), [["K5", "W3"]]);
});

// Who consumes poison, what becomes of later clicks by TD, next TD, module and host: section 4.
const CONSUMERS = [
  ["td", ["td-dead", null, null, null]],
  ["module", ["tdx-off", "tdx-off", "tdx-off", null]],
  ["host", ["host-stopped", "host-stopped", "host-stopped", "host-stopped"]],
] as const;

for (const [by, undone] of CONSUMERS) {
  Deno.test(`play() ends what a machine check of ${by} ends, and nothing else`, () => {
    const acts = [
      actOf("cache", "poison", "keyid0", 0),
      actOf(by, "load", by === "host" ? "keyid0" : "td", 0),
      actOf("td", "store", "td", 0),
      actOf("td", "store", "td3", 0),
      actOf("module", "movdir64b", "td", 0),
      actOf("host", "movdir64b", "keyid0", 0),
    ];
    const frames = play({ ...START, acts }, "gnr");
    assertEquals(machineCheckOf(frames[2]!), by);
    assertEquals(frames.slice(3).map((frame) => frame.undone), [...undone]);
  });
}

Deno.test("evictions() encrypt with the key their KeyID has by then", () => {
  const store = actOf("td", "store", "td", 0);
  const [, stored] = play({ ...START, acts: [store] }, "spr");
  const line = stored!.lines[0]!;
  assertEquals(evictions([line], 0, [store]).map(({ key }) => key), ["td"]);
  const reprogrammed = [store, actOf("td", "load", "td2", 0)];
  assertEquals(evictions([line], 0, reprogrammed).map(({ key }) => key), ["td2"]);
});

Deno.test("withAct() drops what lay ahead, atStep() stays within the steps", () => {
  const back = atStep(PARTIAL_THEN_LOAD, 1);
  const other = withAct(back, actOf("host", "movdir64b", "keyid0", 0));
  assertEquals(other.acts.map(({ operation }) => operation), ["partial-write", "movdir64b"]);
  assertEquals([atStep(other, 9).at, atStep(other, -1).at], [2, 0]);
});
