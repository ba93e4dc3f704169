import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { NEWEST_LINUX } from "@tdx/linux";
import {
  CaughtStdio,
  PLATFORM_NAMES,
  refused,
  tdx,
  tdxJson,
  tdxOn,
  testData,
} from "../fixtures_test.ts";
import { PLATFORMS } from "../platforms.ts";

Deno.test("tdx decide --json says whether to clear, why, and where that is written", async () => {
  const { status, answer } = await tdxJson("decide", "--platform", "emr");
  assertEquals(status, 0);
  const { reason, sources, ...rest } = answer;
  assertEquals(rest, {
    formatVersion: 1,
    noTdHost: null,
    platform: "emr",
    hostKeys: "keyid0",
    kernel: NEWEST_LINUX,
    policy: "quirk",
    clear: true,
    needed: true,
    hazard: false,
    confidence: "confirmed",
    rules: ["W5", "R0"],
  });
  assertStringIncludes(reason, "erratum tdx_pw_mce");
  assertEquals(sources.find(({ text }: { text: string }) => text.startsWith("W5:")), {
    text: "W5: Linux 1e536e106897",
    url: "https://git.kernel.org/torvalds/c/1e536e106897",
  });
});

// Arguments beside the platform; status, and whether pages are cleared.
const QUERIES = [
  ["gnr", [], 0, false],
  ["gnr", ["--policy", "always"], 0, true],
  ["emr", ["--policy", "never"], 2, false],
  ["gnr", ["--host-keys", "shared"], 0, false],
  // An integrity KeyID is what the patch does not look at; in Li there is none.
  ["gnr", ["--host-keys", "shared-integrity"], 2, false],
  ["gnr", ["--host-keys", "shared-integrity", "--mode", "Ci"], 2, false],
  ["gnr", ["--host-keys", "shared-integrity", "--mode", "Li"], 0, false],
] as const;

Deno.test("tdx decide takes policy, KeyIDs and mode", async () => {
  for (const [platform, args, status, clear] of QUERIES) {
    const decided = await tdxJson("decide", "--platform", platform, ...args);
    assertEquals([decided.status, decided.answer.clear], [status, clear], args.join(" "));
    assertEquals(decided.answer.hazard, status === 2);
  }
});

// Platform, kernel; status, whether it clears and whether that is needed.
const KERNELS = [
  ["gnr", "6.17", 0, true, false],
  ["gnr", "6.18", 0, false, false],
  ["spr", "6.17", 0, true, true],
  ["spr", "7.9", 0, true, true],
  ["gnr", "5.14.0-503.el9", 0, null, false],
  ["spr", "5.14.0-503.el9", 3, null, true],
] as const;

Deno.test("tdx decide --kernel says what that kernel does, and what is needed", async () => {
  for (const [platform, kernel, status, clear, needed] of KERNELS) {
    const decided = await tdxJson("decide", "--platform", platform, "--kernel", kernel);
    const { answer } = decided;
    assertEquals([decided.status, answer.clear, answer.needed], [status, clear, needed], kernel);
    assertEquals(answer.kernel, kernel);
  }
  const { text } = await tdx("decide", "--platform", "spr", "--kernel", "7.9");
  assertStringIncludes(text, "kernel    Linux 7.9 (Linux 7.9 is newer than the table: assumed");
  const open = await tdx("decide", "--platform", "spr", "--kernel", "6.8.0-1014-intel");
  assertStringIncludes(open.text, "\nclear     not known (host keys keyid0, policy unknown)\n");
});

Deno.test("tdx decide refuses what is no kernel, or hosts no TDs", async () => {
  for (
    const [typed, words] of [
      ["latest", "a version of Linux such as 6.18"],
      ["6.20", "at most Linux 6.19 in its series"],
      ["6.15", "Linux 6.16 or later, which can host TDs"],
    ] as const
  ) {
    const note = await refused("decide", "--platform", "spr", "--kernel", typed);
    assertEquals(note, `tdx: Expected --kernel to be ${words}, got "${typed}"`);
  }
});

Deno.test("tdx decide knows every platform, and calls only an unknown CPU assumed", async () => {
  for (const { name } of PLATFORMS) {
    const { answer } = await tdxJson("decide", "--platform", name);
    const confidence = name === "generic" ? "assumed" : "confirmed";
    assertEquals([answer.platform, answer.confidence], [name, confidence]);
  }
});

// Option, file, platform.
const FILES = [
  ["--cpuinfo", "emr.cpuinfo", "emr"],
  ["--cpuinfo", "srf.cpuinfo", "srf"],
  ["--cpuid", "spr.cpuid", "spr"],
  ["--cpuid", "gnr_d.cpuid", "gnr"], // as `cpuid -r` writes it
  ["--cpuid", "cwf.cpuid", "cwf"],
  ["--cpuid", "icelake.cpuid", "generic"],
  ["--cpuid", "alderlake.cpuid", "generic"],
  // The content decides, not the option.
  ["--cpuinfo", "cwf.cpuid", "cwf"],
  ["--cpuid", "emr.cpuinfo", "emr"],
] as const;

Deno.test("tdx decide recognises the platform of a CPU that it reads", async () => {
  for (const [option, file, platform] of FILES) {
    const { status, answer } = await tdxJson("decide", option, testData(file));
    assertEquals([status, answer.platform], [0, platform], file);
  }
});

Deno.test("tdx decide says before anything else that a CPU or a guest can host no TD", async () => {
  const client = await tdx("decide", "--cpuid", testData("alderlake.cpuid"));
  assertMatch(
    client.text,
    /^no TD {5}no source known here names GenuineIntel family 6 model 151 as a TDX host; /,
  );
  const cpuinfo = (await Deno.readTextFile(testData("emr.cpuinfo"))).replace(
    /^flags(\s*): /m,
    "flags$1: hypervisor ",
  );
  const guest = await tdxOn(new CaughtStdio(cpuinfo), "decide", "--cpuinfo", "-", "--json");
  assertMatch(JSON.parse(guest.text).noTdHost, /^a guest of a hypervisor/);
  const host = await tdxJson("decide", "--cpuinfo", testData("emr.cpuinfo"));
  assertEquals(host.answer.noTdHost, null);
});

Deno.test("tdx decide prints a line for each part of the answer", async () => {
  const { status, text } = await tdx("decide", "--cpuinfo", testData("emr.cpuinfo"));
  assertEquals(status, 0);
  const lines = text.split("\n");
  assertEquals(lines.slice(0, 5), [
    "platform  emr (Emerald Rapids, confirmed)",
    "cpu       Demo Xeon 1, family 6 model 0xcf",
    `kernel    Linux ${NEWEST_LINUX} (the newest released one; --kernel names another)`,
    "clear     yes (host keys keyid0, policy quirk)",
    "needed    yes",
  ]);
  assertEquals(lines.filter((line) => /^(reason|rules|sources) +\S/.test(line)).length, 3);
  assert(!text.includes("hazard"));

  const hazard = await tdx("decide", "--platform", "spr", "--policy", "never");
  assertEquals(hazard.status, 2);
  assertStringIncludes(hazard.text, "\nhazard    a host machine check is possible\n");
  assert(!hazard.text.includes("\ncpu "));
});

Deno.test("tdx decide without a machine reads this one, if it has a /proc/cpuinfo", async () => {
  const vendor = await thisVendor();
  const { status, text, notes } = await tdx("decide");
  if (vendor === undefined) assertStringIncludes(notes.join(), "Expected a readable /proc/cpuinfo");
  else if (vendor === "GenuineIntel") assertStringIncludes(text, "\ncpu       ");
  else assertStringIncludes(notes.join(), "Expected an Intel CPU");
  assertEquals(status, vendor === "GenuineIntel" ? 0 : 1);
});

async function thisVendor(): Promise<string | undefined> {
  try {
    const { stdout } = await new Deno.Command("cat", { args: ["/proc/cpuinfo"] }).output();
    return /^vendor_id\s*: (\S+)$/m.exec(new TextDecoder().decode(stdout))?.[1];
  } catch {
    return undefined;
  }
}

Deno.test("tdx decide refuses unknown names, with the list and the nearest one", async () => {
  // Option, what was typed, the list, the nearest.
  const table = [
    ["--platform", "gnrr", PLATFORM_NAMES, "gnr"],
    ["--platform", "Sapphire", PLATFORM_NAMES, undefined],
    ["--platform", "__proto__", PLATFORM_NAMES, undefined],
    ["--policy", "allways", "always, quirk, never", "always"],
    ["--host-keys", "keyid1", "keyid0, shared, shared-integrity", "keyid0"],
    ["--mode", "Ei", "Li, Ci", "Li"],
  ] as const;
  for (const [option, typed, list, nearest] of table) {
    const platform = option === "--platform" ? [] : ["--platform", "spr"];
    const note = await refused("decide", ...platform, option, typed);
    const wanted = `tdx: Expected ${option} to be one of ${list}, got ${typed}`;
    assertEquals(note, nearest === undefined ? wanted : `${wanted}; did you mean ${nearest}?`);
  }
});

Deno.test("tdx decide refuses more than one machine", async () => {
  const start = "tdx: Expected one of --platform, --cpuinfo, --cpuid, got ";
  const cpuid = ["--cpuid", testData("spr.cpuid")];
  const cpuinfo = ["--cpuinfo", testData("emr.cpuinfo")];
  assertEquals(
    await refused("decide", ...cpuid, "--platform", "spr"),
    `${start}--platform --cpuid`,
  );
  assertEquals(await refused("decide", ...cpuid, ...cpuinfo), `${start}--cpuinfo --cpuid`);
});

// Option, file, the message after the name of the file.
const BAD_FILES = [
  [
    "--cpuinfo",
    "empty.txt",
    ":1:1: Expected /proc/cpuinfo, lscpu, a CPUID dump or a report of a CPU, got an",
  ],
  ["--cpuinfo", "truncated.cpuinfo", ':8:24: Expected a line end after "bugs", got the end of'],
  [
    "--cpuinfo",
    "binary.bin",
    ":1:1: Expected /proc/cpuinfo, lscpu, a CPUID dump or a report of a CPU, got bi",
  ],
  ["--cpuinfo", "arm.cpuinfo", ":3:1: Expected an x86 /proc/cpuinfo, got one of an Arm machine"],
  ["--cpuid", "truncated.cpuid", ":5:15: Expected a CPUID leaf and four registers of 8 hexadecim"],
] as const;

Deno.test("tdx decide refuses what is no CPU, with file, line and column", async () => {
  for (const [option, file, message] of BAD_FILES) {
    const path = testData(file);
    assertStringIncludes(await refused("decide", option, path), `tdx: ${path}${message}`);
  }
});

Deno.test("tdx decide refuses a CPU of another vendor", async () => {
  const start = "tdx: Expected an Intel CPU, for TDX exists only there, got";
  const hint = "name a platform, as in --platform emr, or give --cpuinfo or --cpuid of a host";
  for (const [kind, brand] of [["cpuinfo", "Demo EPYC"], ["cpuid", "AuthenticAMD"]]) {
    assertEquals(
      await refused("decide", `--${kind}`, testData(`amd.${kind}`)),
      `${start} ${brand} (AuthenticAMD, family 26 model 0x2); ${hint}`,
    );
  }
});

Deno.test("tdx decide says why a file cannot be read", async () => {
  const missing = testData("none.cpuid");
  assertEquals(
    await refused("decide", "--cpuid", missing),
    `tdx: Expected a readable file, got ${missing}: no such file`,
  );
  if (Deno.build.os !== "linux") return;
  // Deno opens it only for programs with all permissions, which tests do not have.
  assertStringIncludes(
    await refused("decide", "--cpuinfo", "/proc/cpuinfo"),
    "got /proc/cpuinfo: Deno does not let a program read it; give - instead, and pipe it in",
  );
});

Deno.test({
  name: "tdx decide says that a folder is no file (Windows does not even open one)",
  ignore: Deno.build.os === "windows",
  async fn() {
    const folder = testData("");
    assertEquals(
      await refused("decide", "--cpuinfo", folder),
      `tdx: Expected a readable file, got ${folder}: it is a folder`,
    );
  },
});

Deno.test("tdx decide calls nothing a hazard of a kernel of which it does not know whether it clears", async () => {
  const { status, text } = await tdx("decide", "--platform", "spr", "--kernel", "6.8.0-1014-intel");
  assertEquals([status, /^hazard /m.test(text), /^clear +not known /m.test(text)], [
    3,
    false,
    true,
  ]);
  const never = await tdx("decide", "--platform", "spr", "--policy", "never");
  assertEquals([never.status, /^hazard /m.test(never.text)], [2, true]);
});
