/** What was monitored: where, how long, and what is missing. */
import { intervalFigures } from './time-table.ts';
import { localTime, zoneText } from './local-time.ts';
import type { ReportContext } from './report-context.ts';
import type { Fact, ReportSection, ReportTable } from './report-document.ts';
import { groupsOf, shareOf, sumOf } from './sums.ts';

/** An interval of which less than this was watched is listed. */
const COMPLETE = 0.99;
const GAP_LIMIT = 100;

export function monitoredSection(context: ReportContext): ReportSection {
  const { figures, kept, period, clock } = context;
  const text = [
    'Sluice reads a copy of the traffic at the places below. It recognises VPN connections by their ' +
      'handshakes and decides by the rules in force; it never looks at the content of a connection.',
  ];
  if (kept === null) text.push('The history has no figures at all.');
  else if (kept.fromS > period.fromS)
    text.push(`The history begins on ${localTime(kept.fromS, clock)}: nothing is known of the time before.`);
  const table = placeTable(context);
  return {
    id: 'monitored',
    title: 'What was monitored',
    text,
    facts: [
      fact('period', 'Period', `${localTime(period.fromS, clock)} to ${localTime(period.toS, clock)}`, 'text'),
      fact('zone', 'Time zone', zoneText(period.fromS, period.toS, clock), 'text'),
      fact('places', 'Places with packets', table.rows.length, 'count'),
      fact('watched', 'Time watched', watchedShare(context), 'share', 'of the part of the period that has passed'),
      fact(
        'packets',
        'Packets seen',
        known(
          context,
          sumOf(figures.watched, ({ packets }) => packets),
        ),
        'count',
      ),
      fact(
        'bytes',
        'Bytes seen',
        known(
          context,
          sumOf(figures.watched, ({ bytes }) => bytes),
        ),
        'bytes',
      ),
    ],
    tables: [table, gapTable(context)],
    remarks: [],
  };
}

/** The part of the passed time that was watched, over all places; null where none is known. */
export function watchedShare(context: ReportContext): number | null {
  const { figures, period, untilS } = context;
  const places = new Set(figures.watched.map(placeText)).size;
  const share = shareOf(
    sumOf(figures.watched, ({ seconds }) => seconds),
    (untilS - period.fromS) * places,
  );
  return share === null ? null : Math.min(1, share);
}

/** A figure of packets: null where nothing was watched. */
export function known(context: ReportContext, value: number): number | null {
  return context.figures.watched.length === 0 ? null : value;
}

export function fact(id: string, label: string, value: Fact['value'], unit: Fact['unit'], note = ''): Fact {
  return { id, label, value, unit, note };
}

function placeTable({ figures, period, untilS }: ReportContext): ReportTable {
  const rows = [...groupsOf(figures.watched, placeText).values()].map((watched) => {
    const { site, isp, link } = watched[0]!;
    const packets = sumOf(watched, ({ packets: one }) => one);
    const lost = sumOf(watched, ({ lost_packets: one }) => one);
    const seconds = sumOf(watched, ({ seconds: one }) => one);
    return [
      site === '' ? '(not named)' : site,
      isp,
      link,
      Math.min(1, seconds / Math.max(1, untilS - period.fromS)),
      packets,
      sumOf(watched, ({ bytes }) => bytes),
      lost,
      shareOf(lost, packets + lost),
    ];
  });
  return {
    id: 'places',
    title: 'Places, and how long each was watched',
    columns: [
      { name: 'site', unit: 'text' },
      { name: 'operator', unit: 'text' },
      { name: 'link', unit: 'text' },
      { name: 'watched', unit: 'share' },
      { name: 'packets', unit: 'count' },
      { name: 'bytes', unit: 'bytes' },
      { name: 'lost packets', unit: 'count' },
      { name: 'lost, of all', unit: 'share' },
    ],
    rows,
    drawn: [],
  };
}

/** Intervals that were not watched to their ends; gaps side by side are one row. */
export function gapTable(context: ReportContext): ReportTable {
  const [name, intervals] = intervalFigures(context);
  const rows: { fromS: number; toS: number; missing: number }[] = [];
  for (const { startS, seconds, watched } of intervals) {
    const part = watched ?? 0;
    if (part >= COMPLETE) continue;
    const last = rows.at(-1);
    const missing = seconds * (1 - part);
    if (last?.toS === startS) {
      last.toS += seconds;
      last.missing += missing;
    } else rows.push({ fromS: startS, toS: startS + seconds, missing });
  }
  const more = rows.length > GAP_LIMIT ? `; the first ${GAP_LIMIT} of ${rows.length}` : '';
  return {
    id: 'gaps',
    title: `Times that were not watched throughout, by ${name}${more}`,
    columns: [
      { name: 'from', unit: 'time' },
      { name: 'to', unit: 'time' },
      { name: 'without packets', unit: 'seconds' },
      { name: 'of that time', unit: 'share' },
    ],
    rows: rows
      .slice(0, GAP_LIMIT)
      .map(({ fromS, toS, missing }) => [fromS, toS, Math.round(missing), missing / (toS - fromS)]),
    drawn: [],
  };
}

function placeText({ site, isp, link }: { site: string; isp: string; link: string }): string {
  return JSON.stringify([site, isp, link]);
}
