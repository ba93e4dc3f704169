// The version at which each check turns, with the one before it; and the order of the verdicts.
import { assertEquals } from "@std/assert";
import { emr } from "@tdx/platform-emr";
import { generic } from "@tdx/platform-generic";
import { gnr } from "@tdx/platform-gnr";
import { audit } from "../audit.ts";
import { summarizeFleet } from "../fleet.ts";
import { VERDICT_ADVICE } from "../judge/verdict.ts";
import type { HostSource } from "../sources/host_source.ts";

type Files = Readonly<Record<string, string>>;

function textSource(files: Files): HostSource {
  return {
    async *files(paths) {
      for (const path of paths) {
        const text = files[path];
        if (text === undefined) yield { path, state: "unreadable", reason: "not given" };
        else yield { path, state: "present", bytes: new Blob([text]).stream() };
      }
    },
  };
}

function host(model: number, bugs: string, more: Files = {}): Files {
  return {
    "proc/cpuinfo": `processor : 0\nvendor_id : GenuineIntel\ncpu family : 6\nmodel : ${model}\n` +
      `stepping : 2\nflags : fpu movdir64b\nbugs : ${bugs}\n`,
    "sys/module/kvm_intel/parameters/tdx": "Y\n",
    "sys/kernel/kexec_crash_loaded": "0\n",
    msr: "0x179 0000000001001c19\n",
    ...more,
  };
}

const HOSTS = {
  emr: host(0xcf, "tdx_pw_mce"),
  gnr: host(0xad, "spectre_v1"),
  // TDX host code without the flag that it sets, and not a word of KVM.
  "no flag": host(0xad, "spectre_v1", {
    "proc/kallsyms": "0 T tdx_enable\n",
    "sys/module/kvm_intel/parameters/tdx": "?",
  }),
};

// A check, a host, and by version what it comes to.
const BOUNDARIES:
  readonly (readonly [string, keyof typeof HOSTS, Readonly<Record<string, string>>])[] = [
    ["kernel.reclaim", "gnr", {
      "6.15": "unknown",
      "6.16": "affected",
      "6.17": "affected",
      "6.18": "ok",
    }],
    ["kernel.reclaim", "emr", { "6.17": "ok", "6.18": "ok" }],
    ["kernel.refused-pages", "emr", {
      "6.15": "unknown",
      "6.16": "ok",
      "6.18": "ok",
      "6.19": "affected",
      "7.3": "affected",
    }],
    ["kernel.seam-nr", "emr", { "6.9": "affected", "6.10": "ok", "6.16": "ok", "7.2": "ok" }],
    ["kernel.seam-nr", "gnr", { "6.9": "affected", "6.17": "ok", "6.18": "affected" }],
    ["kernel.kexec", "emr", {
      "6.17": "unknown",
      "6.18": "affected",
      "7.1": "affected",
      "7.2": "unknown",
    }],
    ["kernel.kexec", "gnr", { "6.18": "ok", "7.2": "ok" }],
    ["tdx.firmware", "no flag", { "6.7": "unknown", "6.8": "not applicable" }],
  ];

for (const [check, name, byVersion] of BOUNDARIES) {
  for (const [version, expected] of Object.entries(byVersion)) {
    Deno.test(`${check} comes to ${expected} on ${name} under Linux ${version}`, async () => {
      const release = { "proc/sys/kernel/osrelease": `${version}.0\n` };
      const { checks } = await audit(textSource({ ...HOSTS[name], ...release }), [
        emr,
        gnr,
        generic,
      ]);
      assertEquals(checks.find(({ id }) => id === check)?.result, expected);
    });
  }
}

Deno.test("one private KeyID is too few for TDs, two are enough", async () => {
  for (const [privates, firmware] of [[0, "not applicable"], [1, "affected"], [2, "ok"]] as const) {
    const msr = `0x87 ${privates.toString(16).padStart(8, "0")}0000003f\n0x1401 0003fffffe000c00\n`;
    const { msr: _, "sys/module/kvm_intel/parameters/tdx": __, ...rest } = HOSTS.gnr;
    const { checks } = await audit(textSource({ ...rest, msr }), [emr, gnr, generic]);
    assertEquals(checks.find(({ id }) => id === "tdx.firmware")?.result, firmware, `${privates}`);
    const { seen } = checks.find(({ id }) => id === "tdx.bring-up")!;
    assertEquals(/ private KeyIDs, Linux needs 2/.test(seen), privates < 2, seen);
  }
});

Deno.test("a fleet shows the worst verdict first, whatever came first", async () => {
  const order = [
    "at-risk",
    "pays-needlessly",
    "pays-rightly",
    "unknown",
    "fine",
    "not-concerned",
  ];
  assertEquals(Object.keys(VERDICT_ADVICE).sort(), [...order].sort());
  for (const verdicts of [order, order.toReversed(), order.toSorted()]) {
    const lines = verdicts.map((verdict) =>
      `${JSON.stringify({ formatVersion: 1, platform: "gnr", kernel: "unknown", verdict })}\n`
    );
    const { groups } = await summarizeFleet(new Blob(lines).stream());
    assertEquals(groups.map(({ verdict }) => verdict), order);
  }
});
