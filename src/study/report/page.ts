/** The page of a report: one HTML document that needs nothing but itself. */
import { CHART_PATTERNS } from './chart-fills.ts';
import { time } from './figure-text.ts';
import { html, Html, type Part } from './html.ts';
import { STYLE } from './style.ts';

/** Forbids everything that would come from elsewhere, scripts too. */
const CONTENT_POLICY = "default-src 'none'; style-src 'unsafe-inline'";

export interface Section {
  readonly title: string;
  readonly body: Part;
}

export interface Page {
  readonly kicker: string;
  readonly title: string;
  /** Below the title: what the report is about. */
  readonly subtitle: Part;
  /** ISO 8601, UTC. */
  readonly madeAt: string;
  /** The zone of the times in the report; UTC where it is left out. */
  readonly zone?: string;
  /** What has to be known before anything else; empty for nothing. */
  readonly notices: readonly Part[];
  readonly sections: readonly Section[];
}

export function pageText({ kicker, title, subtitle, madeAt, zone = 'UTC', notices, sections }: Page): string {
  const notice = html`<div class="notice" role="note">${notices.map((text) => html`<p>${text}</p> `)}</div> `;
  const { text } = html`<!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${CONTENT_POLICY}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="generator" content="Sluice" />
        <title>${title}</title>
        <style>
          ${new Html(STYLE)}
        </style>
      </head>
      <body>
        ${CHART_PATTERNS}
        <header>
          <p class="kicker">${kicker}</p>
          <h1>${title}</h1>
          <p>${subtitle}</p>
          <p class="date">Made on ${time(madeAt)} UTC. All times in this report are ${zone}.</p>
          ${notices.length > 0 ? notice : null}
        </header>
        <main>
          ${sections.map(
            ({ title: heading, body }) =>
              html`<section>
                <h2>${heading}</h2>
                ${body}
              </section> `,
          )}
        </main>
        <footer>
          <p>
            Sluice reads recorded traffic and simulates rules. It sends nothing into a network. It looks at handshakes,
            and never at the content of a connection.
          </p>
        </footer>
      </body>
    </html> `;
  return text;
}
