/** What was decided for the VPN flows, by action and by rule. */
import { number } from '../../core/count-text.ts';
import { barChart } from './bar-chart.ts';
import { BLACK, HATCHED, PLAIN, type Series } from './chart-fills.ts';
import { bytes, clients, count, percent } from './figure-text.ts';
import type { FlowGroup } from './flow-groups.ts';
import { html, name, NOTHING, type Part } from './html.ts';
import type { Section } from './page.ts';
import type { ReplayReportData } from './replay-report-data.ts';
import { table } from './table.ts';

/** Series of the three actions, in all charts. */
export const ACTION_SERIES: readonly Series[] = [
  { label: 'allow', ...PLAIN },
  { label: 'throttle', ...HATCHED },
  { label: 'block', ...BLACK },
];

export function decisionsSection({ report }: ReplayReportData): Section {
  const { actions, rules, vpn } = report;
  if (vpn.flows === 0)
    return { title: 'Decisions', body: html`<p>Only VPN flows are decided, and there was none.</p> ` };
  return {
    title: 'Decisions',
    body: html`<p>
        Every VPN flow gets a decision: allow, throttle (slow down) or block. A flow counts once here, by its last
        decision. Flows without a VPN are never touched.
      </p>
      ${barChart({
        id: 'actions',
        title: 'VPN flows by action',
        description: 'One bar for each action. The table below has the numbers.',
        series: ACTION_SERIES,
        hasLabels: true,
        bars: actions.map(({ action, flows }) => ({
          label: action,
          values: ACTION_SERIES.map(({ label }) => (label === action ? flows : 0)),
          text: number(flows),
        })),
      })}${table(
        { caption: 'VPN flows by action', head: ['action', ...GROUP_HEAD] },
        actions.map((row) => [row.action, ...groupCells(row)]),
      )}${table(
        {
          caption: 'VPN flows by the rule that decided, in the order of the policy. The first rule that fits decides.',
          head: ['rule', 'action', ...GROUP_HEAD],
          texts: 2,
        },
        rules.map((row) => [row.rule === null ? 'no rule fits' : name(row.rule), row.action, ...groupCells(row)]),
      )}${rules.length === 0 ? html`<p>The policy has no rules.</p> ` : NOTHING}`,
  };
}

const GROUP_HEAD = ['flows', 'share', 'clients', 'packets', 'bytes'];

function groupCells(group: FlowGroup): Part[] {
  return [count(group.flows), percent(group.share), clients(group.clients), count(group.packets), bytes(group.bytes)];
}
