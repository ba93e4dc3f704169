import {
  type LoggedMachineCheck,
  type LogSummary,
  type MachineCheckAssessment,
  type MachineCheckPages,
  UNCLEANED_MEMORY,
  type UncleanedMemory,
} from "@tdx/host";
import { FORMAT_VERSION, jsonText } from "../shell/show.ts";
import type { Output } from "../shell/stdio.ts";

/** What a form does not give is null, so that a record looks the same whatever it was read from. */
const NO_REGISTERS = {
  cpu: null,
  bank: null,
  status: null,
  mcgStatus: null,
  address: null,
  misc: null,
};
const NO_EVIDENCE = {
  time: null,
  interrupted: null,
  processor: null,
  mcgCap: null,
  privateKeyIds: null,
  said: null,
  panic: null,
  told: null,
};

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
    const { where, record, damage, ...evidence } = logged;
    const item = {
      where,
      record: { ...NO_REGISTERS, ...record },
      ...NO_EVIDENCE,
      ...evidence,
      platform: platform?.name ?? null,
      ...rest,
      damage,
    };
    this.#output.print(this.#begun ? "," : this.#head());
    this.#output.print(`    ${jsonText(item)}`);
    this.#begun = true;
  }

  /** Writes the rest. */
  end(
    pages: MachineCheckPages,
    uncleaned: UncleanedMemory | null,
    read: LogSummary | null,
  ): void {
    if (!this.#begun) this.#output.print(this.#head());
    const left = uncleaned === null ? "null" : jsonText({ ...uncleaned, ...UNCLEANED_MEMORY });
    const reports = pages.reports().map((report) => `    ${jsonText(report)}`).join(",\n");
    this.#output.print(
      `  ],\n  "pages": [\n${reports}${reports === "" ? "" : "\n"}  ],\n` +
        `  "recordsOnFurtherPages": ${pages.dropped},\n` +
        `  "uncleaned": ${left},\n` +
        `  "read": ${read === null ? "null" : jsonText(read)}\n}`,
    );
  }

  #head(): string {
    return `{\n  "formatVersion": ${FORMAT_VERSION},\n  "records": [`;
  }
}
