/** What has to be known before any figure of a report, and its main figures in sentences. */
import { counted, number } from '../../core/count-text.ts';
import { distinctClients } from './read-figures.ts';
import { clientsText, HITTING } from './effects-section.ts';
import { hitsOf } from './harm-section.ts';
import { localTime } from './local-time.ts';
import { watchedShare } from './monitored-section.ts';
import type { ReportContext } from './report-context.ts';
import { sumOf } from './sums.ts';

const COMPLETE = 0.99;
const PERCENT = 100;

export function noticesOf(context: ReportContext): string[] {
  const { period, untilS, isOver, clock, kept, figures } = context;
  const notices: string[] = [];
  if (untilS < period.toS)
    notices.push(
      kept === null || untilS <= period.fromS
        ? 'This period has not begun, by the time of the packets.'
        : `This period is not over: the figures are those until ${localTime(untilS, clock)}.`,
    );
  else if (!isOver)
    notices.push(
      'This period is not over by the clock of this machine, although packets are dated later than its end.',
    );
  const share = watchedShare(context);
  if (figures.watched.length === 0)
    notices.push('No packet was seen in this period. The missing figures say nothing of VPNs.');
  else if (kept !== null && kept.fromS > period.fromS)
    notices.push(`The history begins on ${localTime(kept.fromS, clock)}, within this period.`);
  if (share !== null && share < COMPLETE)
    notices.push(
      `Packets were seen in ${percentText(share)} of the time. Of the rest nothing is known; the table of gaps has it.`,
    );
  return notices;
}

export function summaryOf(context: ReportContext): string[] {
  const { figures } = context;
  if (figures.watched.length === 0) return [];
  const hits = hitsOf(context, 'in_force');
  const parts = (['would', 'prevented', 'done'] as const)
    .map((outcome) => ({ outcome, count: hitsOf(context, 'in_force', outcome) }))
    .filter(({ count }) => count > 0)
    .map(({ outcome, count }) => `${number(count)} ${OUTCOME_WORDS[outcome]}`);
  const harm =
    hits === 0
      ? 'No registered user was hit, or would have been.'
      : `Registered users were hit in ${counted(hits, 'decision')}: ${parts.join(', ')}.`;
  const all = clientsText(distinctClients(figures.clients, null));
  const hit = clientsText(distinctClients(figures.clients, HITTING));
  const isEnforced = figures.series.some(({ mode }) => mode === 'enforce');
  const flows = sumOf(figures.series, (row) => row.flows);
  return [
    harm,
    `${counted(flows, 'VPN flow')} of ${cellText(all)} clients ended; the rules ` +
      `${isEnforced ? 'throttled or blocked' : 'would have throttled or blocked'} ${cellText(hit)} of ` +
      'these clients.',
  ];
}

const OUTCOME_WORDS = {
  would: 'in mode observe, without effect',
  prevented: 'prevented by the breaker',
  done: 'enforced',
};

export function percentText(share: number): string {
  const shown = (PERCENT * share).toFixed(1);
  return share > 0 && shown === '0.0' ? 'less than 0.1 %' : `${shown} %`;
}

function cellText(value: ReturnType<typeof clientsText>): string {
  return typeof value === 'number' ? number(value) : String(value);
}
