import type { Audit } from "@tdx/host";
import type { ExitStatus } from "../exit_status.ts";
import { FORMAT_VERSION } from "../shared_options.ts";
import { nfd } from "./nfd.ts";
import { nrpe } from "./nrpe.ts";
import { prometheus } from "./prometheus.ts";
import { text } from "./text.ts";

/** What a format needs besides the audit. */
export interface AuditContext {
  /** What the command exits with. */
  readonly status: ExitStatus;
  /** Whether to say all about every check; only in text. */
  readonly explain: boolean;
}

/** The names of the formats. */
export const AUDIT_FORMATS = ["text", "json", "nrpe", "prometheus", "nfd"] as const;

/** Writes an audit, without the last line end. */
export const AUDIT_WRITERS: Readonly<
  Record<(typeof AUDIT_FORMATS)[number], (audit: Audit, context: AuditContext) => string>
> = {
  text: (audit, { explain }) => text(audit, { explain, colour: wantsColour() }),
  // One line, so that the audits of a fleet can be put together in one file.
  json: (audit) => JSON.stringify({ formatVersion: FORMAT_VERSION, ...audit }),
  nrpe: (audit, { status }) => nrpe(audit, status),
  prometheus: (audit, { status }) => prometheus(audit, status),
  nfd,
};

function wantsColour(): boolean {
  return Deno.stdout.isTerminal() && !Deno.noColor;
}
