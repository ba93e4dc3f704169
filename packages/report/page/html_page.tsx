import { showLines } from "@tdx/core/text";
import type { ComponentChildren } from "preact";
import { render } from "preact-render-to-string";
import { Origin, type ReportOrigin } from "./origin.tsx";
import { OPEN_TO_PRINT, OPEN_TO_PRINT_HASH } from "./open_to_print.ts";
import { STYLE } from "./style.ts";

/** A chapter of a page. */
export interface Chapter {
  /** What links point at. */
  readonly id: string;
  readonly title: string;
  readonly body: ComponentChildren;
  /** Whether it is for those who ask: open on paper alone. */
  readonly folded?: boolean;
}

/** What a page is made of. */
export interface PageParts {
  readonly title: string;
  /** The answer, before everything else. */
  readonly lead: ComponentChildren;
  readonly origin: ReportOrigin;
  readonly chapters: readonly Chapter[];
}

/** The page may load nothing and run nothing but its own few words of style and script. */
const POLICY = `default-src 'none'; style-src 'unsafe-inline'; script-src '${OPEN_TO_PRINT_HASH}'`;

/** Writes a page that needs nothing but itself. */
export function htmlPage({ title, lead, origin, chapters }: PageParts): string {
  const page = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content={POLICY} />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{title}</title>
        <style dangerouslySetInnerHTML={{ __html: STYLE }} />
      </head>
      <body>
        <header>
          <h1>{title}</h1>
          {lead}
          <Origin {...origin} />
          <nav aria-label="Chapters">
            <ul>
              {chapters.map(({ id, title }) => (
                <li key={id}>
                  <a href={`#${id}`}>{title}</a>
                </li>
              ))}
            </ul>
          </nav>
        </header>
        <main>
          {chapters.map(({ id, title, body, folded }) => {
            const heading = <h2 id={`${id}-title`}>{title}</h2>;
            return (
              <section key={id} id={id} aria-labelledby={`${id}-title`}>
                {folded
                  ? (
                    <details class="chapter">
                      <summary>{heading}</summary>
                      {body}
                    </details>
                  )
                  : [heading, body]}
              </section>
            );
          })}
        </main>
        <script dangerouslySetInnerHTML={{ __html: OPEN_TO_PRINT }} />
      </body>
    </html>
  );
  return showLines(`<!doctype html>\n${render(page)}\n`);
}
