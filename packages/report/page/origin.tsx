import type { VNode } from "preact";

/** When and how a report was made. */
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
