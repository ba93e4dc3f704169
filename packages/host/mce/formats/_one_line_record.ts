import { MCI_STATUS } from "@tdx/core";
import { textError, type TextLine } from "../../_text_lines.ts";
import {
  type LoggedMachineCheck,
  loggedMachineCheck,
  type RecordFields,
} from "../logged_machine_check.ts";
import type { FieldReader, Fields } from "./_field_reader.ts";
import { recordedCpu } from "./_recorded_cpu.ts";

/**
 * Makes a record of what one line gives, in a form that prints all registers, valid or not.
 *
 * MCi_ADDR and MCi_MISC are taken where MCi_STATUS says that they are valid. A line that may be cut
 * lacks what is not in it; in a whole one that is 0, if the form leaves 0 out.
 */
export function oneLineRecord(
  fields: Fields,
  reader: FieldReader,
  line: TextLine,
  name: string,
  others: RecordFields & { readonly omitsZero?: boolean } = {},
): LoggedMachineCheck {
  const { status, cs = 0n, ip = 0n, vendor = 0, signature = 0n, ...rest } = fields;
  const { omitsZero = false, ...further } = others;
  const valid = status === undefined ? undefined : MCI_STATUS.decode(status);
  const zero = omitsZero && line.ended ? 0n : undefined;
  const address = valid?.addressValid ? fields.address ?? zero : undefined;
  const misc = valid?.miscValid ? fields.misc ?? zero : undefined;
  const lost = [
    valid?.addressValid && address === undefined && "MCi_ADDR",
    valid?.miscValid && misc === undefined && "MCi_MISC",
  ].filter((what) => typeof what === "string");
  const interrupted = cs === 0n && ip === 0n ? undefined : { cs: Number(cs), ip };
  return loggedMachineCheck(
    {
      ...rest,
      status,
      address,
      misc,
      interrupted,
      processor: recordedCpu(vendor, Number(signature)),
      ...further,
    },
    { unit: "line", first: line.number, last: line.number },
    [
      ...reader.damage,
      ...lost.map((what) => {
        const message = `Expected ${what}, which MCi_STATUS says is valid, got none`;
        return textError({ name, line: line.number, column: 1 }, message).message;
      }),
    ],
  );
}
