import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { missingProgram, skippable } from "../../../../tests/skippable.ts";

const SCRIPT = fromFileUrl(new URL("../../collect.sh", import.meta.url));
const missing = Deno.build.os === "linux"
  ? await missingProgram("sh", "-c", "command -v tar mktemp && env --default-signal true")
  : "not Linux";

/** Ends the collector early, $1, by a closed pipe and by each signal; says what it left behind. */
const ENDINGS = `d=$(mktemp -d)
mkdir "$d/host" "$d/tmp"
seq 200000 | sed 's/^/virt\\/tdx: /' > "$d/host/dmesg"
export TMPDIR="$d/tmp"
sh "$1" "$d/host" 2> /dev/null | head -c 600 > /dev/null
for signal in HUP INT QUIT TERM; do
  for pause in 0.02 0.05 0.1 0.3; do
    env --default-signal=HUP,INT,QUIT sh "$1" "$d/host" > /dev/null 2>&1 &
    sleep $pause
    kill -s $signal $!
    wait $!
  done
done 2> /dev/null
ls "$d/tmp"
rm -r "$d"`;

Deno.test(skippable(missing, "collect.sh leaves nothing behind", async () => {
  const args = ["-c", ENDINGS, "-", SCRIPT];
  const { success, stdout } = await new Deno.Command("sh", { args }).output();
  assertEquals([success, new TextDecoder().decode(stdout)], [true, ""]);
}));
