import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { refused, tdx, tdxJson } from "../fixtures_test.ts";

const { state } = Deno.permissions.querySync({ name: "ffi" });
const { os, arch } = Deno.build;
const MAY_CALL = state === "granted" && os === "linux" && arch === "x86_64";
const QUICK = ["--size", "64MiB", "--seconds", "0.01"];

Deno.test("tdx meter refuses sizes, threads and times that make no sense", async () => {
  const size = "tdx: Expected --size to be a multiple of ";
  const seconds = "tdx: Expected --seconds to be above 0 and at most 86400, one day, got ";
  const cases: [string[], string][] = [
    [["--size", "0"], `${size}4 KiB above 0, got 0 bytes`],
    [["--size", "-4KiB"], `${size}4 KiB above 0, got -4096 bytes`],
    [["--size", "6000"], `${size}4 KiB above 0, got 5.86 KiB, 6000 bytes`],
    [["--size", "3MiB"], `${size}2 MiB above 0, got 3 MiB, 3145728 bytes`],
    [["--size", "much"], "tdx: Expected --size as a size like "],
    [["--threads", "0"], "tdx: Expected --threads as a whole number from 1, got 0"],
    [["--threads", "99999"], "tdx: Expected --threads to be a whole number from 1 to "],
    [["--seconds", "0"], `${seconds}0`],
    [["--seconds", "-1"], `${seconds}-1`],
    [["--seconds", "86400.5"], `${seconds}86400.5`],
    [["--seconds", "99999999999999999999"], `${seconds}100000000000000000000`],
    [["--seconds", "soon"], "tdx: Expected --seconds as a number, got soon"],
    [["fast"], "tdx: Expected only options, got fast"],
  ];
  for (const [args, message] of cases) {
    assertStringIncludes(await refused("meter", ...args), message);
  }
});

Deno.test({
  name: "tdx meter says which permission it lacks and why",
  ignore: MAY_CALL,
  async fn() {
    const note = await refused("meter");
    if (os === "linux" && arch === "x86_64") {
      assertStringIncludes(note, "tdx: Expected the permission --allow-ffi: ");
    } else assertStringIncludes(note, "tdx: Expected Linux on x86-64");
  },
});

function callTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: `${name} (needs --allow-ffi, Linux on x86-64)`, ignore: !MAY_CALL, fn });
}

callTest("tdx meter prints a table with bars for each kind of pages", async () => {
  const { status, text } = await tdx("meter", ...QUICK);
  assertEquals(status, 0);
  assertStringIncludes(text, "64 MiB a thread");
  assertStringIncludes(text, "\n1 thread, 4 KiB pages\n");
  const rows = text.match(/^non-temporal stores.* (4 KiB|2 MiB) +\d+ .* #+$/gm);
  assertEquals(rows?.length, 4);
  assertStringIncludes(text, "Not measured: steps of 1 GiB (larger than the memory of a thread)");
});

callTest("tdx meter --json gives every figure", async () => {
  const { status, answer } = await tdxJson("meter", ...QUICK);
  assertEquals(status, 0);
  assertEquals(answer.bytesPerThread, 64 * 2 ** 20);
  for (const { nsPerPage, gibPerSecond } of answer.measurements) {
    assert(nsPerPage.low <= nsPerPage.median && nsPerPage.median <= nsPerPage.high);
    // 4 KiB are 2^12 bytes.
    const rate = 2 ** 12 / nsPerPage.median * 1e9 / 2 ** 30;
    assert(Math.abs(rate / gibPerSecond - 1) < 1e-9);
  }
});

callTest("tdx meter refuses more than the free memory", async () => {
  assertStringIncludes(
    await refused("meter", "--size", "1024TiB"),
    "tdx: Expected --size to be at most ",
  );
});
