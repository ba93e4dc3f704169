import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { definePlatform } from "@tdx/core";
import { emr } from "@tdx/platform-emr";
import { generic } from "@tdx/platform-generic";
import { gnr } from "@tdx/platform-gnr";
import { spr } from "@tdx/platform-spr";
import { audit } from "./audit.ts";
import type { CheckResult } from "./checks/check.ts";
import { folderSource } from "./sources/folder_source.ts";
import type { HostSource } from "./sources/host_source.ts";

const ROOT = fromFileUrl(new URL("../testdata/", import.meta.url));

const PLATFORMS = [spr, emr, gnr, generic];

/** A source of texts by path; other files cannot be read. */
function textSource(files: Readonly<Record<string, string>>): HostSource {
  return {
    async *files(paths) {
      for (const path of paths) {
        const text = files[path];
        yield text === undefined
          ? { path, state: "unreadable", reason: "this test does not give it" }
          : { path, state: "present", bytes: new Blob([text]).stream() };
      }
    },
  };
}

/** Snapshot, and what its audit comes to. */
const SNAPSHOTS: readonly (readonly [string, ...verdict: string[]])[] = [
  ["spr-6.16", "spr", "clears-always", "pays-rightly"],
  ["emr-6.18", "emr", "clears-on-erratum", "pays-rightly"],
  ["emr-7.2", "emr", "clears-on-erratum", "pays-rightly"],
  ["emr-tdx-off", "emr", "clears-on-erratum", "not-concerned"],
  ["emr-flag-missing", "emr", "clears-on-erratum", "at-risk"],
  ["emr-old-log", "emr", "clears-always", "pays-rightly"],
  ["emr-guest", "emr", "clears-on-erratum", "not-concerned"],
  ["gnr-6.17", "gnr", "clears-always", "pays-needlessly"],
  ["gnr-6.18", "gnr", "clears-on-erratum", "fine"],
  ["gnr-6.19", "gnr", "clears-on-erratum", "fine"],
  ["gnr-backport", "gnr", "clears-on-erratum", "fine"],
  ["ice-lake", "generic", "clears-on-erratum", "not-concerned"],
  ["amd", "none", "no-tdx", "not-concerned"],
  ["arm", "none", "no-tdx", "not-concerned"],
  ["half-unreadable", "emr", "clears-on-erratum", "unknown"],
  ["machine-checks", "spr", "clears-always", "pays-rightly"],
];

const LETTERS: Readonly<Record<string, CheckResult>> = {
  o: "ok",
  A: "affected",
  u: "unknown",
  "-": "not applicable",
};

/** By check, how it comes out on each snapshot: a letter each, in the order of the snapshots. */
const RESULTS: Readonly<Record<string, string>> = {
  "cpu.identity": "o oooooo oooo u -- oo",
  "cpu.erratum": "A AAAAAA oooo u -- AA",
  "cpu.flag": "o oo-Ao- oooo - -- oo",
  "machine.virtual": "o ooooo- oooo o o- oo",
  "tdx.firmware": "o oo-oo- oooo - -- uo",
  "tdx.use": "o oo-oo- oooo - -- uo",
  "tdx.bring-up": "o oo-oo- oooo - -- uo",
  "tdx.keyids": "o oo-oo- oooo - -- uo",
  "tdx.module": "o oo-oo- ooou - -- uo",
  "kernel.reclaim": "o oooooo Aooo o -- oo",
  "kernel.refused-pages": "o oAoouo ooAu o -- oo",
  "kernel.seam-nr": "u oo-uu- oAAu - -- uu",
  "kernel.kexec": "- AuoA-- -ooo o -- A-",
  "records.machine-checks": "o oooooo ooou o oo uA",
  "records.leaks": "o oooooo ooou o -- uo",
};

for (const [index, [name, ...verdict]] of SNAPSHOTS.entries()) {
  Deno.test(`audit() of ${name} comes to ${verdict.at(-1)}`, async () => {
    const found = await audit(folderSource(ROOT + name), PLATFORMS);
    assertEquals([found.platform, found.kernel, found.verdict], verdict);
    assertEquals(
      found.checks.map(({ id, result }) => [id, result]),
      Object.entries(RESULTS).map(([id, letters]) => [
        id,
        LETTERS[letters.replaceAll(" ", "")[index]!],
      ]),
    );
  });
}

Deno.test("audit() says the same twice", async () => {
  const twice = [0, 1].map(() => audit(folderSource(`${ROOT}emr-6.18`), PLATFORMS));
  const [first, second] = await Promise.all(twice);
  assertEquals(JSON.stringify(first), JSON.stringify(second));
});

Deno.test("audit() names what it saw and where", async () => {
  const { host, checks } = await audit(folderSource(`${ROOT}emr-6.18`), PLATFORMS);
  const seen = (id: string) => {
    const check = checks.find((check) => check.id === id)!;
    return [check.seen, check.source];
  };
  assertEquals(host, "emr-a");
  assertEquals(seen("tdx.keyids"), ["KeyID 0, 63 shared, 64 private", "the registers (MSRs)"]);
  assertEquals(seen("tdx.firmware"), [
    "parameter tdx of kvm_intel is Y",
    "/sys/module/kvm_intel/parameters/tdx",
  ]);
  assertEquals(seen("kernel.reclaim"), ["symbol tdx_quirk_reset_paddr", "/proc/kallsyms"]);
  assertEquals(seen("kernel.seam-nr"), ["bit 12 is 1", "MSR 0x179 (MCG_CAP)"]);
  assertEquals(seen("tdx.module")[0], "initialized");
});

/** A CPU as /proc/cpuinfo gives it. */
function cpuinfo(vendor: string, family: number, model: number): string {
  return `processor : 0\nvendor_id : ${vendor}\ncpu family : ${family}\nmodel : ${model}\n` +
    "stepping : 1\nflags : fpu\nbugs : spectre_v1\n";
}

Deno.test("audit() calls no CPU affected but 6/0x8F and 6/0xCF", async () => {
  for (const vendor of ["GenuineIntel", "AuthenticAMD"]) {
    for (const family of [6, 15, 25]) {
      for (let model = 0; model < 256; model += 1) {
        const { checks } = await audit(
          textSource({ "proc/cpuinfo": cpuinfo(vendor, family, model) }),
          PLATFORMS,
        );
        const { result } = checks.find(({ id }) => id === "cpu.erratum")!;
        const affected = vendor === "GenuineIntel" && family === 6 && [0x8f, 0xcf].includes(model);
        const clean = vendor === "GenuineIntel" && family === 6 && [0xad, 0xae].includes(model);
        const expected = vendor !== "GenuineIntel"
          ? "not applicable"
          : affected
          ? "affected"
          : clean
          ? "ok"
          : "unknown";
        assertEquals(result, expected, `${vendor} ${family}/${model}`);
      }
    }
  }
});

Deno.test("audit() makes garbage unknown, never fine", async () => {
  const on = { "sys/module/kvm_intel/parameters/tdx": "Y\n" };
  const garbage = "\0\x01\xff garbage ".repeat(1000);
  const mixed = cpuinfo("GenuineIntel", 6, 143) + cpuinfo("GenuineIntel", 6, 173);
  const gnr = { ...on, "proc/cpuinfo": cpuinfo("GenuineIntel", 6, 173) };
  const cases: [Record<string, string>, RegExp][] = [
    [{ ...on, "proc/cpuinfo": garbage }, /the CPU: .*binary data/],
    [{ ...on, "proc/cpuinfo": "" }, /the CPU: .*an empty text/],
    [{ ...on, "proc/cpuinfo": mixed }, /Expected one kind of CPU, with "model" "143"/],
    [{ ...gnr, "proc/kallsyms": garbage, dmesg: garbage }, /what the kernel does on reclaim/],
    [{ ...gnr, "proc/sys/kernel/osrelease": garbage }, /Expected release to be a version of Linux/],
    [{ ...gnr, "sys/module/kvm_intel/parameters/tdx": garbage }, /Expected Y, N, 1 or 0, got/],
    [{ "proc/cpuinfo": cpuinfo("GenuineIntel", 6, 173), msr: garbage }, /whether TDs can run/],
  ];
  for (const [files, sentence] of cases) {
    const found = await audit(textSource(files), PLATFORMS);
    assertEquals(found.verdict, "unknown");
    assertEquals(sentence.test(found.sentence), true, found.sentence);
  }
});

Deno.test("audit() heeds what EDAC printed, and calls a cut record unknown", async () => {
  const edac = "[9.0] EDAC skx MC0: CPU 0: Machine Check Event: 0x0 Bank 13: ";
  const cases: [string, CheckResult][] = [
    [`${edac}0xbc000000082a0090\n`, "affected"],
    [`${edac}0x9c000040010000c0\n`, "ok"],
    [edac, "unknown"],
  ];
  for (const [dmesg, expected] of cases) {
    const log = `[0.0] Linux version 6.18.1\n${dmesg}`;
    const { checks } = await audit(textSource({ dmesg: log }), PLATFORMS);
    assertEquals(checks.find(({ id }) => id === "records.machine-checks")?.result, expected, dmesg);
  }
});

Deno.test("audit() does not trust a version where the kernel is patched", async () => {
  const { verdict, kernel } = await audit(
    textSource({
      "sys/module/kvm_intel/parameters/tdx": "Y\n",
      "proc/cpuinfo": cpuinfo("GenuineIntel", 6, 173),
      "proc/sys/kernel/osrelease": "6.8.0-1028-intel\n",
    }),
    PLATFORMS,
  );
  assertEquals([verdict, kernel], ["unknown", "unknown"]);
});

Deno.test("audit() is unknown for a TDX host that no platform names", async () => {
  const { verdict, sentence } = await audit(
    textSource({
      "sys/module/kvm_intel/parameters/tdx": "Y\n",
      "proc/cpuinfo": cpuinfo("GenuineIntel", 6, 1),
      "proc/sys/kernel/osrelease": "6.18.0\n",
    }),
    PLATFORMS,
  );
  assertEquals(verdict, "unknown");
  assertEquals(sentence, "Could not tell the silicon: no platform names this CPU");
});

Deno.test("audit() says of an assumed platform that it is assumed, not that none names the CPU", async () => {
  const own = definePlatform({
    ...generic,
    name: "own",
    title: "Own Rapids",
    cpus: [{ family: 6, model: 1 }],
  });
  const { verdict, sentence, checks } = await audit(
    textSource({
      "sys/module/kvm_intel/parameters/tdx": "Y\n",
      "proc/cpuinfo": cpuinfo("GenuineIntel", 6, 1),
      "proc/sys/kernel/osrelease": "6.18.0\n",
    }),
    [...PLATFORMS, own],
  );
  const assumed = "what the platform own says of it is assumed, not confirmed";
  assertEquals([verdict, sentence], ["unknown", `Could not tell the silicon: ${assumed}`]);
  assertEquals(checks.find(({ id }) => id === "cpu.erratum")!.seen, assumed);
});

Deno.test("audit() takes the kernel at its word when it lists the erratum for other silicon", async () => {
  const { verdict, checks } = await audit(
    textSource({
      "sys/module/kvm_intel/parameters/tdx": "Y\n",
      "proc/cpuinfo": cpuinfo("GenuineIntel", 6, 173).replace("spectre_v1", "tdx_pw_mce"),
      "proc/sys/kernel/osrelease": "6.18.0\n",
    }),
    PLATFORMS,
  );
  assertEquals(verdict, "pays-needlessly");
  assertEquals(checks.find(({ id }) => id === "cpu.flag")?.result, "affected");
});

Deno.test("audit() knows kexec and refused pages by the kernel's version and its log (X2, X4)", async () => {
  const host = {
    "sys/module/kvm_intel/parameters/tdx": "Y\n",
    "proc/cpuinfo": cpuinfo("GenuineIntel", 6, 143).replace("spectre_v1", "tdx_pw_mce"),
    "sys/kernel/kexec_crash_loaded": "0\n",
  };
  const failed = "[9.0] virt/tdx: TDH.SYS.DISABLE failed: 0xc000010000000000\n";
  const refused = "[9.0] kexec: Not allowed on platform with tdx_pw_mce bug\n";
  const cases: [release: string, dmesg: string, kexec: CheckResult, seen: RegExp, CheckResult][] = [
    ["6.17.9", "", "unknown", /no crash kernel/, "ok"],
    ["6.18.3", "", "affected", /Linux 6\.18\.3$/, "ok"],
    ["6.19.4", "", "affected", /Linux 6\.19\.4$/, "affected"],
    ["6.19.4", refused, "affected", /^"Not allowed/, "affected"],
    ["7.2.1", "", "unknown", /Linux 7\.2\.1$/, "affected"],
    ["7.2.1", failed, "affected", /^"TDH\.SYS\.DISABLE failed: 0xc000010000000000"$/, "affected"],
    ["5.14.0-503.el9", failed, "affected", /^"TDH\.SYS\.DISABLE failed/, "unknown"],
    ["5.14.0-503.el9", "", "unknown", /no crash kernel/, "unknown"],
    ["6.12.1", "", "unknown", /no crash kernel/, "unknown"],
  ];
  for (const [release, dmesg, kexec, seen, pages] of cases) {
    const { checks } = await audit(
      textSource({
        ...host,
        "proc/sys/kernel/osrelease": `${release}\n`,
        dmesg: `[0.0] up\n${dmesg}`,
      }),
      PLATFORMS,
    );
    const found = checks.find(({ id }) => id === "kernel.kexec")!;
    assertEquals(found.result, kexec, `${release} ${dmesg}`);
    assertEquals(seen.test(found.seen), true, found.seen);
    const refusedPages = checks.find(({ id }) => id === "kernel.refused-pages");
    assertEquals(refusedPages?.result, pages, release);
  }
});
