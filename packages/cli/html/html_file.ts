import type { Options } from "../options.ts";
import { UsageError } from "../usage_error.ts";

/** The option that asks for a report. */
export const HTML_OPTION = {
  html: { value: "FILE", help: "write a report with every detail to this HTML file besides" },
} as const;

/** The file that {@link HTML_OPTION} names. */
export function htmlFile(options: Options): string | undefined {
  const file = options.text("html");
  if (file === "-") {
    throw new UsageError("Expected --html with a file, got -: standard output has the answer");
  }
  return file;
}
