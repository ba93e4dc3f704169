import type { Options } from "./options.ts";
import type { Output } from "./output.ts";
import { UsageError } from "./usage_error.ts";

/** Version of every JSON answer's shape. */
export const FORMAT_VERSION = 1;

/** The options that say how a host clears. */
export const CLEARING_OPTIONS = {
  "host-keys": {
    value: "KIND",
    help: "keyid0, shared or shared-integrity: the KeyIDs the host uses; default keyid0",
  },
  policy: {
    value: "POLICY",
    help: "always, quirk (as the patch: only with the erratum) or never; default quirk",
  },
} as const;

/** Refuses words beside the options. */
export function noOperands({ operands }: Options): void {
  if (operands.length > 0) {
    throw new UsageError(`Expected only options, got ${operands.join(" ")}`);
  }
}

/** Prints an answer as one JSON object. */
export function printJson(output: Output, answer: object): void {
  output.print(jsonText({ formatVersion: FORMAT_VERSION, ...answer }, 2));
}

/** A value as JSON, in which registers are hexadecimal texts. */
export function jsonText(value: object, indent?: number): string {
  return JSON.stringify(
    value,
    (_, item) => typeof item === "bigint" ? `0x${item.toString(16)}` : item,
    indent,
  );
}
