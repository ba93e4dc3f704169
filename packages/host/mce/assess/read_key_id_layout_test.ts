import { assertEquals } from "@std/assert";
import type { HostSource } from "../../audit/sources/host_source.ts";
import { readKeyIdLayout } from "./read_key_id_layout.ts";

/** k = 7, 1 bit for TDX, XTS-128; 63 shared and 64 private KeyIDs. */
const MSRS = "0x982 0001001700000003\n0x87 000000400000003f\n";
const CPUINFO = "address sizes\t: 45 bits physical, 57 bits virtual\n";

function source(texts: Readonly<Record<string, string>>): HostSource {
  return {
    async *files(paths) {
      for (const path of paths) {
        const text = texts[path];
        yield text === undefined
          ? { path, state: "absent" }
          : { path, state: "present", bytes: new Blob([text]).stream() };
      }
    },
  };
}

Deno.test("readKeyIdLayout() adds the KeyID bits to the width that Linux shows", async () => {
  assertEquals(await readKeyIdLayout(source({ msr: MSRS, "proc/cpuinfo": CPUINFO })), {
    maxPa: 52,
    keyIdBits: 7,
    sharedKeyIds: 63,
  });
});

Deno.test("readKeyIdLayout() leaves out what the source does not tell", async () => {
  const known = { keyIdBits: 7, sharedKeyIds: 63 };
  assertEquals(await readKeyIdLayout(source({ msr: MSRS })), known);
  const wide = CPUINFO.replace("45", "52");
  assertEquals(await readKeyIdLayout(source({ msr: MSRS, "proc/cpuinfo": wide })), known);
  const contradiction = MSRS.replace("400000003f", "400000001f");
  for (const msr of ["", "garbage\n", "0x982 0001001700000003\n", contradiction]) {
    assertEquals(await readKeyIdLayout(source({ msr, "proc/cpuinfo": CPUINFO })), {});
  }
});
