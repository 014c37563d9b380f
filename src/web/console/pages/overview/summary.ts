/** The state of a daemon in a few sentences, from the live document and the figures of the last day. */
import type { LiveDocument } from '../../../api/live-schema.ts';
import { isLossBeyond } from '../../../../history/incident/loss-bound.ts';
import type { OverviewFigures } from '../../../../history/query/overview.ts';
import { SEVERITIES, type Severity } from '../../component/severity.ts';
import { count, percent, spanInWords } from '../../format/number-format.ts';
import { zonedTime } from '../../format/time-format.ts';
import { text } from '../../text/catalogue.ts';

export interface Summary {
  readonly severity: Severity;
  readonly sentences: readonly string[];
}

interface Sentence {
  readonly severity: Severity;
  readonly text: string;
}

const { overview: words } = text;
/** Above the bound the figures are doubtful; above so many times the bound they are wrong. */
const BAD_LOSS = 10;
const DAY_S = 86_400;
const HOUR_S = 3600;
const MINUTE_S = 60;
const MS_PER_SECOND = 1000;
/** Less than this of a day is missing for a restart, and is not worth a sentence. */
const WHOLE = 0.98;

/** `figures` are those of the last day, or of all captures; null if the history cannot answer. */
export function summaryOf(live: LiveDocument, figures: OverviewFigures | null): Summary {
  const isWaiting = live.now_ms === null && live.source.kind !== 'captures';
  // The history may have figures from before the start.
  const isNew = figures === null || isUnwatched(figures);
  if (isWaiting && isNew) return made([modeSentence(live), { severity: 'warning', text: words.noPackets }]);
  return made([
    ...capturesSentence(live),
    modeSentence(live),
    ...(isWaiting ? [{ severity: 'warning', text: words.noPacketsSince } as const] : []),
    ...harmSentences(live, figures),
    ...lossSentence(live, figures),
    ...watchedSentence(live, figures),
  ]);
}

/** Registered hits that were not on purpose, by outcome: of the figures, or else since the counts began. */
export function harmOf(live: LiveDocument, figures: OverviewFigures | null): Readonly<Record<string, number>> {
  const counted = (figures === null ? live.harm.counts : figures.harm).in_force ?? {};
  const { latest } = live.harm;
  // The latest minute is not in the history yet.
  const isNew = figures !== null && latest !== null && latest.time_ms >= figures.to * MS_PER_SECOND;
  if (!isNew || total(counted) > 0) return counted;
  return { [live.mode === 'enforce' ? 'done' : 'would']: 1 };
}

export function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, value) => sum + value, 0);
}

/** The history answers, and has nothing of the span. */
export function isUnwatched(figures: OverviewFigures | null): boolean {
  return figures?.watched === 0;
}

/** What the figures are of, in words. */
export function figuresSpan(live: LiveDocument, figures: OverviewFigures | null): string {
  if (live.source.kind === 'captures') return words.inCaptures;
  return figures === null ? words.sinceStart : words.lastDay;
}

function made(sentences: readonly Sentence[]): Summary {
  const ranks = sentences.map(({ severity }) => SEVERITIES.indexOf(severity));
  return { severity: SEVERITIES[Math.max(...ranks)]!, sentences: sentences.map((one) => one.text) };
}

function capturesSentence({ source: { kind, files } }: LiveDocument): Sentence[] {
  if (kind !== 'captures') return [];
  const { done = 0, waiting = 0, faulty = 0 } = files;
  if (waiting > 0)
    return [{ severity: 'notice', text: words.reading(count(done + faulty), count(done + faulty + waiting)) }];
  return [{ severity: 'good', text: words.replayed(done, count(done)) }];
}

function modeSentence({ mode, rules_mode: rulesMode, breaker: { trips }, zone }: LiveDocument): Sentence {
  const plain = mode === 'enforce' ? words.enforcing : words.observing;
  const all = trips.find(({ then }) => then === 'observe');
  if (all !== undefined) {
    const time = zonedTime(all.time_ms, zone);
    return { severity: 'critical', text: rulesMode === 'enforce' ? words.tripped(time) : words.trippedObserving(time) };
  }
  const [trip] = trips;
  if (trip === undefined) return { severity: 'good', text: plain };
  return { severity: 'warning', text: words.suspectedIgnored(plain, zonedTime(trip.time_ms, zone)) };
}

function harmSentences(live: LiveDocument, figures: OverviewFigures | null): Sentence[] {
  const span = figuresSpan(live, figures);
  const { done = 0, would = 0, prevented = 0 } = harmOf(live, figures);
  const found: Sentence[] = [];
  if (done > 0) found.push({ severity: 'critical', text: words.hit(done, count(done), span) });
  if (prevented > 0) found.push({ severity: 'critical', text: words.prevented(prevented, count(prevented), span) });
  if (would > 0) found.push({ severity: 'critical', text: words.wouldBeHit(would, count(would), span) });
  // Where nothing was watched, it is not known that no user was hit.
  if (found.length > 0 || isUnwatched(figures)) return found;
  const none = live.mode === 'enforce' ? words.noneHit : words.noneWouldBeHit;
  return [{ severity: 'good', text: none(span) }];
}

function lossSentence(live: LiveDocument, figures: OverviewFigures | null): Sentence[] {
  const lost = figures?.lost_packets ?? live.counts.lost;
  const packets = figures?.packets ?? live.counts.packets;
  if (lost + packets === 0) return [];
  const share = lost / (lost + packets);
  const severity = lossSeverity(live.loss_bound, lost, packets);
  return [{ severity, text: lost === 0 ? words.nothingLost : words.lostShare(percent(share)) }];
}

function lossSeverity(bound: number, lost: number, packets: number): Severity {
  if (!isLossBeyond(bound, lost, packets)) return 'good';
  return isLossBeyond(BAD_LOSS * bound, lost, packets) ? 'critical' : 'warning';
}

/** A daemon that has just been installed has watched less than a day, which its reader should know too. */
function watchedSentence(live: LiveDocument, figures: OverviewFigures | null): Sentence[] {
  if (figures === null || live.source.kind === 'captures' || figures.watched >= WHOLE * DAY_S) return [];
  if (figures.watched === 0) return [{ severity: 'notice', text: words.notWatched }];
  const unit = figures.watched >= HOUR_S ? HOUR_S : figures.watched >= MINUTE_S ? MINUTE_S : 1;
  const watched = spanInWords(Math.floor(figures.watched / unit) * unit);
  return [{ severity: 'notice', text: words.watchedInPart(watched) }];
}
