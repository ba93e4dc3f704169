import {
  type LoggedMachineCheck,
  type MachineCheckAssessment,
  type MachineCheckPages,
  UNCLEANED_MEMORY,
  type UncleanedMemory,
} from "@tdx/host";
import { FORMAT_VERSION, jsonText } from "../shell/show.ts";
import type { Output } from "../shell/stdio.ts";

/** Writes the answer as one JSON object, record by record, so that no record is kept. */
export class MceJson {
  readonly #output: Output;
  #begun = false;

  constructor(output: Output) {
    this.#output = output;
  }

  /** Writes a record. */
  record(logged: LoggedMachineCheck, assessed: MachineCheckAssessment): void {
    const { platform, ...rest } = assessed;
    const { where, damage, ...evidence } = logged;
    const item = {
      where,
      ...evidence,
      ...(platform && { platform: platform.name }),
      ...rest,
      damage,
    };
    this.#output.print(this.#begun ? "," : this.#head());
    this.#output.print(`    ${jsonText(item)}`);
    this.#begun = true;
  }

  /** Writes the rest. */
  end(pages: MachineCheckPages, uncleaned: UncleanedMemory | null): void {
    if (!this.#begun) this.#output.print(this.#head());
    const left = uncleaned === null ? "null" : jsonText({ ...uncleaned, ...UNCLEANED_MEMORY });
    const reports = pages.reports().map((report) => `    ${jsonText(report)}`).join(",\n");
    this.#output.print(
      `  ],\n  "pages": [\n${reports}${reports === "" ? "" : "\n"}  ],\n` +
        `  "recordsOnFurtherPages": ${pages.dropped},\n` +
        `  "uncleaned": ${left}\n}`,
    );
  }

  #head(): string {
    return `{\n  "formatVersion": ${FORMAT_VERSION},\n  "records": [`;
  }
}
