/** What each throttle rule does: rates, delay, loss, and the slowdown that a client would feel. */
import { number } from '../../core/count-text.ts';
import type { ThrottleFields } from '../throttle/throttle-json.ts';
import { barChart } from './bar-chart.ts';
import { HATCHED, PLAIN, type Series } from './chart-fills.ts';
import { bitRate, bytes, clients, count, delay, factor, percent, seconds, SMALLEST_GROUP } from './figure-text.ts';
import { html, type Html, name, NOTHING, type Part } from './html.ts';
import type { Section } from './page.ts';
import type { ReplayReportData } from './replay-report-data.ts';
import { table, terms } from './table.ts';

const SECONDS_ONLY = 'they have no slowdown, and are in the seconds only';

type Slowdown = ThrottleFields['slowdown'];
type Quantiles = ThrottleFields['delay_us'];

/** Rules that are shown; a policy may have thousands. */
const LISTED = 12;

/** What a bucket is for, by the policy's word. */
const BUCKET_NOUNS: Readonly<Record<string, string>> = {
  flow: 'flows',
  client: 'clients',
  registration: 'registrations',
  rule: 'of the whole rule',
};

const SLOWDOWN_SERIES: readonly Series[] = [
  { label: 'not slowed', ...PLAIN },
  { label: 'slowed', ...HATCHED },
];

export function throttleSection({ throttles }: ReplayReportData): Section {
  return { title: 'What throttled users would feel', body: throttleBody(throttles, '') };
}

/** `set`: the letter of the set of rules, where a page has several. */
export function throttleBody(throttles: readonly ThrottleFields[] | null, set: string): Html {
  if (throttles === null)
    return html`<p>This is computed in mode enforce only. The command with <code>--mode enforce</code> shows it.</p>`;
  if (throttles.length === 0) return html`<p>No rule of the policy throttles.</p>`;
  const used = throttles.filter(({ buckets }) => buckets > 0);
  if (used.length === 0) return html`<p>No packet came to a rule that throttles.</p>`;
  const further = used.length > LISTED ? html`<p class="note">Further rules are in the JSON.</p>` : NOTHING;
  return html`<p>
      A throttle lets traffic pass at an allowed rate. Packets above it wait, and are dropped where too many wait.
    </p>
    <p>
      <strong>This is an open-loop simulation:</strong> it takes the packets as they were recorded and does not model
      how senders react. A real sender would slow down when packets are late or lost. So the loss here is rather an
      upper bound, and the slowdown says how much longer the same bytes need at the allowed rate.
    </p>
    ${used.slice(0, LISTED).map((rule, at) => rulePart(rule, `${set}${String(at + 1)}`))}${further}`;
}

/** `id`: unique in the page. */
function rulePart(rule: ThrottleFields, id: string): Html {
  const { offered, delivered, loss } = rule;
  const scope = rule.per === 'rule' ? 'for the whole rule' : `for each ${rule.per}`;
  return html`<h3>Rule ${name(rule.rule)}: ${bitRate(rule.rate_bps)} ${scope}</h3>
    ${terms([
      ['Allowed', html`${bitRate(rule.rate_bps)} ${scope}, after a burst of ${bytes(rule.burst_bytes)}`],
      [
        'Throttled',
        rule.per === 'rule'
          ? 'all traffic of the rule together'
          : html`${clients(rule.buckets)} ${BUCKET_NOUNS[rule.per] ?? rule.per}`,
      ],
      ['Offered', traffic(offered)],
      ['Delivered', traffic(delivered)],
      [
        'Loss',
        loss.packets === null || loss.bytes === null
          ? 'none'
          : html`${percent(loss.packets)} of the packets, ${percent(loss.bytes)} of the bytes`,
      ],
    ])}${table(
      {
        caption:
          'Delay of packets. Half of the packets are delayed by no more than the median, 95 of 100 by no ' +
          'more than the next figure.',
        head: ['packets', 'median', '95 %', '99 %', 'largest'],
      },
      [
        ['all that were delivered', ...delayCells(rule.delay_us)],
        ['those that had to wait', ...delayCells(rule.delayed_us)],
      ],
    )}${slowdownPart(rule, id)}`;
}

function traffic({ packets, bytes: size, rate_bps: rate }: ThrottleFields['offered']): Html {
  const average = rate === null ? NOTHING : html`, ${bitRate(rate)} on average`;
  return html`${count(packets)} packets, ${bytes(size)}${average}`;
}

function delayCells({ median, p95, p99, max }: Quantiles): Part[] {
  return [median, p95, p99, max].map((value) => (value === null ? '–' : delay(value)));
}

function slowdownPart({ slowdown, per, buckets }: ThrottleFields, id: string): Html {
  if (per === 'rule')
    return html`<p>All traffic of the rule shares one allowance, so there is no distribution over users.</p>`;
  if (buckets < SMALLEST_GROUP)
    return html`<p>The distribution over ${BUCKET_NOUNS[per] ?? per} is not shown, because they are fewer than 5.</p>`;
  const nouns = BUCKET_NOUNS[per] ?? per;
  return html`${slowdownLead(slowdown, nouns)}${barChart({
    id: `slowdown-${id}`,
    title: `Slowdown: how much longer the same bytes need, by ${nouns}. Bars below 5 are drawn alike.`,
    description:
      `One bar for each range of slowdown, as long as the number of ${nouns} in it. The table below has ` +
      'the numbers.',
    series: SLOWDOWN_SERIES,
    bars: slowdown.histogram.map(({ buckets: number }, bin) => {
      const drawn = number > 0 && number < SMALLEST_GROUP ? SMALLEST_GROUP / 2 : number;
      const isSlowed = bin > 0;
      return {
        label: rangeText(slowdown, bin),
        values: isSlowed ? [0, drawn] : [drawn, 0],
        text: groupText(number),
      };
    }),
  })}${table(
    { caption: `Slowdown by ${nouns}: each counts once`, head: ['slowdown', nouns] },
    slowdown.histogram.map(({ buckets: number }, bin) => [rangeText(slowdown, bin), clients(number)]),
  )}${table(
    {
      caption: 'The same as quantiles, with the time that is added to what the packets took',
      head: ['figure', 'median', '95 %', '99 %', 'largest'],
    },
    [
      ['times as long', ...quantileCells(slowdown, factor)],
      ['seconds more', ...quantileCells(slowdown.added_seconds, seconds)],
    ],
  )}${
    slowdown.at_once > 0
      ? html`<p>${clients(slowdown.at_once)} ${nouns} sent everything at one time: ${SECONDS_ONLY}.</p>`
      : NOTHING
  }`;
}

function slowdownLead({ median, p95 }: Slowdown, nouns: string): Html {
  if (median === null || p95 === null) return NOTHING;
  return html`<p>
    Half of the ${nouns} would need at most <strong>${factor(median)}</strong> the time for the same bytes, and 95 of
    100 at most <strong>${factor(p95)}</strong>. 1.0 × is not slowed; 1.4 × takes 40 percent longer.
  </p>`;
}

function quantileCells({ median, p95, p99, max }: Quantiles, shown: (value: number) => Html): Part[] {
  return [median, p95, p99, max].map((value) => (value === null ? '–' : shown(value)));
}

/** The range of a bin: above the bound before, up to its own. */
function rangeText({ histogram }: Slowdown, bin: number): string {
  const [from, to] = [histogram[bin - 1]?.up_to, histogram[bin]!.up_to];
  if (from === undefined || from === null) return 'not slowed';
  return to === null ? `more than ${String(from)} ×` : `above ${String(from)} × to ${String(to)} ×`;
}

function groupText(buckets: number): string {
  return buckets > 0 && buckets < SMALLEST_GROUP ? '<5' : number(buckets);
}
