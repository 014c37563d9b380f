/** How far the figures can be trusted: loss, what could not be decoded, lag, missing time, lost event lines. */
import { SKETCH_ERROR } from '../client-sketch.ts';
import { fact, known, watchedShare } from './monitored-section.ts';
import type { ReportContext } from './report-context.ts';
import type { Fact, ReportSection } from './report-document.ts';
import { shareOf, sumOf } from './sums.ts';

const MICROS_PER_SECOND = 1e6;

export function qualitySection(context: ReportContext): ReportSection {
  const { watched } = context.figures;
  const lagUs = watched.reduce((largest, { lag_us: lag }) => Math.max(largest, lag), 0);
  const count = (id: string, label: string, name: 'lost_packets' | 'undecoded_packets' | 'lost_lines'): Fact =>
    fact(
      id,
      label,
      known(
        context,
        sumOf(watched, (row) => row[name]),
      ),
      'count',
    );
  return {
    id: 'quality',
    title: 'Quality of the data',
    text: [LOSS_TEXT],
    facts: [
      count('lost', 'Packets lost by the capture', 'lost_packets'),
      count('undecoded', 'Packets that could not be decoded', 'undecoded_packets'),
      ...packetShares(context),
      fact(
        'lag',
        'Largest lag of a decision',
        known(context, lagUs / MICROS_PER_SECOND),
        'seconds',
        'behind its packets; 0 for captures that were read later',
      ),
      count('lost_lines', 'Lost lines of the event logs', 'lost_lines'),
      fact(
        'estimate_error',
        'Standard error of estimated clients',
        SKETCH_ERROR,
        'share',
        'where there are more than 64; fewer are counted exactly',
      ),
    ],
    tables: [],
    remarks: [],
  };
}

export const LOSS_TEXT =
  'Packets that were lost before Sluice, or that it could not decode, may have belonged to VPN ' +
  'connections that are missing here.';

/** Shares that say how much is missing. */
function packetShares(context: ReportContext): Fact[] {
  const { watched } = context.figures;
  const packets = sumOf(watched, (row) => row.packets);
  const lost = sumOf(watched, (row) => row.lost_packets);
  const undecoded = sumOf(watched, (row) => row.undecoded_packets);
  const share = watchedShare(context);
  return [
    fact('lost_share', 'Packets lost, as a share', shareOf(lost, packets + lost), 'share', 'of packets seen and lost'),
    fact('undecoded_share', 'Not decoded, as a share', shareOf(undecoded, packets), 'share', 'of packets seen'),
    fact(
      'missing',
      'Time without packets',
      share === null ? null : 1 - share,
      'share',
      'of the part of the period that has passed',
    ),
  ];
}
