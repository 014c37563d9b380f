/**
 * What changes from one set of rules to another: by protocol, stage, sector and rule, and the flows that change most.
 */
import { number } from '../../core/count-text.ts';
import { type ChangeEvent, changeText } from '../compare/change-event.ts';
import type { PairFields } from '../compare/comparison-json.ts';
import { barChart } from './bar-chart.ts';
import { HATCHED } from './chart-fills.ts';
import { bytes, clients, count, counted, SMALLEST_GROUP } from './figure-text.ts';
import { groupTitle } from './group-words.ts';
import { html, type Html, name, NOTHING } from './html.ts';
import type { Section } from './page.ts';
import { table, terms } from './table.ts';

const DIMENSION_TITLES: Readonly<Record<string, string>> = {
  protocol: 'By protocol',
  stage: 'By stage of the finding',
  sector: 'By sector of the registered end',
  rule: 'By pair of rules',
};

export function changesSection(pair: PairFields): Section {
  const { from, to, flows, clients: all, by } = pair;
  const change = `${from} → ${to}`;
  if (flows.changed === 0)
    return {
      title: `What changes: ${change}`,
      body: html`<p>No flow gets another action.</p>
        ${otherwise(flows.decided_otherwise)}`,
    };
  return {
    title: `What changes: ${change}`,
    body: html`<p>
        A flow changes where its action differs. It counts by the strongest action that was decided for it: block is
        stronger than throttle, throttle than allow. Where that is the same, it counts by the last action. A client with
        several changes stands in several rows.
      </p>
      ${terms([
        ['Flows that change', html`${count(flows.changed)} of ${count(flows.all)}`],
        ['Their clients', html`${clients(all.changed)} of ${count(all.all)}`],
        ['Their traffic', html`${count(pair.packets_changed)} packets, ${bytes(pair.bytes_changed)}`],
      ])}${otherwise(flows.decided_otherwise)}${actionChart(pair)}${Object.entries(by).map(([dimension, rows]) =>
        table(
          {
            caption: `${DIMENSION_TITLES[dimension] ?? dimension}: flows that change, ${change}`,
            head: [dimension, 'action', 'flows', 'clients', 'packets', 'bytes'],
            texts: 2,
          },
          rows.map((row) => [
            name(groupTitle(dimension, row.value)),
            `${row.from} → ${row.to}`,
            count(row.flows),
            clients(row.clients),
            count(row.packets),
            bytes(row.bytes),
          ]),
        ),
      )}${largestTable(pair.largest)}`,
  };
}

/** Clients by change of action and protocol. */
function actionChart({ from, to, by }: PairFields): Html {
  const rows = by.protocol ?? [];
  return barChart({
    id: `changes-${to}`,
    title:
      `Clients with flows that change, ${from} → ${to}, by protocol and change of action. Bars below 5 ` +
      'are drawn alike.',
    description: 'One bar for each protocol and change of action. The first table below has the numbers.',
    series: [{ label: 'clients', ...HATCHED }],
    bars: rows.map((row) => {
      const isSmall = row.clients > 0 && row.clients < SMALLEST_GROUP;
      return {
        label: `${groupTitle('protocol', row.value)}: ${row.from} → ${row.to}`,
        values: [isSmall ? SMALLEST_GROUP / 2 : row.clients],
        text: isSmall ? '<5' : number(row.clients),
      };
    }),
  });
}

function otherwise(flows: number): Html {
  return flows === 0
    ? NOTHING
    : html`<p>${counted(flows, 'other flow')} get the same action by another rule or registration.</p>`;
}

function largestTable(events: readonly ChangeEvent[]): Html {
  if (events.length === 0) return NOTHING;
  return table(
    {
      caption: 'The flows that change most, by bytes',
      head: ['flow, from and to', 'VPN', 'action', 'rule', 'bytes sent', 'bytes received'],
      texts: 4,
    },
    events.map((event) => [
      html`${name(endText(event.src_ip, event.src_port))}<br />${name(endText(event.dest_ip, event.dest_port))}`,
      `${groupTitle('protocol', event.vpn?.protocol ?? '')} ${event.vpn?.stage ?? ''}`,
      changeText(event),
      event.after.rule === null ? 'no rule' : name(event.after.rule),
      bytes(event.flow.bytes_toserver),
      bytes(event.flow.bytes_toclient),
    ]),
  );
}

function endText(address: string, port: number | undefined): string {
  if (port === undefined) return address;
  return address.includes(':') ? `[${address}]:${String(port)}` : `${address}:${String(port)}`;
}
