/** Incidents and their lengths in words. */
import type { ShownIncident } from '../../../../history/query/incident-list.ts';
import type { Severity } from '../../component/severity.ts';
import { tripCause } from '../../format/limit-name.ts';
import { reasonIn } from '../../format/refusal-words.ts';
import { sectorName } from '../../format/sector-name.ts';
import { text } from '../../text/catalogue.ts';

const words = text.incidents;
const SEVERITIES: Readonly<Record<ShownIncident['kind'], Severity>> = {
  hit: 'critical',
  breaker: 'critical',
  registry: 'warning',
  reload: 'warning',
  loss: 'warning',
  silence: 'warning',
  demand: 'notice',
  note: 'notice',
};
const MS = { days: 86_400_000, hours: 3_600_000, minutes: 60_000, seconds: 1000 } as const;

export function severityOf({ kind }: ShownIncident): Severity {
  return SEVERITIES[kind];
}

export function kindName(kind: string): string {
  return words.kinds[kind] ?? kind;
}

/** A note's title, or the name of its kind. */
export function titleOf({ kind, title }: ShownIncident): string {
  return title ?? kindName(kind);
}

/** What was seen: the numbers in a sentence, and the cause where it says more. */
export function seenWords(incident: ShownIncident): string {
  const { kind, subject, numbers, cause, title } = incident;
  if (kind === 'note') return title ?? '';
  if (kind === 'silence') return words.silence[subject] ?? causeWords(incident);
  const seen = words.seen[kind]?.(numbers) ?? '';
  return kind === 'reload' && cause !== null ? causeWords(incident) : seen;
}

/**
 * The cause of a trip is kept as `clients: 60s confirmed`, limits as numbers, and the problem of a source with its
 * code; other causes, and those of earlier versions, are texts of their own.
 */
export function causeWords({ kind, cause, code, values, exceeded }: ShownIncident): string {
  if (kind === 'silence') return reasonIn({ problem: cause, code, values }) ?? '';
  if (exceeded.length > 0) return exceeded.map(text.change.reason).join('; ');
  if (cause === null || kind !== 'breaker') return cause ?? '';
  const [name = '', limit = null] = cause.split(': ');
  return tripCause(name, limit);
}

export function placeName({ site, isp, link }: Pick<ShownIncident, 'site' | 'isp' | 'link'>): string {
  return [site, isp, link].filter((part) => part !== '').join(', ');
}

/** The protocols, rules and sectors that it is about; empty where no one is named. */
export function scopeWords({ scope }: ShownIncident): string {
  const { terms } = text;
  const protocols = scope.protocols.map((name) => terms.protocols[name] ?? name);
  const named = { ...scope, protocols, sectors: scope.sectors.map(sectorName) };
  return (['protocols', 'rules', 'sectors'] as const)
    .filter((name) => named[name].length > 0)
    .map((name) => words.scope[name](named[name]))
    .join('; ');
}

/** A length of time in its largest unit of which it has at least two. */
export function lengthWords(ms: number): string {
  if (ms < MS.seconds) return words.moment;
  const unit = (['days', 'hours', 'minutes'] as const).find((name) => ms >= 2 * MS[name]) ?? 'seconds';
  return words.spans[unit](Math.round(ms / MS[unit]));
}

export function incidentAddress({ id }: ShownIncident): string {
  return `/incidents/${id}`;
}
