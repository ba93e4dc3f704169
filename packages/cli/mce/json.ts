import type { LoggedMachineCheck, MachineCheckAssessment, MachineCheckPages } from "@tdx/host";
import type { Output } from "../output.ts";
import { FORMAT_VERSION } from "../shared_options.ts";

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
    this.#output.print(`    ${text(item)}`);
    this.#begun = true;
  }

  /** Writes the rest. */
  end(pages: MachineCheckPages): void {
    if (!this.#begun) this.#output.print(this.#head());
    const reports = pages.reports().map((report) => `    ${text(report)}`).join(",\n");
    this.#output.print(
      `  ],\n  "pages": [\n${reports}${reports === "" ? "" : "\n"}  ],\n` +
        `  "recordsOnFurtherPages": ${pages.dropped}\n}`,
    );
  }

  #head(): string {
    return `{\n  "formatVersion": ${FORMAT_VERSION},\n  "records": [`;
  }
}

/** Registers become hexadecimal texts. */
function text(item: object): string {
  return JSON.stringify(
    item,
    (_, value) => typeof value === "bigint" ? `0x${value.toString(16)}` : value,
  );
}
