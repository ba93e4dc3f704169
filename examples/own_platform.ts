// Write a platform plugin of your own: data, checked and frozen, and ready for every package.
import { definePlatform } from "@tdx/core";
import { decide } from "@tdx/reclaim";

const future = definePlatform({
  contract: 1,
  name: "future",
  title: "Future Rapids",
  cpus: [{ family: 6, model: 0xfe }],
  bugs: [],
  memory: { partialWriteToOwnedLine: "merge" },
  machineCheck: { seamNr: "enumerated", tdPoisonWithoutSeamNr: "may-panic" },
  tdxHost: "unknown",
  confidence: "assumed",
  sources: [{ document: "made up", at: "this example" }],
});
console.log(decide({ platform: future }).reason);

try {
  definePlatform({ ...future, bugs: ["tdx_pw_mce"] });
} catch (error) {
  console.log(`Refused: ${(error as Error).message}`);
}
