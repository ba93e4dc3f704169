import { assertEquals } from "@std/assert";
import { freeBytes, hugeBytesAt } from "./_proc_text.ts";

const SMAPS = `7f0000000000-7f0000400000 rw-p 00000000 00:00 0
Size:               4096 kB
KernelPageSize:        4 kB
AnonHugePages:      2048 kB
Private_Hugetlb:       0 kB
VmFlags: rd wr mr mw me ac hg
7f0000400000-7f0000800000 rw-p 00000000 00:00 0                          /anon_hugepage (deleted)
AnonHugePages:         0 kB
Private_Hugetlb:    4096 kB
7f0000900000-7f0000a00000 r-xp 00000000 00:00 0
VmFlags: rd ex
`;

Deno.test("hugeBytesAt() reads the mapping that holds the address", () => {
  assertEquals(hugeBytesAt(SMAPS, 0x7f0000000000), 2 ** 21);
  assertEquals(hugeBytesAt(SMAPS, 0x7f00003fffff), 2 ** 21);
});

Deno.test("hugeBytesAt() counts pages from the pool", () => {
  assertEquals(hugeBytesAt(SMAPS, 0x7f0000400000), 2 ** 22);
});

Deno.test("hugeBytesAt() says nothing where the text says nothing", () => {
  assertEquals(hugeBytesAt(SMAPS, 0x7f0000900000), undefined);
  assertEquals(hugeBytesAt(SMAPS, 0x7f0000800000), undefined);
  assertEquals(hugeBytesAt("", 0), undefined);
});

const MEMINFO = "MemTotal:  100 kB\nMemFree:   10 kB\nMemAvailable:   40 kB\n";

Deno.test("freeBytes() takes what is available, or what the cgroup leaves where that is less", () => {
  const unlimited = { cgroupMax: undefined, cgroupCurrent: undefined };
  assertEquals(freeBytes({ meminfo: MEMINFO, ...unlimited }), 40960);
  assertEquals(
    freeBytes({ meminfo: MEMINFO, cgroupMax: "max\n", cgroupCurrent: "5\n" }),
    40960,
  );
  assertEquals(
    freeBytes({ meminfo: MEMINFO, cgroupMax: "9000\n", cgroupCurrent: "5000\n" }),
    4000,
  );
  assertEquals(freeBytes({ meminfo: MEMINFO, cgroupMax: "1\n", cgroupCurrent: "2\n" }), 0);
});

Deno.test("freeBytes() does not guess where nothing says", () => {
  const nothing = { meminfo: undefined, cgroupMax: undefined, cgroupCurrent: undefined };
  assertEquals(freeBytes(nothing), undefined);
  assertEquals(freeBytes({ ...nothing, meminfo: "MemTotal: 100 kB\n" }), undefined);
});
