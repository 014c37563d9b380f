/**
 * The fields of a change as pages have them. The history keeps the numbers of events; groups of fewer than five clients
 * are not distinguished here.
 */
import { coarseClients, coarseParts } from '../../core/small-group.ts';
import { coarseExcess } from '../../policy/coarse-excess.ts';
import type { ExcessNumbers } from '../../policy/excess-words.ts';

/** Fields of events that count clients, at any depth. */
const CLIENT_FIELDS: ReadonlySet<string> = new Set([
  'clients',
  'clients_affected',
  'clients_seen',
  'deregistered',
  'newly_hit',
  'no_longer_hit',
  'registered_hit',
  'shadow_clients',
]);
/** Limits that a change exceeds, as numbers. */
const EXCEEDED = 'exceeded';
/** Fields that divide a number of clients. */
const PART_FIELDS: ReadonlySet<string> = new Set(['hits_by_rule']);

export function shownFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return shownValue(fields) as Record<string, unknown>;
}

function shownValue(value: unknown, name = ''): unknown {
  if (typeof value === 'number') return CLIENT_FIELDS.has(name) ? coarseClients(value) : value;
  if (Array.isArray(value) && name === EXCEEDED) return (value as ExcessNumbers[]).map(coarseExcess);
  if (Array.isArray(value)) return value.map((one) => shownValue(one));
  if (typeof value !== 'object' || value === null) return value;
  if (PART_FIELDS.has(name)) return coarseParts(value as Readonly<Record<string, number>>);
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, shownValue(part, key)]));
}
