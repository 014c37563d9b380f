/** The questions that the console is for, each with its answer in short and the page that has it in full. */
import type { LiveDocument } from '../../../api/live-schema.ts';
import type { ChangeList } from '../../../../history/query/change-list.ts';
import type { OverviewFigures } from '../../../../history/query/overview.ts';
import { clients, count, share, span } from '../../format/number-format.ts';
import { zonedTime } from '../../format/time-format.ts';
import type { ApiState } from '../../live/use-api.ts';
import { text } from '../../text/catalogue.ts';
import { changeTime, changeTitle } from '../incidents/change-words.ts';
import { figuresSpan, harmOf, isUnwatched, total } from './summary.ts';

export interface Answer {
  readonly question: string;
  readonly sentences: readonly string[];
  readonly to: string;
  readonly page: string;
}

const { answers: words, see } = text.overview;

export function answersOf(
  live: LiveDocument,
  figures: OverviewFigures | null,
  changes: Pick<ApiState<ChangeList>, 'data' | 'problem'>,
): readonly Answer[] {
  return [
    {
      question: words.harm,
      sentences: harm(live, figures),
      to: `/decisions?${harmFilter(live, figures)}`,
      page: see.decisions,
    },
    { question: words.force, sentences: force(live), to: '/rules', page: see.rules },
    { question: words.trust, sentences: trust(live, figures), to: '/health', page: see.health },
    { question: words.changes, sentences: changed(live, changes), to: '/incidents', page: see.incidents },
    { question: words.draft, sentences: draft(live), to: '/rules', page: see.rules },
    { question: words.next, sentences: next(live), to: '/rules#calendar', page: see.rules },
  ];
}

function harm(live: LiveDocument, figures: OverviewFigures | null): string[] {
  const hits = total(harmOf(live, figures));
  const when = figuresSpan(live, figures);
  const other = otherProtocol(live, figures);
  return [
    hits === 0
      ? isUnwatched(figures)
        ? words.harmUnknown(when)
        : words.harmNo(when)
      : words.harmYes(count(hits), when),
    ...(other > 0 ? [words.harmOther(count(other))] : []),
  ];
}

/** Hits of flows that have a registration, but not for their protocol. */
function otherProtocol(live: LiveDocument, figures: OverviewFigures | null): number {
  return total((figures === null ? live.harm.counts : figures.harm).other_protocol ?? {});
}

/**
 * The decisions that the answer is about: hits where there are any, and all decisions on registered users where not.
 */
function harmFilter(live: LiveDocument, figures: OverviewFigures | null): string {
  const hits = 'action=throttle,block';
  if (total(harmOf(live, figures)) > 0) return `registered=source,destination,both&${hits}`;
  return otherProtocol(live, figures) > 0 ? `registered=other&${hits}` : 'registered=source,destination,both';
}

function force({ mode, policy, rules_since_ms: sinceMs, zone }: LiveDocument): string[] {
  return [
    mode === 'enforce' ? words.forceRules(policy.name, count(policy.rules)) : words.forceNothing,
    words.since(zonedTime(sinceMs, zone)),
  ];
}

function trust({ counts, lag }: LiveDocument, figures: OverviewFigures | null): string[] {
  const lost = figures?.lost_packets ?? counts.lost;
  const packets = figures?.packets ?? counts.packets;
  if (lost + packets === 0) return [words.trustNothing];
  const undecoded = figures?.undecoded_packets ?? counts.undecoded;
  return [
    words.trustLoss(share(lost, lost + packets), share(undecoded, packets)),
    ...(lag === null ? [] : [words.trustLag(span(lag.last))]),
  ];
}

function changed({ zone }: LiveDocument, { data, problem }: Pick<ApiState<ChangeList>, 'data' | 'problem'>): string[] {
  if (data === null) return [problem === null ? text.component.loading : words.changesUnknown];
  const [latest] = data.changes;
  if (latest === undefined) return [words.changesNone];
  return [words.changesLast(changeTitle(latest, zone), changeTime(latest, zone))];
}

function draft({ shadow }: LiveDocument): string[] {
  if (shadow === null) return [words.draftNone];
  return [words.draftWould(clients(shadow.newly_hit), clients(shadow.registered))];
}

function next({ calendar, zone }: LiveDocument): string[] {
  if (calendar.next_ms === null && calendar.held_ms === null) return [words.nextNone];
  return [
    ...(calendar.next_ms === null ? [] : [words.nextAt(zonedTime(calendar.next_ms, zone))]),
    calendar.held_ms === null ? words.nextAhead(calendar.ahead_ms.length) : words.nextHeld,
  ];
}
