import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import type { Output } from "../output.ts";
import { main } from "../main.ts";

const ROOT = fromFileUrl(new URL("../../host/testdata/", import.meta.url));

async function metrics(name: string): Promise<string> {
  let text = "";
  const output: Output = {
    print: (line) => text += `${line}\n`,
    note: () => {},
    progress: () => {},
  };
  await main(["audit", "--root", ROOT + name, "--format", "prometheus"], output);
  return text;
}

async function installed(program: string): Promise<boolean> {
  try {
    return (await new Deno.Command(program, { args: ["--version"] }).output()).success;
  } catch {
    return false;
  }
}

/** Runs a program on a text; its answer, or what it complained of. */
async function run(program: string, args: string[], input = ""): Promise<string> {
  const child = new Deno.Command(program, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  await new Blob([input]).stream().pipeTo(child.stdin);
  const { success, stdout, stderr } = await child.output();
  assertEquals(success, true, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

Deno.test("tdx audit --format prometheus has one verdict and one result for each check", async () => {
  const text = await metrics("emr-flag-missing");
  const ones = [...text.matchAll(/^tdx_audit_verdict\{verdict="(.*)"\} 1$/gm)];
  assertEquals(ones.map(([, verdict]) => verdict), ["at-risk"]);
  assertEquals(text.match(/^tdx_audit_check\{/gm)?.length, 12);
  assertStringIncludes(text, '\ntdx_audit_check{check="cpu.flag",result="affected"} 1\n');
  assertStringIncludes(
    text,
    '\ntdx_audit_info{platform="emr",kernel="clears-on-erratum"} 1\n',
  );
  assertStringIncludes(text, "\ntdx_audit_exit_status 2\n");
});

Deno.test({
  name: "promtool takes tdx audit --format prometheus (ignored where promtool is not installed)",
  ignore: !await installed("promtool"),
  async fn() {
    for (const { name, isDirectory } of Deno.readDirSync(ROOT)) {
      if (!isDirectory) continue;
      assertEquals(await run("promtool", ["check", "metrics"], await metrics(name)), "");
    }
  },
});

Deno.test({
  name: "node_exporter serves tdx audit --format prometheus from its textfile folder " +
    "(ignored where prometheus-node-exporter is not installed)",
  ignore: !await installed("prometheus-node-exporter"),
  async fn() {
    const text = await metrics("emr-6.18");
    const folder = (await run("mktemp", ["-d"])).trim();
    try {
      await run("sh", ["-c", 'cat > "$1/tdx_audit.prom"', "-", folder], text);
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
      await run("rm", ["-r", folder]);
    }
  },
});

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
    return await run(Deno.execPath(), ["eval", fetcher, `http://${address}/metrics`]);
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
