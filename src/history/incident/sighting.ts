/** What detectors see, and how an incident takes it up. */
import {
  type Incident,
  type IncidentFields,
  type IncidentKind,
  type IncidentScope,
  type KeptIncident,
  NO_FIELDS,
  NO_SCOPE,
  unitedScope,
} from './incident.ts';
import type { ExcessNumbers } from '../../policy/excess-words.ts';

/** Something that was seen, or seen again, in a stretch of time. */
export interface Sighting {
  readonly kind: IncidentKind;
  readonly subject?: string;
  readonly fromUs: number;
  readonly toUs: number;
  readonly cause?: string | null;
  readonly code?: string | null;
  readonly values?: readonly string[];
  readonly exceeded?: readonly ExcessNumbers[];
  readonly scope?: IncidentScope;
  /** Added to those before; `largest` keeps the larger, and `latest` the last. */
  readonly sums?: Readonly<Record<string, number>>;
  readonly largest?: Readonly<Record<string, number>>;
  readonly latest?: Readonly<Record<string, number>>;
  /** It has a beginning and an end; without it, an incident lasts until it ends. */
  readonly isOver?: boolean;
}

export function begun(sighting: Sighting): Incident {
  const { kind, subject = '', fromUs, toUs, isOver = false } = sighting;
  const fields = withSighting(NO_FIELDS, sighting);
  return { kind, subject, beginUs: fromUs, endUs: isOver ? toUs : null, latestUs: toUs, fields };
}

export function extended(before: KeptIncident, sighting: Sighting): KeptIncident {
  return {
    ...before,
    beginUs: Math.min(before.beginUs, sighting.fromUs),
    endUs: null,
    latestUs: Math.max(before.latestUs, sighting.toUs),
    fields: withSighting(before.fields, sighting),
  };
}

function withSighting(before: IncidentFields, sighting: Sighting): IncidentFields {
  const { cause = null, code = null, values = [], exceeded, scope, sums = {}, largest = {}, latest = {} } = sighting;
  const numbers: Record<string, number> = { ...before.numbers, ...latest };
  for (const [name, value] of Object.entries(sums)) numbers[name] = (numbers[name] ?? 0) + value;
  for (const [name, value] of Object.entries(largest)) numbers[name] = Math.max(numbers[name] ?? -Infinity, value);
  return {
    ...before,
    cause: cause ?? before.cause,
    ...(cause !== null && { code, values, exceeded: exceeded ?? [] }),
    scope: unitedScope(before.scope, scope ?? NO_SCOPE),
    numbers,
  };
}
