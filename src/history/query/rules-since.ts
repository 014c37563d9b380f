/** Since when rules have been in use at a place, over restarts and reloads that changed nothing. */
import { RULES_CHANGE, type RulesInForce } from '../policy-text.ts';
import type { Place } from '../roll-up.ts';
import type { HistoryDatabase } from '../store/database.ts';

export interface RulesSinceQuery extends Pick<RulesInForce, 'policy' | 'registry' | 'mode'> {
  readonly place: Place;
}

/** Milliseconds since 1970; null where the history has no such rules as the latest ones. */
export interface RulesSince {
  /** Hash of policy, registry and mode together, and of the registry alone. */
  readonly rulesMs: number | null;
  readonly registryMs: number | null;
}

const MICROS_PER_MILLISECOND = 1000;

export function readRulesSince(database: HistoryDatabase, query: RulesSinceQuery): RulesSince {
  const { policy, registry, mode } = query;
  const same = (name: string): string => `json_extract(fields, '$.${name}') IS ?`;
  return {
    rulesMs: sinceOf(database, query.place, [same('policy'), same('registry'), same('mode')].join(' AND '), [
      policy,
      registry,
      mode,
    ]),
    registryMs: sinceOf(database, query.place, same('registry'), [registry]),
  };
}

/** The beginning of the latest run of changes for which a condition holds. */
function sinceOf(
  database: HistoryDatabase,
  { site, isp, link }: Place,
  condition: string,
  values: readonly string[],
): number | null {
  const ofPlace = 'kind = ? AND place = (SELECT id FROM place WHERE site = ? AND isp = ? AND link = ?)';
  const keys = [RULES_CHANGE, site, isp, link];
  const { since } = database
    .prepare(
      `SELECT min(coalesce(json_extract(fields, '$.since_ms'), time_us / ${MICROS_PER_MILLISECOND})) AS since
       FROM change WHERE ${ofPlace} AND id >
         (SELECT coalesce(max(id), 0) FROM change WHERE ${ofPlace} AND NOT (${condition}))`,
    )
    .get(...keys, ...keys, ...values) as { since: number | null };
  return since;
}
