import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { missingProgram, skippable } from "../../../../tests/skippable.ts";
import { archiveSource } from "./archive_source.ts";
import { linesOf } from "../readers/byte_text.ts";
import { FILES } from "../readers/evidence.ts";
import { folderSource } from "./folder_source.ts";
import { catFile, liveSource } from "./live_source.ts";
import type { HostFile, HostSource } from "./host_source.ts";

const ROOT = fromFileUrl(new URL("../../testdata/", import.meta.url));
const PATHS = Object.values(FILES).map(({ path }) => path);
// Those of other systems write and say it in other ways.
const missing = async (program: string, ...args: string[]) =>
  Deno.build.os === "linux" ? await missingProgram(program, ...args) : "not Linux";
const noTar = await missing("tar", "--version");
const noCat = await missing("cat", "/dev/null");

/** All a source says: by path, the lines, or why there are none. */
async function all(source: HostSource, paths = PATHS): Promise<Record<string, string>> {
  const found: [string, string][] = [];
  for await (const file of source.files(paths)) found.push([file.path, await words(file)]);
  return Object.fromEntries(found.toSorted());
}

async function words(file: HostFile): Promise<string> {
  if (file.state === "unreadable") return file.reason;
  if (file.state === "absent") return "absent";
  return (await Array.fromAsync(linesOf(file.bytes))).join("\n");
}

Deno.test("folderSource() tells absent from unreadable by the manifest", async () => {
  const found = await all(folderSource(`${ROOT}half-unreadable`));
  assertEquals(found["proc/sys/kernel/osrelease"], "6.18.3");
  assertEquals(found["proc/kallsyms"], "the collector could not");
  assertEquals(found["sys/devices/faux/tdx_host/version"], "absent");
});

Deno.test("folderSource() calls nothing absent where nobody says so", async () => {
  // A folder without a manifest, in which one of the wanted names is a folder.
  const found = await all(folderSource(`${ROOT}emr-6.18/proc`), ["cpuinfo", "sys", "dmesg"]);
  assertEquals(found["cpuinfo"]!.startsWith("processor"), true);
  assertEquals(found["sys"], "it is not a file");
  assertEquals(found["dmesg"], "it is not in the snapshot");
});

Deno.test("folderSource() refuses anything but a snapshot folder", async () => {
  const refuses = (folder: string, message: string) =>
    assertRejects(() => all(folderSource(folder)), RangeError, message);
  await refuses(`${ROOT}none`, "no such file or folder");
  await refuses(`${ROOT}README.md`, "it is not a folder");
  await refuses(`${ROOT}emr-6.18/sys/kernel`, "without any");
});

Deno.test(skippable(noCat, "folderSource() follows no link, and opens no pipe", async () => {
  const script = 'd=$(mktemp -d); mkdir "$d/in"; echo 6.18.3 > "$d/osrelease"; ' +
    'ln -s ../osrelease "$d/in/release"; ln -s .. "$d/in/out"; mkfifo "$d/in/dmesg"; ' +
    'echo x > "$d/in/cpuinfo"; echo "$d"; cat; rm -r "$d"';
  const shell = new Deno.Command("sh", {
    args: ["-c", script],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const names = shell.stdout.getReader();
  const folder = new TextDecoder().decode((await names.read()).value).trim();
  const paths = ["cpuinfo", "release", "out/osrelease", "dmesg"];
  assertEquals(await all(folderSource(`${folder}/in`), paths), {
    cpuinfo: "x",
    dmesg: "it is not a file",
    "out/osrelease": "it lies behind a link",
    release: "it is a link",
  });
  await shell.stdin.close();
  await Promise.all([shell.status, names.cancel()]);
}));

Deno.test("liveSource() and folderSource() refuse a runtime without Deno", () => {
  const { Deno: kept } = globalThis;
  Reflect.deleteProperty(globalThis, "Deno");
  try {
    const refuses = (source: () => HostSource, message: string) =>
      assertThrows(source, Error, message);
    refuses(liveSource, "Expected Deno, which liveSource() reads with, got a runtime without it");
    refuses(
      () => folderSource("/tmp"),
      "Expected Deno, which folderSource() reads with, got a runtime without it",
    );
  } finally {
    Object.assign(globalThis, { Deno: kept });
  }
});

Deno.test(skippable(noTar, "archiveSource() says what folderSource() says", async () => {
  for (const name of ["emr-6.18", "half-unreadable"]) {
    const args = ["-cf", "-", "-C", ROOT + name, "."];
    const tar = new Deno.Command("tar", { args, stdout: "piped" }).spawn();
    const found = await all(archiveSource(tar.stdout));
    assertEquals((await tar.status).success, true);
    assertEquals(found, await all(folderSource(ROOT + name)));
  }
}));

Deno.test(skippable(noTar, "archiveSource() refuses an archive of something else", async () => {
  const args = ["-cf", "-", "-C", ROOT, "emr-6.18"];
  const tar = new Deno.Command("tar", { args, stdout: "piped" }).spawn();
  await assertRejects(
    () => all(archiveSource(tar.stdout)),
    RangeError,
    "Expected an archive with files such as proc/cpuinfo, got one that begins with",
  );
  await tar.status;
}));

Deno.test(skippable(noCat, "catFile() tells absent, unreadable and present apart", async () => {
  const cat = async (name: string) => await words(await catFile("any", ROOT + name));
  assertEquals(await cat("emr-6.18/proc/sys/kernel/osrelease"), "6.18.3");
  assertEquals(await cat("emr-guest/sys/fs/cgroup/misc.capacity"), "");
  assertEquals(await cat("no-such-file"), "absent");
  assertEquals(await cat("emr-6.18/proc"), "Is a directory");
  assertEquals(await cat("README.md/x"), "Not a directory");
}));

Deno.test(skippable(noCat, "catFile() ends an endless file after a pause", async () => {
  const log = `${ROOT}emr-6.18/dmesg`;
  const file = await catFile("dmesg", log, { endless: true });
  assertEquals(await words(file), (await Deno.readTextFile(log)).trimEnd());
  assertEquals(await words(await catFile("dmesg", "no-such-file", { endless: true })), "absent");

  // A pipe that stays open until the writer's standard input ends.
  const script = 'd=$(mktemp -d); mkfifo "$d/f"; echo "$d/f"; ' +
    '{ echo line; cat; } > "$d/f"; rm -r "$d"';
  const writer = new Deno.Command("sh", {
    args: ["-c", script],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const names = writer.stdout.getReader();
  const fifo = new TextDecoder().decode((await names.read()).value).trim();
  assertEquals(await words(await catFile("dmesg", fifo, { endless: true })), "line");
  await writer.stdin.close();
  await Promise.all([writer.status, names.cancel()]);
}));
