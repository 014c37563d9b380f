/** What was not decoded, by reason, and what the capture lost. */
import { count, counted, percent } from './figure-text.ts';
import { html, type Html, name, NOTHING } from './html.ts';
import type { Section } from './page.ts';
import type { ReplayReportData } from './replay-report-data.ts';
import { table } from './table.ts';

export function unreadSection({ packets, report, skipped_files: skipped, hints }: ReplayReportData): Section {
  const { not_decoded: reasons } = report;
  const unread = packets.unread_link_types;
  return {
    title: 'What was not read',
    body: html`<p>
        ${
          reasons.length === 0
            ? html`${packets.read === 0 ? 'No packet was read.' : 'Every packet that was read belongs to a flow.'}`
            : html`Of ${counted(packets.read, 'packet')}, ${count(packets.in_flows)} belong to a flow. The others are
              counted here by reason; a VPN inside them is not seen.`
        }
      </p>
      ${
        reasons.length === 0
          ? NOTHING
          : table(
              { caption: 'Packets outside of flows. Shares are of all packets.', head: ['reason', 'packets', 'share'] },
              reasons.map(({ reason, packets: part, share }) => [name(reason), count(part), percent(share)]),
            )
      }${
        unread.length === 0
          ? NOTHING
          : table(
              { caption: 'Link types that are not read', head: ['link type', 'packets'] },
              unread.map((row) => [name(row.name), count(row.packets)]),
            )
      }
      <p>
        A capture file does not say how many packets were lost before they were written, so losses of the recording
        itself are not known. Flows of which the beginning is missing may be found later or not at all.
      </p>
      ${skipped === 0 ? NOTHING : skippedText(skipped)}${hints.map((hint) => html`<p>Hint: ${hint}.</p> `)}`,
  };
}

function skippedText(count: number): Html {
  const [is, was] = count === 1 ? ['is', 'was'] : ['are', 'were'];
  return html`<p>
    ${counted(count, 'file')} in the folders that were named ${is} no capture and ${was} passed over.
  </p> `;
}
