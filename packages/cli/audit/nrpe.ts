import type { Audit } from "@tdx/host";
import type { ExitStatus } from "../exit_status.ts";

/** The monitoring plugins' words for exit statuses 0 to 3. */
const WORDS = ["OK", "WARNING", "CRITICAL", "UNKNOWN"] as const;

/**
 * An audit as a monitoring plugin says it: one line with counts behind the bar, then the checks
 * that are affected or unknown.
 */
export function nrpe({ verdict, sentence, checks }: Audit, status: ExitStatus): string {
  const count = (result: string) => checks.filter((check) => check.result === result).length;
  const head = `TDX ${WORDS[status]} - ${verdict}: ${plain(sentence)}` +
    ` | affected=${count("affected")};;;0;${checks.length} ` +
    `unknown=${count("unknown")};;;0;${checks.length}`;
  const worries = checks.filter(({ result }) => result === "affected" || result === "unknown");
  return [head, ...worries.map(({ id, result, seen }) => `${id} ${result}: ${plain(seen)}`)]
    .join("\n");
}

/** A bar would begin the counts. */
function plain(words: string): string {
  return words.replaceAll("|", "/");
}
