import { assertEquals } from "@std/assert";
import { actOf, evictions } from "./panel.ts";
import { type Frame, hostMachineCheck, partingStep, play, tdMachineCheck } from "./play.ts";
import { atStep, type Situation, START, withAct, withSettings } from "./situation.ts";

const PARTIAL_THEN_LOAD: Situation = {
  ...START,
  acts: [actOf("host", "partialWrite", "keyid0", 0), actOf("host", "load", "keyid0", 0)],
  at: 2,
};

const rules = (frames: readonly Frame[]) => frames.slice(1).map(({ outcome }) => outcome?.rules);

Deno.test("play() ends in a machine check on spr, and in host data on gnr", () => {
  const spr = play(PARTIAL_THEN_LOAD, "spr");
  const gnr = play(PARTIAL_THEN_LOAD, "gnr");
  assertEquals(rules(spr), [["W5"], ["K1", "R0"]]);
  assertEquals(rules(gnr), [["C8", "W4"], ["K1", "C7"]]);
  assertEquals([hostMachineCheck(spr[2]!), hostMachineCheck(gnr[2]!)], [true, false]);
  assertEquals(gnr[2]!.outcome?.data, "host");
  assertEquals(partingStep(spr, gnr), 1);
  assertEquals(partingStep(spr, play(PARTIAL_THEN_LOAD, "emr")), undefined);
});

Deno.test("play() does nothing any more once the host has stopped", () => {
  const longer = withAct(PARTIAL_THEN_LOAD, actOf("host", "movdir64b", "keyid0", 0));
  const [, , checked, after] = play(longer, "spr");
  assertEquals([checked!.ended, after!.ended, after!.outcome], [false, true, null]);
  assertEquals(after!.lines, checked!.lines);
});

Deno.test("play() clears as platform and policy decide", () => {
  const clear = { ...START, acts: [actOf("host", "clear", "keyid0", 0)], at: 1 };
  const quirk = withSettings(clear, { policy: "quirk" });
  assertEquals(rules(play(quirk, "spr")), [["K5", "W3"]]);
  assertEquals(rules(play(quirk, "gnr")), [undefined]);
  assertEquals(rules(play(withSettings(clear, { policy: "always" }), "gnr")), [["K5", "W3"]]);
});

Deno.test("play() tells the TD's machine check from the host's", () => {
  const acts = [actOf("cache", "poisonTransient", "keyid0", 0), actOf("td", "load", "td", 0)];
  const frames = play({ ...START, acts }, "gnr");
  assertEquals([hostMachineCheck(frames[2]!), tdMachineCheck(frames[2]!)], [false, true]);
});

Deno.test("evictions() encrypt with the key their KeyID has by then", () => {
  const store = actOf("td", "store", "td", 0);
  const [, stored] = play({ ...START, acts: [store] }, "spr");
  const line = stored!.lines[0]!;
  assertEquals(evictions(line, 0, [store]).map(({ key }) => key), ["td"]);
  const reprogrammed = [store, actOf("td", "load", "td2", 0)];
  assertEquals(evictions(line, 0, reprogrammed).map(({ key }) => key), ["td2"]);
});

Deno.test("withAct() drops what lay ahead, atStep() stays within the steps", () => {
  const back = atStep(PARTIAL_THEN_LOAD, 1);
  const other = withAct(back, actOf("host", "movdir64b", "keyid0", 0));
  assertEquals(other.acts.map(({ operation }) => operation), ["partialWrite", "movdir64b"]);
  assertEquals([atStep(other, 9).at, atStep(other, -1).at], [2, 0]);
});
