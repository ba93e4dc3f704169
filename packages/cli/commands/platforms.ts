import type { CpuModel } from "@tdx/core";
import { PLATFORMS } from "../platforms.ts";
import { type Command, EXIT } from "../shell/command.ts";
import { noOperands } from "../shell/options.ts";
import { printJson, table } from "../shell/show.ts";

/** `tdx platforms`: the platform plugins and what they declare. */
export const platformsCommand: Command = {
  summary: "list the platforms and what they declare",
  usage: "",
  options: {},
  example: "tdx platforms",
  run(options, stdio) {
    noOperands(options);
    if (options.has("json")) {
      printJson(stdio, { platforms: PLATFORMS });
      return EXIT.fine;
    }
    stdio.print(table(
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
