import { barX, gridX, plot, ruleX, text, tickX } from "@observablehq/plot";
import { type Interval, type Known, showCount, showRange, showShare } from "@tdx/core";
import { parseHTML } from "linkedom";
import type { VNode } from "preact";
import { DataTable } from "../page/data_table.tsx";
import { htmlPage } from "../page/html_page.tsx";
import type { ReportOrigin } from "../page/origin.tsx";

/** A phase of a measured shutdown. */
export interface MeasuredPhase {
  /** Its name. */
  readonly phase: string;
  /** Calls that it was told by; 0 for the rest. */
  readonly calls: number;
  /** How long it took. */
  readonly seconds: Interval;
  /** Share of the whole, 0 to 1. */
  readonly share: Interval;
  /** Nanoseconds for each page that came back; `null` where none did. */
  readonly nsPerPage: Known;
}

/** A measured shutdown. */
export interface MeasuredShutdown {
  /** The file that tells of it. */
  readonly name: string;
  /** The answer in a sentence. */
  readonly headline: string;
  /** The phases, in order. */
  readonly phases: readonly MeasuredPhase[];
  /** What else there is to say, line by line; a line that begins with a blank belongs to the one before. */
  readonly notes: readonly string[];
}

/** What a report on measured shutdowns is written from. */
export interface ShutdownPage {
  /** When and how it was made. */
  readonly origin: ReportOrigin;
  /** The shutdowns, at least one. */
  readonly shutdowns: readonly MeasuredShutdown[];
}

/**
 * Writes where the time of measured shutdowns went as an HTML page that stands by itself.
 *
 * @param page Shutdowns, origin.
 * @returns The HTML file.
 *
 * @example
 * ```ts
 * import { shutdownHtml } from "@tdx/report";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const exactly = (figure: number) => ({ low: figure, high: figure });
 * const html = shutdownHtml({
 *   origin: { commandLine: "tdx shutdown a.txt", date: new Date(0), version: "tdx 0.1.0" },
 *   shutdowns: [{
 *     name: "a.txt",
 *     headline: "3 s, most of it in remove: 75%",
 *     phases: [
 *       { phase: "remove", calls: 9, seconds: exactly(2.25), share: exactly(0.75), nsPerPage: null },
 *     ],
 *     notes: ["Every SEAMCALL succeeded"],
 *   }],
 * });
 * assertStringIncludes(html, "75%");
 * ```
 */
export function shutdownHtml({ origin, shutdowns }: ShutdownPage): string {
  return htmlPage({
    title: "Where the time of a shutdown went",
    lead: (
      <ul class="plain lead">
        {shutdowns.map(({ name, headline }) => <li key={name}>{`${name}: ${headline}`}</li>)}
      </ul>
    ),
    origin,
    chapters: shutdowns.map((shutdown, i) => ({
      id: `shutdown-${i + 1}`,
      title: shutdown.name,
      body: <Shutdown of={shutdown} />,
    })),
  });
}

function Shutdown({ of: { phases, notes } }: { readonly of: MeasuredShutdown }): VNode {
  return (
    <>
      <figure>
        <div class="scroll" dangerouslySetInnerHTML={{ __html: phaseChart(phases) }} />
      </figure>
      <DataTable
        caption="Phases"
        columns={[
          { name: "Phase" },
          { name: "Calls", number: true },
          { name: "Seconds", number: true },
          { name: "Share", number: true },
          { name: "µs a page", number: true },
        ]}
        rows={phases.map(({ phase, calls, seconds, share, nsPerPage }) => [
          phase,
          calls === 0 ? "" : showCount(calls),
          showRange(seconds),
          showShare(share),
          nsPerPage && showRange({ low: nsPerPage.low / 1e3, high: nsPerPage.high / 1e3 }),
        ])}
      />
      {notes.map((note) => <p key={note} class={note.startsWith(" ") ? "dim" : ""}>{note}</p>)}
    </>
  );
}

const WIDTH = 720;
const ROW = 26;

/** Draws a bar for each phase, from nothing to the most that it took, with a tick at the least. */
function phaseChart(phases: readonly MeasuredPhase[]): string {
  const { document } = parseHTML("<!doctype html><html></html>");
  const rows = phases.map(({ phase, seconds, share }) => ({
    phase,
    ...seconds,
    words: `${showRange(seconds)} s, ${showShare(share)}`,
  }));
  const at = { y: "phase", insetTop: 4, insetBottom: 4 };
  const svg = plot({
    document,
    className: "chart",
    ariaLabel: "Seconds by phase; the table below has the same figures",
    width: WIDTH,
    height: 40 + rows.length * ROW,
    marginLeft: 120,
    marginRight: 130,
    marginBottom: 36,
    style: { fontSize: "12px", background: "none" },
    x: { label: "seconds", labelArrow: "none", labelAnchor: "right", ticks: 5, zero: true },
    y: { domain: rows.map(({ phase }) => phase), label: null, tickSize: 0, padding: 0 },
    marks: [
      gridX({ ticks: 5 }),
      ruleX([0], { strokeOpacity: 0.5 }),
      barX(rows, { ...at, x: "high", fill: "var(--measured)" }),
      tickX(rows.filter(({ low, high }) => low < high), { ...at, x: "low", stroke: "var(--ink)" }),
      text(rows, { x: "high", y: "phase", text: "words", textAnchor: "start", dx: 6 }),
    ],
  });
  // One picture to those who hear it: parts with names of their own would be out of place.
  svg.setAttribute("role", "img");
  for (const part of svg.querySelectorAll("g[aria-label]")) part.removeAttribute("aria-label");
  return svg.outerHTML;
}
