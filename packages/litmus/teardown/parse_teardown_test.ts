import { assertEquals, assertThrows } from "@std/assert";
import { linux, LINUX_HISTORY } from "@tdx/linux";
import { TEARDOWN_PATHS } from "@tdx/reclaim";
import { linuxTeardown } from "./linux_teardown.ts";
import { parseTeardown } from "./parse_teardown.ts";

Deno.test("parseTeardown() reads Linux's of every version, on both paths", () => {
  for (const { from } of LINUX_HISTORY) {
    for (const path of TEARDOWN_PATHS) {
      const text = linuxTeardown(linux(from), path);
      const { name, reset, dynamicPamt } = parseTeardown(text);
      assertEquals(name, `linux-${from}-${path}`);
      assertEquals([reset, dynamicPamt], [linux(from).reset, linux(from).dynamicPamt]);
    }
  }
});

/** What is wrong with a text: where, and what is said. */
const WRONG: readonly (readonly [text: string, message: string])[] = [
  ["", "1:1: Expected TEARDOWN and the name of the teardown, got an empty file"],
  ["TDX x", "1:1: Expected TEARDOWN and the name of the teardown, got TDX"],
  ["TEARDOWN x", "1:11: Expected reset, pamt or thread, got the end of the file"],
  ["TEARDOWN x reset sometimes", "1:18: Expected when reset clears (always, quirk, never)"],
  ["TEARDOWN x thread each { }", "1:19: Expected the name of the thread, no word of the language"],
  ["TEARDOWN x thread a { } thread a { }", "1:32: Expected a new name, got a again"],
  ["TEARDOWN x thread a after a { }", "1:27: Expected threads that can begin, got a after a"],
  [
    "TEARDOWN x thread a after b { } thread b after a { }",
    "1:48: Expected threads that can begin, got a after b after a",
  ],
  ["TEARDOWN x thread a after b { }", "1:27: Expected a thread (a), got b"],
  ["TEARDOWN x thread a { TDH.MEM.REMOVE }", "1:23: Expected a statement (TDH.MEM.RANGE.BLOCK,"],
  ["TEARDOWN x thread a { wait }", "1:23: Expected a statement (TDH.…, reset, clear,"],
  ["TEARDOWN x thread a { kick", "1:27: Expected a statement"],
  [
    "TEARDOWN x thread a { TDH.MEM.PAGE.REMOVE }",
    "1:43: Expected the page of TDH.MEM.PAGE.REMOVE (tdr), got }",
  ],
  [
    "TEARDOWN x thread a { each p in tdcs { TDH.MEM.RANGE.BLOCK p } }",
    "1:60: Expected a page of guest or sept for TDH.MEM.RANGE.BLOCK, got p",
  ],
  [
    "TEARDOWN x thread a { TDH.PHYMEM.PAGE.WBINVD tdr }",
    "1:50: Expected the key of TDH.PHYMEM.PAGE.WBINVD (td, global), got }",
  ],
  [
    "TEARDOWN x thread a { TDH.VP.FLUSH v }",
    "1:36: Expected the vcpu of TDH.VP.FLUSH (a name of each … in a set of them), got v",
  ],
  [
    "TEARDOWN x thread a { TDH.MEM.TRACK retry 0 }",
    "1:43: Expected a whole number from 1 to 10000, got 0",
  ],
  [
    "TEARDOWN x thread a { TDH.MEM.TRACK resume 5 }",
    "1:44: Expected resume behind TDH.PHYMEM.CACHE.WB, got it behind TDH.MEM.TRACK",
  ],
  [
    "TEARDOWN x thread a { each p in guest, vcpus { } }",
    "1:40: Expected sets of the same things, got guest and vcpus",
  ],
  [
    "TEARDOWN x thread a { each p in tdcx { } }",
    "1:38: Expected of and the vcpu that has them, got {",
  ],
  [
    "TEARDOWN x thread a { each p in guest { each p in sept { } } }",
    "1:46: Expected a new name, got p again",
  ],
  ["TEARDOWN x thread a { next }", "1:28: Expected next inside each, got it outside"],
  [
    "TEARDOWN x thread a { lock m lock m }",
    "1:35: Expected a lock that the thread does not hold, got m: it would wait for itself",
  ],
  ["TEARDOWN x thread a { unlock m }", "1:30: Expected a lock that the thread holds, got m"],
  ["TEARDOWN x thread a { put tdr { } }", "1:27: Expected put only with pamt dynamic"],
  ["TEARDOWN x\nthread a {\n  reset q\n}", "3:9: Expected the page of reset (tdr), got q"],
];

for (const [text, message] of WRONG) {
  Deno.test(`parseTeardown() refuses ${JSON.stringify(text)}`, () => {
    const error = assertThrows(() => parseTeardown(text, { file: "my.teardown" }), SyntaxError);
    assertEquals(error.message.slice(0, 12 + message.length), `my.teardown:${message}`);
  });
}
