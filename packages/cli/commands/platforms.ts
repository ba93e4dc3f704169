import type { CpuModel } from "@tdx/core";
import type { Command } from "../command.ts";
import { EXIT } from "../exit_status.ts";
import { PLATFORMS } from "../platforms.ts";
import { noOperands, printJson } from "../shared_options.ts";
import { table } from "../table.ts";

/** `tdx platforms`: the platform plugins and what they declare. */
export const command: Command = {
  summary: "list the platforms and what they declare",
  usage: "",
  options: {},
  example: "tdx platforms",
  run(options, output) {
    noOperands(options);
    if (options.has("json")) {
      printJson(output, { platforms: PLATFORMS });
      return EXIT.fine;
    }
    output.print(table(
      ["name", "platform", "family/model", "erratum", "partial write", "confidence"],
      PLATFORMS.map((platform) => [
        platform.name,
        platform.title,
        platform.cpus.map(modelName).join(" ") || "any other",
        platform.bugs.join(" ") || (platform.confidence === "confirmed" ? "no" : "none known"),
        platform.memory.partialWriteToOwnedLine === "poison" ? "poisons (W5)" : "merges (W4)",
        platform.confidence,
      ]),
    ));
    return EXIT.fine;
  },
};

function modelName({ family, model }: CpuModel): string {
  return `${family}/0x${model.toString(16).toUpperCase().padStart(2, "0")}`;
}
