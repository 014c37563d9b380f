/** The page of a report: its document in the look of all reports (study/report). */
import { PLAIN, HATCHED, BLACK, type Series } from '../../study/report/chart-fills.ts';
import { bytes, count, percent, span } from '../../study/report/figure-text.ts';
import { html, type Html, NOTHING, type Part } from '../../study/report/html.ts';
import { pageText } from '../../study/report/page.ts';
import { table, terms } from '../../study/report/table.ts';
import { timeChart } from '../../study/report/time-chart.ts';
import { ZoneClock } from '../zone-clock.ts';
import { localIso, localTime, zoneText } from './local-time.ts';
import type { Cell, Fact, ReportDocument, ReportSection, ReportTable, Unit } from './report-document.ts';

const KICKERS: Readonly<Record<ReportDocument['audience'], string>> = {
  operator: 'Sluice · report for the operator',
  regulator: 'Sluice · report for the regulator',
  public: 'Sluice · public report',
};
/** Characters of a text at most. */
const TEXT_LIMIT = 2000;
const FILLS = [PLAIN, HATCHED, BLACK] as const;

export function documentPage(document: ReportDocument): string {
  const { audience, period, scope, notices, summary, sections } = document;
  const clock = new ZoneClock(period.zone);
  const places = Object.values(scope).filter((place) => place !== '');
  return pageText({
    kicker: KICKERS[audience],
    title: `VPN traffic and what the rules did to it: ${periodTitle(document)}`,
    subtitle: places.length === 0 ? 'All monitored places.' : html`Only ${shown(places.join(', '))}.`,
    madeAt: document.made_at,
    zone: zoneText(period.from, period.to, clock),
    notices: notices.map((text) => html`${text}`),
    sections: [
      ...(summary.length === 0 ? [] : [{ title: 'In short', body: summaryPart(summary) }]),
      ...sections.map((section) => ({ title: section.title, body: sectionPart(section, clock) })),
    ],
  });
}

/** The period in words: `Week 2024-W47, 2024-11-18 to 2024-11-24`. */
export function periodTitle({ period: { kind, name, from, to, zone } }: ReportDocument): string {
  const clock = new ZoneClock(zone);
  const day = (timeS: number): string => localTime(timeS, clock).slice(0, 10);
  if (kind === 'span' || kind === 'day') return name;
  return `${kind.charAt(0).toUpperCase()}${kind.slice(1)} ${name}, ${day(from)} to ${day(to - 1)}`;
}

function summaryPart(summary: readonly string[]): Html {
  return html`${summary.map((text, at) => (at === 0 ? html`<p class="lead">${text}</p> ` : html`<p>${text}</p> `))}`;
}

function sectionPart(section: ReportSection, clock: ZoneClock): Html {
  const paragraphs = (texts: readonly string[]): Html[] => texts.map((text) => html`<p>${text}</p> `);
  return html`${paragraphs(section.text)}${
    section.facts.length === 0 ? NOTHING : terms(section.facts.map((fact) => [fact.label, factPart(fact, clock)]))
  }${section.tables.map((one) => tablePart(one, clock))}${paragraphs(section.remarks)}`;
}

function factPart({ value, unit, note }: Fact, clock: ZoneClock): Html {
  return html`${cellPart(value, unit, clock)}${note === '' ? NOTHING : html` <span class="note">${note}</span>`}`;
}

function tablePart(one: ReportTable, clock: ZoneClock): Html {
  const { title, columns, rows } = one;
  if (rows.length === 0) return html`<p class="note">${title}: none.</p> `;
  const texts = columns.findIndex(({ unit }) => !TEXT_UNITS.includes(unit));
  return html`${chartPart(one, clock)}${table(
    { caption: title, head: columns.map(({ name }) => name), texts: texts === -1 ? columns.length : texts },
    rows.map((row) => row.map((cell, at) => cellPart(cell, columns[at]!.unit, clock))),
  )}`;
}

/** Units that are set to the left. */
const TEXT_UNITS: readonly Unit[] = ['text', 'hash', 'time'];

function chartPart({ id, title, columns, rows, drawn }: ReportTable, clock: ZoneClock): Html {
  // Columns that were not watched are left out: the chart marks the place.
  const known = rows.filter((row) => drawn.every((at) => typeof row[at] === 'number'));
  if (drawn.length === 0 || known.length === 0) return NOTHING;
  const series = drawn.map((at, place): Series => ({ label: columns[at]!.name, ...FILLS[place % FILLS.length]! }));
  const starts = rows.map(([start]) => Number(start));
  const seconds = starts.length > 1 ? Math.min(...starts.slice(1).map((start, at) => start - starts[at]!)) : 1;
  return timeChart({
    id,
    title: `${title}: ${series.map(({ label }) => label).join(', ')}`,
    description: 'A column for each interval. The table below has the numbers.',
    series,
    columns: known.map((row) => ({
      start: localIso(Number(row[0]), clock),
      seconds,
      values: drawn.map((at) => Number(row[at])),
    })),
    zone: clock.zone,
  });
}

function cellPart(cell: Cell, unit: Unit, clock: ZoneClock): Part {
  if (cell === null) return html`<span class="note">no data</span>`;
  if (typeof cell === 'string') return unit === 'hash' ? html`<code class="hash">${cell}</code>` : shown(cell);
  switch (unit) {
    case 'time':
      return html`<time datetime="${localIso(cell, clock)}">${localTime(cell, clock)}</time>`;
    case 'share':
      return percent(cell);
    case 'bytes':
      return bytes(cell);
    case 'seconds':
      return span(cell);
    default:
      return count(cell);
  }
}

/** A text from outside, whose direction of writing is its own. */
function shown(text: string): Html {
  return html`<bdi>${text.length > TEXT_LIMIT ? `${text.slice(0, TEXT_LIMIT)}…` : text}</bdi>`;
}
