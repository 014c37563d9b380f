/** The VPN flows that were found, by protocol and stage. */
import { number } from '../../core/count-text.ts';
import { PROTOCOL_TITLES } from '../../core/protocol.ts';
import { barChart } from './bar-chart.ts';
import { HATCHED, PLAIN } from './chart-fills.ts';
import { clients, count, percent } from './figure-text.ts';
import { STAGES_EXPLAINED } from './group-words.ts';
import { html } from './html.ts';
import type { Section } from './page.ts';
import type { ReplayReportData } from './replay-report-data.ts';
import { table } from './table.ts';

export function findingsSection({ report }: ReplayReportData): Section {
  const { findings, vpn, protocols } = report;
  if (vpn.flows === 0)
    return { title: 'VPN flows found', body: html`<p>No flow of WireGuard, OpenVPN or IPsec was found.</p> ` };
  const flowsOf = (protocol: string, stage: string): number =>
    findings.find((row) => row.protocol === protocol && row.stage === stage)?.flows ?? 0;
  const bars = protocols.map(({ protocol, flows }) => ({
    label: PROTOCOL_TITLES[protocol] ?? protocol,
    values: [flowsOf(protocol, 'confirmed'), flowsOf(protocol, 'suspected')],
    text: number(flows),
  }));
  return {
    title: 'VPN flows found',
    body: html`${STAGES_EXPLAINED}
    ${barChart({
      id: 'findings',
      title: 'VPN flows by protocol',
      description:
        'One bar for each protocol, with its confirmed and suspected flows. The table below has the numbers.',
      series: [
        { label: 'confirmed', ...PLAIN },
        { label: 'suspected', ...HATCHED },
      ],
      bars,
    })}${table(
      {
        caption: 'VPN flows by protocol and stage. Shares are of all VPN flows.',
        head: ['protocol', 'stage', 'flows', 'share', 'clients'],
        texts: 2,
      },
      findings.map((row) => [
        PROTOCOL_TITLES[row.protocol] ?? row.protocol,
        row.stage,
        count(row.flows),
        percent(row.share),
        clients(row.clients),
      ]),
    )}`,
  };
}
