import type { VNode } from "preact";

/**
 * When and how a report was made.
 *
 * @example
 * ```ts
 * import { verdict } from "@tdx/litmus";
 * import { type ReportOrigin, verdictsHtml } from "@tdx/report";
 * import { gnr } from "@tdx/platform-gnr";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const origin: ReportOrigin = {
 *   commandLine: "tdx check --platform gnr --html 'a & b.html'",
 *   date: new Date("2026-03-04T05:06:07Z"),
 *   version: "tdx 0.1.0",
 * };
 * const question = { mode: "Ci", hostKeys: "keyid0", policy: "never", poison: "none" } as const;
 * const verdicts = [await verdict({ ...question, platform: gnr, expected: "Never" })];
 * const html = verdictsHtml({ origin, platforms: [gnr], verdicts });
 * assertStringIncludes(html, "2026-03-04 05:06:07 UTC");
 * assertStringIncludes(html, "--html 'a &amp; b.html'");
 * ```
 */
export interface ReportOrigin {
  /** The command line, as it can be given to a shell again. */
  readonly commandLine: string;
  /** When. */
  readonly date: Date;
  /** By which version of what: `tdx 0.1.0`. */
  readonly version: string;
}

/** Says where a report comes from. */
export function Origin({ commandLine, date, version }: ReportOrigin): VNode {
  const day = date.toISOString();
  return (
    <dl class="facts">
      <div class="wide">
        <dt>Command</dt>
        <dd>
          <code class="command">{commandLine}</code>
        </dd>
      </div>
      <div>
        <dt>Made</dt>
        <dd>
          <time dateTime={day}>{day.replace("T", " ").replace(/\.\d+Z$/, " UTC")}</time>
        </dd>
      </div>
      <div>
        <dt>By</dt>
        <dd>{version}</dd>
      </div>
    </dl>
  );
}
