import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { run } from "../../tasks/run.ts";
import { CaughtStdio } from "./fixtures_test.ts";
import { PLATFORMS } from "./platforms.ts";
import { mainJob } from "./reclaim.ts";

/** The name of this machine's CPU, `undefined` where there is no x86 `/proc/cpuinfo`. */
async function cpuName(): Promise<string | undefined> {
  try {
    const { stdout } = await new Deno.Command("cat", { args: ["/proc/cpuinfo"] }).output();
    const text = new TextDecoder().decode(stdout);
    const field = (name: string) => new RegExp(`^${name}\\s*: (.+)$`, "m").exec(text)?.[1];
    const brand = field("model name");
    return brand === "unknown" ? field("vendor_id") : brand ?? field("vendor_id");
  } catch {
    return undefined;
  }
}

Deno.test("mainJob() names this machine, tears down on every platform, and says what is next", async () => {
  const output = new CaughtStdio();
  await mainJob(output);
  const lines = output.printed.join("\n").split("\n");
  assertStringIncludes(lines[0]!, `This machine: ${await cpuName() ?? "unknown. "}`);
  const table = lines.map((line) => line.split(/ {2,}/)).filter((row) => row.length === 5);
  // 400 GiB are 104,857,600 pages of 4 KiB, and 6,710,886,400 lines.
  const [pages, lineCount] = ["104,857,600", "6,710,886,400"];
  const erratum = [
    ["always", pages, lineCount, "none"],
    ["quirk", pages, lineCount, "none"],
    ["never", pages, "0", `YES, on ${pages} pages`],
  ];
  const none = [
    ["always", pages, lineCount, "none"],
    ["quirk", pages, "0", "none"],
    ["never", pages, "0", "none"],
  ];
  const expected = [
    ["platform", "policy", "pages back", "lines cleared", "then a host machine check?"],
    ...["spr", "emr"].flatMap((name) => erratum.map((row) => [name, ...row])),
    ...["gnr", "srf", "cwf", "generic"].flatMap((name) => none.map((row) => [name, ...row])),
  ];
  // Every platform under three policies, and the head of the table.
  assertEquals(table.length, 3 * PLATFORMS.length + 1);
  const found = (row: string[]) => table.find(([a, b]) => a === row[0] && b === row[1]);
  for (const row of expected) assertEquals(found(row), row);
  assert(lines.at(-1)!.startsWith("Next: "));
  assertEquals(output.notes, []);
});

Deno.test("the main job starts as a program, with no permission at all", async () => {
  const program = fromFileUrl(new URL("./reclaim.ts", import.meta.url));
  const { code, stdout } = await run(Deno.execPath(), ["run", "--quiet", "--no-prompt", program]);
  assertEquals([code, stdout.split("\n")[0]!.slice(0, 22)], [0, "This machine: unknown."]);
});
