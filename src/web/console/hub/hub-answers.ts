/** The questions that the console is for, answered for a fleet: from its sensors, its figures and what changed. */
import type { ChangeList } from '../../../history/query/change-list.ts';
import type { OverviewFigures } from '../../../history/query/overview.ts';
import type { HubSensor } from '../../api/hub-schema.ts';
import { count, share, span } from '../format/number-format.ts';
import { zonedTime } from '../format/time-format.ts';
import type { Answer } from '../pages/overview/answers.ts';
import { changeTime, changeTitle } from '../pages/incidents/change-words.ts';
import { text } from '../text/catalogue.ts';
import { RULES_KINDS, rulesInUse } from './rules-in-use.ts';

/** What changed, as far as the answers are made of it. */
export const ANSWER_KINDS = [...RULES_KINDS, 'breaker', 'calendar', 'shadow', 'source', 'hit'];

type Change = ChangeList['changes'][number];

interface Known {
  readonly sensors: readonly HubSensor[];
  /** Null while they are not known. */
  readonly figures: OverviewFigures | null;
  readonly changes: readonly Change[] | null;
  readonly zone: string;
  readonly wallMs: number;
}

const { answers: shared } = text.overview;
const { answers: words, pages } = text.hub;
const MICROS_PER_SECOND = 1e6;
const MOST_NAMES = 3;

export function hubAnswers(known: Known): readonly Answer[] {
  const { changes } = known;
  const unknown = [text.component.loading];
  const [sensors, incidents] = [
    { to: '/sensors', page: pages.sensors },
    { to: '/incidents', page: pages.incidents },
  ];
  return [
    { question: shared.harm, sentences: known.figures === null ? unknown : harm(known.figures), ...incidents },
    { question: words.force, sentences: changes === null ? unknown : force(changes, known), ...sensors },
    { question: shared.trust, sentences: known.figures === null ? unknown : trust(known.figures, known), ...sensors },
    { question: shared.changes, sentences: changes === null ? unknown : changed(changes, known), ...incidents },
    { question: words.draft, sentences: changes === null ? unknown : draft(changes), ...incidents },
    { question: shared.next, sentences: changes === null ? unknown : next(changes, known), ...incidents },
  ];
}

function nameOf({ isp, site }: Pick<Change, 'isp' | 'site'>): string {
  return `${isp}/${site}`;
}

function named(names: readonly string[]): string {
  return words.names(names.slice(0, MOST_NAMES).join(', '), Math.max(0, names.length - MOST_NAMES));
}

function harm({ harm: counts, watched }: OverviewFigures): string[] {
  const hits = Object.values(counts.in_force ?? {}).reduce((sum, value) => sum + value, 0);
  if (hits > 0) return [words.harmYes(count(hits))];
  return [watched === 0 ? words.harmUnknown : words.harmNo];
}

function force(changes: readonly Change[], { zone }: Known): string[] {
  const used = [...rulesInUse(changes)];
  if (used.length === 0) return [words.forceUnknown];
  const enforcing = used.filter(([, { mode }]) => mode === 'enforce').map(([name]) => name);
  const latestMs = Math.max(...used.map(([, { sinceMs }]) => sinceMs));
  return [
    enforcing.length === 0 ? words.forceNothing(used.length) : words.forceAt(named(enforcing)),
    words.since(zonedTime(latestMs, zone)),
  ];
}

function trust(figures: OverviewFigures, { sensors }: Known): string[] {
  const { packets, lost_packets: lost, undecoded_packets: undecoded } = figures;
  if (packets + lost === 0) return [shared.trustNothing];
  const lagUs = Math.max(0, ...sensors.map(({ lag_us: lag }) => lag));
  return [
    shared.trustLoss(share(lost, packets + lost), share(undecoded, packets)),
    words.trustLag(span(lagUs / MICROS_PER_SECOND)),
  ];
}

function changed([latest]: readonly Change[], { zone }: Known): string[] {
  if (latest === undefined) return [shared.changesNone];
  return [words.changesLast(changeTitle(latest, zone), changeTime(latest, zone), nameOf(latest))];
}

interface Draft {
  readonly state?: string;
  readonly policy?: { readonly name?: string };
}

/** Drafts that decide now, and what they have given alarm of. */
function draft(changes: readonly Change[]): string[] {
  const latest = new Map<string, { readonly isOver: boolean; readonly states: string[] }>();
  for (const change of changes) {
    const { state = '' } = (change.fields as { shadow?: Draft }).shadow ?? {};
    if (change.kind !== 'shadow') continue;
    const name = nameOf(change);
    const one = latest.get(name) ?? { isOver: state === 'ended', states: [] };
    // What came before the draft began is of an earlier one.
    if (!one.states.includes('began')) one.states.push(state);
    latest.set(name, one);
  }
  const drafts = [...latest].filter(([, { isOver }]) => !isOver);
  if (drafts.length === 0) return [words.draftNone];
  const having = (state: string): string[] =>
    drafts.filter(([, { states }]) => states.includes(state)).map(([name]) => name);
  const [hitting, tripping] = [having('registered-hit'), having('would-trip')];
  return [
    words.draftAt(named(drafts.map(([name]) => name))),
    hitting.length > 0 ? words.draftHits(named(hitting)) : words.draftHitsNone,
    ...(tripping.length > 0 ? [words.draftTrips(named(tripping))] : []),
  ];
}

/** Dates that sensors have announced and that are still ahead, or held. */
function next(changes: readonly Change[], { zone, wallMs }: Known): string[] {
  const latest = new Map<string, { readonly state: string; readonly ms: number; readonly name: string }>();
  for (const change of changes) {
    const { state = '', from } = (change.fields as { calendar?: { state?: string; from?: string } }).calendar ?? {};
    if (change.kind !== 'calendar' || from === undefined) continue;
    const key = `${nameOf(change)} ${from}`;
    if (!latest.has(key)) latest.set(key, { state, ms: Date.parse(from), name: nameOf(change) });
  }
  const dates = [...latest.values()].sort((a, b) => a.ms - b.ms);
  const held = dates.filter(({ state }) => state === 'held').map(({ name }) => name);
  const [first] = dates.filter(({ state, ms }) => (state === 'ahead' || state === 'confirmed') && ms > wallMs);
  return [
    first === undefined ? words.nextNone : words.nextAt(zonedTime(first.ms, zone), first.name),
    ...(held.length > 0 ? [words.nextHeld(named(held))] : []),
  ];
}
