/**
 * Every metric of the daemon: name, meaning, labels, and the source of its value. Names follow the conventions of
 * Prometheus: base units, and `_total` for counters. No label is an address, a port or a holder. The author of the
 * policy names the rules.
 */
import { DECISIONS } from './decision-metrics.ts';
import { FLEET } from './fleet-metrics.ts';
import { FLOWS } from './flow-metrics.ts';
import { HISTORY } from './history-metrics.ts';
import { LOGS } from './event-log-metrics.ts';
import type { CatalogueMetric } from './metric.ts';
import { PROCESS } from './process-metrics.ts';
import { RULES } from './rules-metrics.ts';
import { SAFETY } from './safety-metrics.ts';
import { SHADOW } from './shadow-metrics.ts';
import { SOURCE } from './source-metrics.ts';

/** The catalogue, grouped as in its table. */
export const CATALOGUE: readonly { readonly part: string; readonly metrics: readonly CatalogueMetric[] }[] = [
  { part: 'Source', metrics: SOURCE },
  { part: 'Flows', metrics: FLOWS },
  { part: 'Decisions', metrics: DECISIONS },
  { part: 'Safety', metrics: SAFETY },
  { part: 'Rules', metrics: RULES },
  { part: 'Shadow', metrics: SHADOW },
  { part: 'Event logs', metrics: LOGS },
  { part: 'Fleet', metrics: FLEET },
  { part: 'History', metrics: HISTORY },
  { part: 'Process', metrics: PROCESS },
];
