/** How the figures are to be read, and what they do not say. */
import { html } from './html.ts';
import type { Section } from './page.ts';

export function readingSection(): Section {
  return {
    title: 'How to read this report',
    body: html`<p>
        Every number of this report is also in the JSON of the same command (<code>--json</code>). Shares and sizes are
        rounded to one digit after the point; 1 kB is 1,000 bytes. A group of fewer than 5 clients is shown as “&lt;5”;
        0 is shown as 0.
      </p>
      <p>
        What enforcement would do is simulated in an <strong>open loop</strong>: the recorded packets arrive when they
        were recorded. A real sender would react to a delay or a loss, by sending more slowly, again, or not at all.
        That reaction is not modelled.
      </p>
      <p>
        Findings rest on handshakes that the recording holds. A VPN whose handshake was not recorded, or that disguises
        itself, may not be found.
      </p> `,
  };
}
