import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { jsonMessages } from "./_json_messages.ts";

/** The text with its messages taken out, and what was told as damage. */
async function read(text: string, size = text.length || 1): Promise<[string, string[]]> {
  async function* pieces() {
    for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
  }
  const damage: string[] = [];
  const out = await Array.fromAsync(jsonMessages(pieces(), "log", (each) => damage.push(each)));
  return [out.join(""), damage];
}

const broken = (line: number, got: string) =>
  `log:${line}:1: Expected the rest of an object in JSON, got ${got}`;

/** Texts, what becomes of them, and what is told. */
const ROWS: readonly (readonly [string, string, string[]?])[] = [
  ["[1.0] x {1}\n{1}[Hardware Error]: y\n", "[1.0] x {1}\n{1}[Hardware Error]: y\n"],
  ['{"MESSAGE":"a","_HOSTNAME":"h"}\n{"MESSAGE":null}\n[1.0] b\n', "h kernel: a\n\n[1.0] b\n"],
  ['{"MESSAGE":"a","SYSLOG_IDENTIFIER":"mcelog","_HOSTNAME":"h"}\n', "h mcelog: a\n"],
  ['{"MESSAGE":[109,99,101]}\n{"MESSAGE":["first","second"]}', "mce\nfirst\n"],
  ['{"msg":"x","level":3,"message":"y","ok":[true,{}]}\n', "y\n"],
  ['{"event":"an EDAC line"}\n', "an EDAC line\n"],
  ['{"log":"a\\u00e9\\"\\\\\\n","k":{"host":"x"}}\n', 'aé"\\\n'],
  // Every escape of RFC 8259, so that a message of several lines is read as those.
  ['{"msg":"a\\nb\\tc\\/d\\u0009e\\\\f\\"g"}\n', 'a\nb\tc/d\te\\f"g\n'],
  ['{"msg":"a\\rb\\bc\\fd"}\n', "a\rb\bc\fd\n"],
  ['[{"msg":"a"}, {"msg":"b"}]\n', "a\nb\n"],
  ['{\n "dmesg": [\n  {"time": 1.5, "msg": "a"}\n ]\n}\n', "\n\n[1.5] a\n\n\n"],
  ['{"MESSAGE":"cut 12\n{"MESSAGE":"b"}\n', "cut 12…\nb\n", [broken(1, "the end of the line")]],
  ['{"MESSAGE":"cut 12', "cut 12…", [broken(1, "the end of the text")]],
  ['x\n{"MESSAGE":"a"', "x\na", [broken(2, "the end of the text")]],
  // A crash dump of a service processor; most banks are empty.
  [
    '{"MC0":{"mc0_status":"0x0"},"MC13":{"mc13_ctl":"0x1","mc13_status":"0xb1","mc13_addr":"0x2"}}',
    "MC13_STATUS: 0xb1, MC13_ADDR: 0x2\n",
  ],
  ['{"mc1_status":"0x0,UA:0x82"}\n', "\n", [
    'log:1:1: Expected mc1_status as a register of 64 bits, got "0x0,UA:0x82"',
  ]],
  ['{"a" b\n[1.0] c\n', "\n[1.0] c\n", [broken(1, "the end of the line")]],
  ['{"a", b\n[1.0] c\n', ", b\n[1.0] c\n", [broken(1, '","')]],
];

Deno.test("jsonMessages() takes messages out of JSON, and leaves all else", async () => {
  for (const [text, messages, damage = []] of ROWS) {
    for (const size of [1, 2, 3, 1000]) {
      assertEquals(await read(text, size), [messages, damage], `${text} by ${size}`);
    }
  }
});

Deno.test("jsonMessages() does not care how the text is cut in pieces, and keeps line numbers", async () => {
  const words = [
    "{",
    "}",
    "[",
    "]",
    '"',
    '"msg"',
    ":",
    ",",
    "\\",
    "\n",
    " ",
    "1",
    "a",
    '{"msg":"x"}',
  ];
  const text = fc.array(fc.constantFrom(...words), { maxLength: 40 }).map((all) => all.join(""));
  await fc.assert(fc.asyncProperty(text, fc.integer({ min: 1, max: 9 }), async (whole, size) => {
    assertEquals(await read(whole, size), await read(whole));
  }));
  const lines = fc.array(fc.constantFrom('{"msg":"x"}', "[1.0] y", "{}", ""), { maxLength: 20 });
  await fc.assert(fc.asyncProperty(lines, async (all) => {
    const [out] = await read(all.map((line) => `${line}\n`).join(""));
    assertEquals(out.split("\n").length - 1, all.length);
  }));
});

Deno.test("jsonMessages() keeps no more of a message than a line may have", async () => {
  const [out] = await read(`{"msg":"${"x".repeat(1e6)}"}\n`, 1000);
  assertEquals(out.length < 70_000, true);
});
