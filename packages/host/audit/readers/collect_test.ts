import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { missingProgram, skippable } from "../../../../tests/skippable.ts";
import { archiveSource } from "../sources/archive_source.ts";
import { FILES, gather } from "./evidence.ts";
import { folderSource } from "../sources/folder_source.ts";
import { MSR } from "./msrs.ts";

const SCRIPT = fromFileUrl(new URL("../../collect.sh", import.meta.url));
const ROOT = fromFileUrl(new URL("../../testdata/", import.meta.url));
// It collects a Linux host with a Linux host's tools.
const missing = Deno.build.os === "linux"
  ? await missingProgram("sh", "-c", "command -v tar cat grep mktemp od dd && tar --version")
  : "not Linux";

async function collect(root: string) {
  const { success, stdout } = await new Deno.Command("sh", { args: [SCRIPT, root] }).output();
  assertEquals(success, true);
  return new Blob([stdout]).stream();
}

Deno.test("collect.sh copies the files that gather() reads, and no others", async () => {
  const script = await Deno.readTextFile(SCRIPT);
  const list = /^FILES="\n([^"]+)"/m.exec(script)![1]!.trim().split("\n");
  const single = [...script.matchAll(/^ *keep ([a-z/]+) (?:lines|cat)/gm)].map(([, path]) => path!);
  const expected = Object.values(FILES).map(({ path }) => path);
  assertEquals([...list, ...single].toSorted(), expected.toSorted());
});

Deno.test("collect.sh reads the registers that the checks read", async () => {
  const list = /^REGISTERS="([^"]+)"/m.exec(await Deno.readTextFile(SCRIPT))![1]!.split(" ");
  assertEquals(list.map(Number).toSorted(), Object.values(MSR).toSorted());
});

for (const name of ["emr-6.18", "spr-6.16", "emr-old-log", "machine-checks", "arm"]) {
  Deno.test(skippable(missing, `collect.sh loses nothing of ${name}`, async () => {
    const collected = await gather(archiveSource(await collect(ROOT + name)));
    const original = await gather(folderSource(ROOT + name));
    for (const [item, reading] of Object.entries(original)) {
      // What was unreadable then is simply absent from the folder now.
      if (reading.state === "unreadable") continue;
      assertEquals(collected[item as keyof typeof collected], reading, item);
    }
  }));
}

Deno.test(skippable(missing, "collect.sh says what root would add", async () => {
  // A folder in the place of a file cannot be read, even by root.
  const { stdout, stderr } = await new Deno.Command("sh", {
    args: [
      "-c",
      `d=$(mktemp -d); mkdir "$d/dmesg" "$d/msr"; sh "$1" "$d"; rm -r "$d"`,
      "-",
      SCRIPT,
    ],
  }).output();
  const notes = new TextDecoder().decode(stderr);
  assertStringIncludes(notes, "no dmesg: root can read it\n");
  assertStringIncludes(notes, "SEAM_NR): root can read them, after modprobe msr\n");
  const { cpuinfo, log } = await gather(archiveSource(new Blob([stdout]).stream()));
  assertEquals(cpuinfo, { state: "absent" });
  assertEquals(log, { state: "unreadable", reason: "the collector was not allowed to" });
}));
