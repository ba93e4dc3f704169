// What each command exits with: 0 fine, 1 usage or bad input, 2 a hazard found, 3 could not tell.
import { assertEquals } from "@std/assert";
import { tdx, testData } from "./fixtures_test.ts";

const SCENARIOS = `${import.meta.dirname}/../litmus/scenarios`;
const KERNEL_LOGS = `${import.meta.dirname}/mce/testdata`;
const ESTIMATE = "estimate --platform gnr --memory 18GiB --vcpus 4";

// A command line, its status, the beginning of the answer or, for a refusal, of the note.
const COMMANDS: readonly (readonly [string, number, string])[] = [
  ["", 1, "tdx: give the private memory"],
  ["help", 0, "tdx: give the private memory"],
  ["help status", 0, "tdx status: explain a SEAMCALL status"],
  ["status --help", 0, "tdx status: explain a SEAMCALL status"],
  ["--version", 0, "tdx "],
  ["nosuch", 1, "tdx: Expected the subcommand to be one of audit, "],
  ["man decide", 1, "tdx: Expected man alone, got decide behind it"],
  ["help decide check", 1, "tdx: Expected help alone, got decide check behind it"],
  ["prove --text --pages 3", 1, "tdx: Expected --text without --pages, which it would ignore"],
  ["prove --faults 0 --fail TDH.MEM.TRACK", 1, "tdx: Expected --faults without --fail"],
  ["export promela --limit 3", 1, "tdx: Expected --limit with dot, got promela"],
  ["check --kernels --quiet --kernel 6.18 --platform gnr", 2, "What does each Linux leave open"],
  ["platforms", 0, "name "],
  ["claims", 0, "a. MOVDIR64B clears TD owner"],
  ["diff spr gnr", 0, "spr against gnr, Li, host KeyID 0: they part here"],
  ["diff spr emr", 0, "spr against emr, Li, host KeyID 0: no sequence tells them apart"],
  ["diff spr", 1, "tdx: Expected"],
  ["decide --platform gnr", 0, "platform  gnr"],
  ["decide --platform spr", 0, "platform  spr"],
  ["decide --platform spr --policy never", 2, "platform  spr"],
  ["decide --platform gnr --policy never", 0, "platform  gnr"],
  ["check --platform spr --limit 3", 3, "tdx: Expected at most 3 states, got more"],
  ["check --kernels", 2, "What does each Linux leave open"],
  [`litmus ${SCENARIOS}/clear-by-stores.tdx`, 0, "Test clear-by-stores Allowed"],
  [`litmus ${testData("wrong.tdx")}`, 2, "Test wrong Allowed"],
  [`litmus ${testData("broken.tdx")}`, 1, "tdx: "],
  [`litmus ${testData("none.tdx")}`, 1, "tdx: Expected"],
  [`export dot ${SCENARIOS}/clear-by-stores.tdx --platform spr --mode Li`, 0, "digraph "],
  [`export promela ${SCENARIOS}/clear-by-stores.tdx --platform spr --mode Li`, 0, "/* "],
  ["export dot --platform spr", 1, "tdx: Expected one problem, got "],
  ["teardown --platform spr --memory 4MiB", 0, "spr, 4 MiB, 4 vCPUs, path dynamic"],
  ["teardown --platform spr --memory 4MiB --policy never", 2, "spr, 4 MiB, 4 vCPUs"],
  ["teardown --platform gnr --memory 4MiB --policy never", 0, "gnr, 4 MiB, 4 vCPUs"],
  ["status 0", 0, "status   0x0000000000000000"],
  ["status 0xc000030000000001", 0, "status   0xc000030000000001"],
  ["status 0x8000777700000000", 3, "status   0x8000777700000000"],
  ["status 0 --_", 1, "tdx: Expected one of --help --json --quiet, got --_"],
  ["status NO_SUCH_STATUS", 3, "No status is known by the name"],
  ["status 0x12345678123456789", 1, "tdx: Expected up to 16 hexadecimal digits"],
  [ESTIMATE, 0, "gnr (Granite Rapids, confirmed), 18 GiB, 4 vCPUs"],
  [`${ESTIMATE} --kernel 6.17`, 0, "gnr (Granite Rapids, confirmed), 18 GiB, 4 vCPUs"],
  ["estimate --platform gnr --memory 18GiB", 1, "tdx: Expected --memory and --vcpus"],
  [`estimate --inventory ${testData("inventory.csv")}`, 0, ""],
  [`estimate --inventory ${testData("inventory_bad.csv")}`, 3, ""],
  [`mce ${KERNEL_LOGS}/panic.txt`, 2, ""],
  [`mce ${KERNEL_LOGS}/corrected.txt`, 0, ""],
];

for (const [line, expected, beginning] of COMMANDS) {
  const shown = line.replaceAll(`${import.meta.dirname}/`, "");
  Deno.test(`tdx ${shown} exits with ${expected}`, async () => {
    const { status, text, notes } = await tdx(...line.split(" ").filter((word) => word !== ""));
    const said = text === "" ? notes.join("\n") : text;
    assertEquals([status, said.slice(0, beginning.length)], [expected, beginning], said);
    // A refusal is one line beside the answer, of which there is none.
    if (expected === 1 && line !== "") assertEquals([text, notes.length], ["", 1]);
  });
}
