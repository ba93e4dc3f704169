import type { TextLine } from "../../_text_lines.ts";
import { type FieldPattern, FieldReader, type Fields } from "./_field_reader.ts";
import { oneLineRecord } from "./_one_line_record.ts";
import type { FoundRecord, LogFormat, LogReader } from "./log_format.ts";

const STATUS = /CPU:(?=\d+ \([0-9a-f]+:[0-9a-f]+:[0-9a-f]+\) MC\d+_STATUS)/;
const ADDRESS = /Error Addr: 0x([0-9a-f]+)/;
/** So many lines a record has at most. */
const REACH = 8;

/**
 * What Linux decodes on a CPU of AMD: `CPU:12 (17:71:0) MC1_STATUS[…]: 0x…`, then its address.
 *
 * Family, model and stepping are in hexadecimal. MCG_STATUS is not printed.
 */
export const amd: LogFormat = {
  signature: STATUS,
  reader: (name, found) => new AmdReader(name, found),
};

class AmdReader implements LogReader {
  readonly #name: string;
  readonly #found: FoundRecord;
  #open:
    | { readonly line: TextLine; readonly reader: FieldReader; readonly fields: Fields }
    | undefined;

  constructor(name: string, found: FoundRecord) {
    this.#name = name;
    this.#found = found;
  }

  line(line: TextLine): void {
    const open = this.#open;
    if (open !== undefined) {
      const address = ADDRESS.exec(line.text)?.[1];
      if (address !== undefined) open.fields.address ??= BigInt(`0x${address.slice(0, 16)}`);
      if (line.number - open.line.number >= REACH) this.end();
    }
    const start = STATUS.exec(line.text);
    if (start === null) return;
    this.end();
    const reader = new FieldReader(line, this.#name);
    const fields = reader.match(RECORD, start.index) ?? {};
    this.#open = { line, reader, fields };
  }

  end(): void {
    if (this.#open === undefined) return;
    const { line, reader, fields } = this.#open;
    this.#open = undefined;
    const [, family, model, stepping] = MODEL.exec(line.text)!.map((hex) => parseInt(hex, 16));
    const processor = {
      vendor: "AuthenticAMD",
      family: family!,
      model: model!,
      stepping: stepping!,
    };
    // It prints MCi_MISC nowhere.
    this.#found(oneLineRecord({ ...fields, misc: 0n }, reader, line, this.#name, {
      processor,
      misc: undefined,
    }));
  }
}

const MODEL = /\(([0-9a-f]+):([0-9a-f]+):([0-9a-f]+)\)/;
const RECORD: FieldPattern = {
  pattern: /CPU:(\d+) \([^)]*\) MC(\d+)_STATUS(?:\[[^\]]*\])?:? ?(\S+)?/dy,
  fields: ["cpu", "bank", "status"],
  required: 3,
};
