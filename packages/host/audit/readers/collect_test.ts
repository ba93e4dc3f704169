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
  const args = [SCRIPT, "--with-names", root];
  const { success, stdout } = await new Deno.Command("sh", { args }).output();
  assertEquals(success, true);
  return new Blob([stdout]).stream();
}

Deno.test("collect.sh copies the files that gather() reads, and no others", async () => {
  const script = await Deno.readTextFile(SCRIPT);
  const list = ["FILES", "NAMES"].flatMap((name) =>
    new RegExp(`^${name}="\\n([^"]+)"`, "m").exec(script)![1]!.trim().split("\n")
  );
  const single = [...script.matchAll(/^ *keep ([a-z/]+) [a-z]/gm)].map(([, path]) => path!);
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
      // What is not in the folder may be absent or, without the folders above it, unreadable.
      if (reading.state !== "read") continue;
      assertEquals(collected[item as keyof typeof collected], reading, item);
    }
  }));
}

/** Runs a shell script with the collector as $1 and a folder of its own as $2, which is then gone. */
async function inFolder(script: string) {
  const args = ["-c", `d=$(mktemp -d); ${script}; rm -r "$d"`, "-", SCRIPT];
  const { stdout, stderr } = await new Deno.Command("sh", { args }).output();
  return {
    bytes: stdout,
    words: new TextDecoder().decode(stdout),
    notes: new TextDecoder().decode(stderr),
  };
}

Deno.test(skippable(missing, "collect.sh says what root would add", async () => {
  // Neither a folder nor a pipe in the place of a file can be read, even by root.
  const { bytes, notes } = await inFolder(
    'mkdir -p "$d/dmesg" "$d/proc" "$d/sys/kernel"; mkfifo "$d/msr" "$d/proc/kallsyms"; sh "$1" "$d"',
  );
  assertStringIncludes(notes, "no dmesg: root can read it");
  assertStringIncludes(notes, "SEAM_NR): root can read them, after modprobe msr\n");
  const source = archiveSource(new Blob([bytes]).stream());
  const states: Record<string, string> = {};
  for await (const { path, state } of source.files(Object.values(FILES).map(({ path }) => path))) {
    states[path] = state;
  }
  // Of /sys the folder kernel was seen, and the others not: they may not be mounted.
  assertEquals(states["sys/kernel/kexec_crash_loaded"], "absent");
  assertEquals(states["sys/module/kvm_intel/parameters/tdx"], "unreadable");
  assertEquals([states["proc/kallsyms"], states["msr"], states["dmesg"]], [
    "unreadable",
    "unreadable",
    "unreadable",
  ]);
}));

Deno.test(
  skippable(missing, "collect.sh takes no command line and, unless asked, no name", async () => {
    const { words } = await inFolder(
      `printf '%s\\n' 'Jul 01 10:00:00 secret kernel: Linux version 6.8.0-1 (user@builder) #1 SMP' \
       'Jul 01 10:00:00 secret kernel: Command line: root=UUID=secret tdx=1' \
       '[ 1.0] virt/tdx: module initialized' '[ 2.0] systemd: secret' > "$d/dmesg"
     for option in "" --with-names; do sh "$1" $option "$d" 2> /dev/null | tar -xOf - ./dmesg; done`,
    );
    assertEquals(words.split("\n"), [
      "Linux version 6.8.0-1",
      "[ 1.0] virt/tdx: module initialized",
      "Jul 01 10:00:00 secret kernel: Linux version 6.8.0-1",
      "[ 1.0] virt/tdx: module initialized",
      "",
    ]);
  }),
);

Deno.test(skippable(missing, "collect.sh refuses what is no folder", async () => {
  const { words, notes } = await inFolder('sh "$1" "$d/none" | wc -c; sh "$1" --help | wc -c');
  assertEquals(words.split(/\s+/).filter(Boolean), ["0", "0"]);
  assertStringIncludes(notes, "Expected a folder, got ");
  assertStringIncludes(notes, "usage: sh collect.sh [--with-names] [FOLDER] > snapshot.tar");
}));
