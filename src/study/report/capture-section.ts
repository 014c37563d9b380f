/** What was in the capture. */
import { bytes, clients, count, percent, span, time } from './figure-text.ts';
import { html, type Html, name, NOTHING, type Part } from './html.ts';
import type { Section } from './page.ts';
import type { ReplayReportData } from './replay-report-data.ts';
import { table, terms } from './table.ts';

/** Kinds that are listed; the rest is in the JSON. */
const LISTED = 15;

export function captureSection({ captures, packets, flows, report }: ReplayReportData): Section {
  const rows: (readonly [string, Part])[] = [
    ['Captures', count(captures)],
    ['Packets', count(packets.read)],
    ['Bytes on the wire', bytes(packets.bytes)],
  ];
  if (packets.first !== null && packets.last !== null)
    rows.push(['First packet', time(packets.first)], ['Last packet', time(packets.last)]);
  if (report.span_seconds !== null) rows.push(['Time span', span(report.span_seconds)]);
  rows.push(
    ['Flows', count(flows.total)],
    ['Flows with a VPN', html`${count(report.vpn.flows)} (${percent(report.vpn.share)})`],
    ['Clients of these', clients(report.vpn.clients)],
  );
  return {
    title: 'What was recorded',
    body: html`<p>
        A flow is a conversation between two addresses and ports. Its client is the address that started it.
      </p>
      ${terms(rows)}${linkTypes(report)}${encapsulations(report)}`,
  };
}

function linkTypes({ link_types: types }: ReplayReportData['report']): Html {
  if (types.length === 0) return NOTHING;
  return table(
    {
      caption: 'Packets by link type: what kind of line or file they come from',
      head: ['link type', 'packets', 'share'],
    },
    types
      .slice(0, LISTED)
      .map(({ link_type: number, name: type, packets, share }) => [
        name(number === null ? type : `${type} (${String(number)})`),
        count(packets),
        percent(share),
      ]),
  );
}

function encapsulations({ encapsulations: kinds }: ReplayReportData['report']): Html {
  if (kinds.length === 0) return NOTHING;
  const label = (layers: readonly string[] | null): string => {
    if (layers === null) return 'others';
    return layers.length === 0 ? 'none' : layers.join(' in ');
  };
  const further = kinds.length > LISTED ? html`<p class="note">Rarer encapsulations are in the JSON.</p> ` : NOTHING;
  return html`${table(
    {
      caption: 'Flows by encapsulation: what their packets were wrapped in on this line, from the outside in',
      head: ['encapsulation', 'flows', 'share'],
    },
    kinds.slice(0, LISTED).map(({ layers, flows, share }) => [label(layers), count(flows), percent(share)]),
  )}${further}`;
}
