import { assertEquals, assertThrows } from "@std/assert";
import { pack, unpack } from "./fixture.ts";
import { parseRecordings } from "./recordings.ts";
import { classOf, type Recording, replay, shrink } from "./replay.ts";

const PAGE = 4096;
const OK = "0000000000000000";

/** A TDR that is created between calls that have nothing to do with it. */
const SOUND: Recording = {
  packages: 1,
  calls: [
    ["lock", 5 * PAGE, "0000000000000001"],
    ["unlock", 5 * PAGE, "0000000000000001"],
    ["create", PAGE, 34, OK],
    ["keyConfig", PAGE, 0, OK],
    ["pageReclaim", 0, "c000030000000001", "0", "0", "0"],
  ],
  end: {
    pamt: [[1, "4", "0", 0], [30, "1", "0", 0]],
    kot: Array.from(
      { length: 32 },
      (_, i) => [[3, 0], [0, 0], [1, 0]][i] as [number, number] ?? [0, 0],
    ),
  },
};

Deno.test("replay() agrees with a recording to its end, and packing keeps it", () => {
  assertEquals(replay(SOUND), undefined);
  assertEquals(unpack(pack([SOUND])), [SOUND]);
});

Deno.test("replay() says where the end differs", () => {
  const found = replay({ ...SOUND, end: { ...SOUND.end, pamt: [] } });
  assertEquals(found, { at: 5, what: "pamt", recorded: "undefined", model: "1,4,0,0" });
});

Deno.test("shrink() leaves the calls that a disagreement needs", () => {
  const calls = [...SOUND.calls.slice(0, 4), ["create", 2 * PAGE, 34, OK]] as const;
  const wrong = { ...SOUND, calls } as Recording;
  const found = replay(wrong)!;
  assertEquals(classOf(found), "create 0 c000082000000000");
  assertEquals(shrink(wrong, found), [["create", PAGE, 34, OK], ["create", 2 * PAGE, 34, OK]]);
});

Deno.test("replay() takes an operand that the machine has not for a disagreement", () => {
  const found = replay({ ...SOUND, calls: [["cacheWb", 7, 0, 0, OK]] });
  assertEquals(found, {
    at: 0,
    what: "cacheWb",
    recorded: "0",
    model: "Expected package to be a whole number from 0 to 0, got 7",
  });
});

const WRONG: readonly (readonly [string, string])[] = [
  ['{"packages":1,"calls":[["jump",1]],"end":{"pamt":[],"kot":[]}}', "Expected one of create, "],
  ['{"packages":1,"calls":[["init",4096,', "Expected one JSON object a line, got "],
  [
    '{"packages":1,"calls":[["init",-1]],"end":{"pamt":[],"kot":[]}}',
    "call 1: Expected init's tdr to be from 0 to 2^53 - 1, got -1",
  ],
  [
    '{"packages":1,"calls":[["init",0,"no"]],"end":{"pamt":[],"kot":[]}}',
    'Expected a register as 1 to 16 hexadecimal digits, got "no"',
  ],
  ['{"packages":0,"calls":[]}', "Expected packages from 1 to 32, got 0"],
];

for (const [line, message] of WRONG) {
  Deno.test(`parseRecordings() names file and line: ${message}`, () => {
    const text = `${JSON.stringify(SOUND)}\n${line}\n`;
    const { message: said } = assertThrows(
      () => parseRecordings(text, "calls.jsonl"),
      SyntaxError,
      message,
    );
    assertEquals(said.startsWith("calls.jsonl:2: "), true, said);
  });
}
