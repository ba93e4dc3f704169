import { assertEquals } from "@std/assert";
import { unpack } from "../../tasks/module/fixture.ts";
import { replay } from "../../tasks/module/replay.ts";

/** 450 sequences of SEAMCALLs with the answers of Intel's module 1.5.01, half of them wrong calls. */
const PACKED = new URL("testdata/module-1.5.01.gz", import.meta.url);

Deno.test("the module answers as Intel's 1.5.01 did, to the end of every recorded sequence", async () => {
  const packed = new Blob([await Deno.readFile(PACKED)]).stream();
  const text = await new Response(packed.pipeThrough(new DecompressionStream("gzip"))).text();
  const recordings = unpack(text);
  assertEquals(recordings.length, 450);
  assertEquals(recordings.map(replay).filter((found) => found !== undefined), []);
});
