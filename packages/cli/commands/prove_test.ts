import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { CaughtStdio, refused, tdx, tdxJson, tdxOn } from "../fixtures_test.ts";

const SMALL = ["--pages", "1", "--vcpus", "1", "--packages", "1"];
const EXAMPLES = "packages/litmus/teardown/examples";

Deno.test("tdx prove says what holds, and shows the shortest way to what does not", async () => {
  const fail = ["--fail", "TDH.PHYMEM.PAGE.WBINVD"];
  const fine = await tdx("prove", "--kernel", "6.18", ...fail, ...SMALL);
  assertEquals(fine.status, 0);
  assertStringIncludes(fine.text, "Every property holds in every interleaving, within the bound.");
  const { status, text } = await tdx("prove", "--kernel", "6.19", ...fail, ...SMALL);
  assertEquals(status, 2);
  assertStringIncludes(
    text,
    "zap: TDH.PHYMEM.PAGE.WBINVD of guest page 0 with the td key -> SEAMCALL_VMFAILINVALID (unexpected)",
  );
  assertStringIncludes(text, "Bound: 1 guest pages, 1 vCPUs, 1 packages, 1 unexpected failures");
});

Deno.test("tdx prove explores versions that are alike once, and the path that is proposed", async () => {
  const { status, answer } = await tdxJson("prove", "--faults", "0", ...SMALL);
  assertEquals(status, 2);
  type Result = { title: string; properties: { id: string; counterexample: unknown }[] };
  const broken = (answer.results as Result[]).map(({ title, properties }) => [
    title,
    ...properties.filter(({ counterexample }) => counterexample !== null).map(({ id }) => id),
  ]);
  assertEquals(broken, [
    ["Linux 6.16 dynamic"],
    ["Linux 6.18 dynamic"],
    ["Linux 6.19, 7.0, 7.2 dynamic"],
    ["Linux 7.4 (assumed) dynamic", "dirty", "machine-check"],
    ["Linux 7.3 terminate"],
  ]);
});

Deno.test("tdx prove takes files, and prints Linux's to begin with", async () => {
  const { text } = await tdx("prove", "--kernel", "6.19", "--text");
  assertStringIncludes(text, "TDH.PHYMEM.PAGE.WBINVD tdr global else { leak tdr stop }");
  const { status, text: proof } = await tdx(
    "prove",
    `${EXAMPLES}/t6-left-out.teardown`,
    "--faults",
    "0",
    ...SMALL,
  );
  assertEquals(status, 2);
  assertStringIncludes(proof, "t6-left-out, dirty: The host has TDR");
  assert(/… \d+ more steps of the same/.test(proof));
});

Deno.test("tdx prove --html writes every counterexample", async () => {
  const stdio = new CaughtStdio();
  const args = ["prove", "--kernel", "6.19", "--fail", "TDH.MEM.PAGE.REMOVE", ...SMALL];
  assertEquals((await tdxOn(stdio, ...args, "--html", "proof.html")).status, 2);
  const html = stdio.files.get("proof.html")!;
  assertStringIncludes(html, "1 of 1 teardowns can go wrong.");
  assertStringIncludes(html, "gives guest page 0 back to the host");
});

Deno.test("tdx prove --promela prints a model for SPIN", async () => {
  const file = `${EXAMPLES}/freeid-before-flush.teardown`;
  const { status, text } = await tdx("prove", file, "--promela", "--faults", "0", ...SMALL);
  assertEquals(status, 0);
  assertStringIncludes(text, "/* release: TDH.MNG.KEY.FREEID else { leak all stop } */");
});

Deno.test("tdx prove refuses what cannot be meant", async () => {
  const file = `${EXAMPLES}/t6-left-out.teardown`;
  const table: [string[], string][] = [
    [["--pages", "0"], "Expected --pages as a whole number from 1 to 16, got 0"],
    [["--fail", "TDH.MEM.REMOVE"], "Expected --fail to be one of TDH.MEM.RANGE.BLOCK"],
    [[file, "--kernel", "6.18"], "Expected files or --kernel, got both"],
    [["--promela"], "Expected one teardown with --promela, got 5"],
    [["none.teardown"], "Expected a readable file, got none.teardown: no such file"],
    [["--kernel", "6.8"], "Expected --kernel to be Linux 6.16 or later"],
    [["--kernel", "6.8.0-1014-intel"], "Expected a kernel of which reset"],
  ];
  for (const [args, message] of table) {
    assertStringIncludes(await refused("prove", ...args), message);
  }
});

Deno.test("tdx prove gives up at once where a size has too many states", async () => {
  const args = ["--kernel", "6.18", "--path", "terminate", "--pages", "16", "--faults", "8"];
  const { status, notes } = await tdx("prove", ...args);
  assertEquals(status, 3);
  assertStringIncludes(notes[0]!, "Expected at most 16777216 states, got a size that has about");
});
