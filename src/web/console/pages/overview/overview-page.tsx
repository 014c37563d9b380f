/** The overview: the state in a sentence, the questions with their answers, and the figures of a span over time. */
import type { ChangeList } from '../../../../history/query/change-list.ts';
import type { OverviewFigures } from '../../../../history/query/overview.ts';
import { CalendarPanel } from '../../calendar/calendar-panel.tsx';
import { Chart } from '../../chart/chart.tsx';
import { CommandWords } from '../../component/command-words.tsx';
import { Note } from '../../component/note.tsx';
import { Sign } from '../../component/sign.tsx';
import { span as lengthOf } from '../../format/number-format.ts';
import { useApi } from '../../live/use-api.ts';
import { Link } from '../../shell/link.tsx';
import { spanOf, spanQuery } from '../../span/span-choice.ts';
import { spanWords, TimeSpan } from '../../span/time-span.tsx';
import { text } from '../../text/catalogue.ts';
import type { PageProps } from '../pages.tsx';
import { AnswerList } from './answer-list.tsx';
import { answersOf } from './answers.ts';
import { type Attention, attentionOf } from './attention.ts';
import { ChangesPanel } from './changes-panel.tsx';
import { OverviewNumbers } from './figures.tsx';
import { IncidentsPanel } from './incidents-panel.tsx';
import { LimitsPanel } from './limits-panel.tsx';
import { type Summary, summaryOf } from './summary.ts';
import { SummaryLoading } from './summary-loading.tsx';
import './overview.css';

const { overview: words } = text;
const ACTIONS = ['allow', 'throttle', 'block'];
const PROTOCOLS = ['wireguard', 'openvpn', 'ipsec'];
const OUTCOMES = ['would', 'prevented', 'done'];
const CHANGES = 6;
const DATES = 3;
const EVERY_MS = 15_000;
/** From this part on a span counts as watched. */
const WHOLE = 0.98;

export function OverviewPage({ live, place }: PageProps) {
  const span = spanOf(place.query, live);
  const lastDay = spanOf(new URLSearchParams(), live);
  const [todayPath, shownPath] = [lastDay, span].map((one) => overviewPath(spanQuery(one)));
  const today = useApi<OverviewFigures>(todayPath!, EVERY_MS);
  const other = useApi<OverviewFigures>(shownPath === todayPath ? null : shownPath!, EVERY_MS);
  const shown = shownPath === todayPath ? today : other;
  const changes = useApi<ChangeList>(`/changes?limit=${CHANGES}`, EVERY_MS);
  const figures = today.problem === null ? today.data : null;
  const isKnown = today.data !== null || today.problem !== null;
  const common = { span, place, zone: live.zone };
  return (
    <>
      <SummaryText summary={isKnown ? summaryOf(live, figures) : null} />
      {attentionOf(live, today.problem).map((one) => (
        <AttentionNote key={one.text} attention={one} />
      ))}
      <AnswerList answers={answersOf(live, figures, changes)} />
      <div class="page-head">
        <h2>{spanWords(span, live.zone)}</h2>
        <TimeSpan span={span} live={live} />
      </div>
      <WatchedPart figures={shown.data} />
      <OverviewNumbers live={live} figures={shown.data} />
      <div class="overview-charts">
        <Chart {...common} title={words.charts.decisions} measure="decisions" by="action" order={ACTIONS} />
        <Chart {...common} title={words.charts.findings} measure="decisions" by="protocol" order={PROTOCOLS} />
        <Chart {...common} title={words.charts.clients} measure="clients" by="action" order={ACTIONS} kind="lines" />
        <Chart {...common} title={words.charts.harm} measure="harm" by="outcome" order={OUTCOMES} />
        <Chart {...common} title={words.charts.lost} measure="lost" />
        <LimitsPanel live={live} />
      </div>
      <div class="grid">
        {/* Captures are each of a time of their own, so no date is ahead of them all. */}
        {live.source.kind !== 'captures' && <CalendarPanel zone={live.zone} most={DATES} />}
        <IncidentsPanel live={live} />
        <ChangesPanel changes={changes} zone={live.zone} />
      </div>
    </>
  );
}

/** Totals of a span that was watched in part say less than a reader may think. */
function WatchedPart({ figures }: { figures: OverviewFigures | null }) {
  if (figures === null || figures.watched >= WHOLE * (figures.to - figures.from)) return null;
  const length = lengthOf(figures.to - figures.from);
  return (
    <p class="muted">
      {figures.watched === 0 ? words.spanUnwatched : words.spanWatched(lengthOf(figures.watched), length)}
    </p>
  );
}

function overviewPath(query: Readonly<Record<string, string>>): string {
  return `/overview?${new URLSearchParams(query).toString()}`;
}

function SummaryText({ summary }: { summary: Summary | null }) {
  if (summary === null) return <SummaryLoading />;
  return (
    <section class={`summary ${summary.severity}`} aria-label={words.summary}>
      <Sign name={summary.severity} />
      <p>{summary.sentences.join(' ')}</p>
    </section>
  );
}

function AttentionNote({ attention: { severity, text: said, details, to, page } }: { attention: Attention }) {
  return (
    <Note severity={severity}>
      <p>
        <CommandWords words={said} /> <Link to={to}>{page}</Link>
      </p>
      {details.length > 0 && (
        <ul>
          {details.map((detail) => (
            <li key={detail}>{detail}</li>
          ))}
        </ul>
      )}
    </Note>
  );
}
