import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { AUDIT_CHECKS } from "@tdx/host";
import { outputOf } from "../../../tasks/run.ts";
import { missingProgram, skippable } from "../../../tests/skippable.ts";
import { tdx } from "../fixtures_test.ts";

const ROOT = fromFileUrl(new URL("../../host/testdata/", import.meta.url));

async function metrics(name: string): Promise<string> {
  return `${(await tdx("audit", "--root", ROOT + name, "--format", "prometheus")).text}\n`;
}

Deno.test("tdx audit --format prometheus has one verdict and one result for each check", async () => {
  const text = await metrics("emr-flag-missing");
  const ones = [...text.matchAll(/^tdx_audit_verdict\{verdict="(.*)"\} 1$/gm)];
  assertEquals(ones.map(([, verdict]) => verdict), ["at-risk"]);
  assertEquals(text.match(/^tdx_audit_check\{/gm)?.length, AUDIT_CHECKS.length);
  assertStringIncludes(text, '\ntdx_audit_check{check="cpu.flag",result="affected"} 1\n');
  assertStringIncludes(
    text,
    '\ntdx_audit_info{platform="emr",kernel="clears-on-erratum"} 1\n',
  );
  assertStringIncludes(text, "\ntdx_audit_exit_status 2\n");
});

Deno.test(skippable(
  await missingProgram("promtool", "--version"),
  "promtool takes tdx audit --format prometheus",
  async () => {
    for (const { name, isDirectory } of Deno.readDirSync(ROOT)) {
      if (!isDirectory) continue;
      const input = await metrics(name);
      assertEquals(await outputOf("promtool", ["check", "metrics"], { input }), "");
    }
  },
));

Deno.test(skippable(
  await missingProgram("prometheus-node-exporter", "--version"),
  "node_exporter serves tdx audit --format prometheus from its textfile folder",
  async () => {
    const text = await metrics("emr-6.18");
    const folder = (await outputOf("mktemp", ["-d"])).trim();
    try {
      await outputOf("sh", ["-c", 'cat > "$1/tdx_audit.prom"', "-", folder], { input: text });
      const scraped = await scrape(folder);
      const samples = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
      // The exporter puts the labels in the order of their names.
      const sorted = (line: string) =>
        line.replace(
          /\{(.*)\}/,
          (_, labels: string) => `{${labels.split(",").toSorted().join(",")}}`,
        );
      assertEquals(
        scraped.split("\n").filter((line) => line.startsWith("tdx_audit_")).toSorted(),
        samples.map(sorted).toSorted(),
      );
      assertStringIncludes(scraped, "\nnode_textfile_scrape_error 0\n");
    } finally {
      await outputOf("rm", ["-r", folder]);
    }
  },
));

/** Starts an exporter on a free port of the loopback, reads it once and stops it. */
async function scrape(folder: string): Promise<string> {
  const exporter = new Deno.Command("prometheus-node-exporter", {
    args: [
      "--collector.disable-defaults",
      "--collector.textfile",
      `--collector.textfile.directory=${folder}`,
      "--web.listen-address=127.0.0.1:0",
    ],
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const log = exporter.stderr.pipeThrough(new TextDecoderStream()).getReader();
  try {
    const address = await listening(log);
    // The test itself has no permission for the network.
    const fetcher = "console.log(await (await fetch(Deno.args[0])).text())";
    return await outputOf(Deno.execPath(), ["eval", fetcher, `http://${address}/metrics`]);
  } finally {
    exporter.kill();
    await Promise.all([exporter.status, log.cancel()]);
  }
}

async function listening(log: ReadableStreamDefaultReader<string>): Promise<string> {
  for (let said = "";;) {
    const { value, done } = await log.read();
    if (done) throw new Error(`Expected the exporter to listen, it said ${said}`);
    said += value;
    const address = /address=(127\.0\.0\.1:[1-9]\d*)\s/.exec(said)?.[1];
    if (address !== undefined) return address;
  }
}
