/** What will happen at midnight: the dates of the week ahead, each in words, with whom it would hit. */
import { useEffect, useRef } from 'preact/hooks';
import type { CalendarDocument, DateView } from '../../api/calendar-schema.ts';
import { SeverityBadge, type Severity } from '../component/badge.tsx';
import { Empty } from '../component/empty.tsx';
import { ErrorState } from '../component/error-state.tsx';
import { Loading } from '../component/loading.tsx';
import { Panel } from '../component/panel.tsx';
import { Time } from '../component/time.tsx';
import { ConfirmAction } from '../action/confirm-action.tsx';
import { clients, count } from '../format/number-format.ts';
import { zonedTime } from '../format/time-format.ts';
import { usePrinting } from '../chart/use-printing.ts';
import { useApi } from '../live/use-api.ts';
import { text } from '../text/catalogue.ts';
import './calendar.css';

const LINKED = 'calendar';
const EVERY_MS = 30_000;
/** Dates that are shown at first; the others too where one of them needs a confirmation. */
const FIRST = 6;
const SEVERITIES: Readonly<Record<DateView['state'], Severity>> = {
  ahead: 'notice',
  confirmed: 'good',
  'needs-confirmation': 'warning',
  held: 'critical',
};

/** `most`: dates that are listed. `mayAct`: confirmations are offered. */
export function CalendarPanel({
  zone,
  most = Infinity,
  mayAct = false,
}: {
  zone: string;
  most?: number;
  mayAct?: boolean;
}) {
  const { data, problem, reload } = useApi<CalendarDocument>('/calendar', EVERY_MS);
  const words = text.calendar;
  const place = useLinked(data !== null);
  const isPrinting = usePrinting();
  const rest = data?.dates.slice(FIRST, most) ?? [];
  const common = { sha256: data?.sha256 ?? '', zone, mayAct, done: reload };
  return (
    <Panel title={words.title} {...(data !== null && { footer: words.basis(zonedTime(data.at_ms, zone)) })}>
      <div id={LINKED} ref={place} />
      {problem !== null && <ErrorState problem={problem} retry={reload} />}
      {data === null && problem === null && <Loading />}
      {data !== null && data.dates.length === 0 && <Empty>{words.nothing(zonedTime(data.until_ms, zone))}</Empty>}
      {data !== null && data.dates.length > 0 && (
        <>
          <Dates dates={data.dates.slice(0, Math.min(most, FIRST))} {...common} />
          {rest.length > 0 && (
            <details open={isPrinting || rest.some(({ state }) => state !== 'ahead')}>
              <summary class="more-dates">{words.later(count(rest.length))}</summary>
              <Dates dates={rest} {...common} />
            </details>
          )}
        </>
      )}
      {data !== null && (data.more || data.dates.length > most) && <p class="small muted">{words.more}</p>}
    </Panel>
  );
}

function Dates(props: { dates: readonly DateView[]; sha256: string; zone: string; mayAct: boolean; done: () => void }) {
  const { dates, sha256, zone, mayAct, done } = props;
  return (
    <ol class="calendar">
      {dates.map((date) => (
        <li key={date.date}>
          <CalendarDate date={date} zone={zone} />
          {mayAct && <DateAction date={date} sha256={sha256} zone={zone} done={done} />}
        </li>
      ))}
    </ol>
  );
}

/** Brings the dates into view where the address ends in `#calendar`, once they are there. */
function useLinked(isReady: boolean) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (isReady && location.hash === `#${LINKED}`) place.current?.closest('section')?.scrollIntoView();
  }, [isReady]);
  return place;
}

function CalendarDate({ date, zone }: { date: DateView; zone: string }) {
  const words = text.calendar;
  return (
    <>
      <p class="calendar-head">
        <strong>
          <Time ms={date.first_ms} zone={zone} />
        </strong>
        <SeverityBadge severity={SEVERITIES[date.state]} word={words.states[date.state]!} />
      </p>
      <p>
        {changeWords(date)} {hitWords(date)}
      </p>
      {date.state === 'held' && <p>{words.held}</p>}
      {date.verdict.reasons.length > 0 && (
        <ul class="small">
          {date.verdict.reasons.map(text.change.reason).map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      )}
    </>
  );
}

function DateAction(props: { date: DateView; sha256: string; zone: string; done: () => void }) {
  const { date, sha256, zone, done } = props;
  const words = text.calendar;
  if (date.state !== 'held' && date.state !== 'needs-confirmation') return null;
  if (!date.confirmable) return <p class="small muted">{words.confirmLater}</p>;
  return (
    <ConfirmAction
      label={words.confirm}
      verdict={date.verdict}
      body={{ sha256, date: date.date }}
      about={zonedTime(date.first_ms, zone)}
      done={done}
    />
  );
}

/** `212 registrations expire and rule night begins.` */
function changeWords({ expire, begin, rules, more_rules: more, verdict }: DateView): string {
  const words = text.calendar;
  const parts = [
    ...(expire > 0 ? [words.expire(expire)] : []),
    ...(begin > 0 ? [words.begin(begin)] : []),
    ...rules.map(({ name, begins }) => (begins ? words.ruleBegins(name) : words.ruleEnds(name))),
    ...(more > 0 ? [words.moreRules(more)] : []),
  ];
  return parts.length === 0 ? words.lost(count(verdict.registrations.lost)) : words.sentence(parts);
}

/** `14 clients would newly be hit, 3 of them with a registration.` */
function hitWords({ verdict: { figures } }: DateView): string {
  const words = text.calendar;
  const parts = [
    figures.newly_hit === 0 ? words.noneHit : words.newlyHit(clients(figures.newly_hit)),
    ...(figures.registered_hit > 0 ? [words.registered(clients(figures.registered_hit))] : []),
    ...(figures.deregistered > 0 ? [words.deregistered(clients(figures.deregistered))] : []),
    ...(figures.no_longer_hit > 0 ? [words.noLongerHit(clients(figures.no_longer_hit))] : []),
  ];
  return `${parts.join(', ')}.`;
}
