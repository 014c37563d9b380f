/** Which policies were in force in a period, from the changes of the rules that the history has. */
import type { HistoryDatabase } from '../store/database.ts';
import { type PolicyText, RULES_CHANGE, type RulesInForce } from '../policy-text.ts';

export interface PolicyInForce {
  /** Seconds since 1970; `toS` is when others followed, or the end of the period. */
  readonly fromS: number;
  readonly toS: number;
  /** They were in force before the period began. */
  readonly since: number;
  readonly mode: string;
  readonly policySha256: string;
  readonly registrySha256: string;
  readonly registrations: number;
  /** Null where the history does not have it. */
  readonly text: PolicyText | null;
}

const MICROS_PER_SECOND = 1e6;
/** Changes that are read at most. */
const LIMIT = 1000;

interface Row {
  readonly time_us: number;
  readonly fields: string;
}

/** In the order of time. Rules that came again at once, as at a restart, are one. `untilS` ends the last. */
export function readPolicies(database: HistoryDatabase, fromS: number, untilS: number): PolicyInForce[] {
  const before = database
    .prepare('SELECT time_us, fields FROM change WHERE kind = ? AND time_us < ? ORDER BY time_us DESC, id DESC LIMIT 1')
    .all(RULES_CHANGE, fromS * MICROS_PER_SECOND) as Row[];
  const within = database
    .prepare(
      'SELECT time_us, fields FROM change WHERE kind = ? AND time_us >= ? AND time_us < ? ORDER BY ' +
        `time_us, id LIMIT ${LIMIT}`,
    )
    .all(RULES_CHANGE, fromS * MICROS_PER_SECOND, untilS * MICROS_PER_SECOND) as Row[];
  const list: (PolicyInForce & { toS: number })[] = [];
  for (const { time_us: timeUs, fields } of [...before, ...within]) {
    const rules = JSON.parse(fields) as RulesInForce;
    const since = timeUs / MICROS_PER_SECOND;
    const start = Math.max(fromS, since);
    const last = list.at(-1);
    if (last !== undefined && isSame(last, rules)) continue;
    if (last !== undefined) last.toS = start;
    list.push({
      fromS: start,
      toS: untilS,
      since,
      mode: rules.mode,
      policySha256: rules.policy,
      registrySha256: rules.registry,
      registrations: rules.registrations,
      text: policyText(database, rules.policy),
    });
  }
  return list;
}

function isSame(one: PolicyInForce, rules: RulesInForce): boolean {
  return one.policySha256 === rules.policy && one.registrySha256 === rules.registry && one.mode === rules.mode;
}

function policyText(database: HistoryDatabase, sha256: string): PolicyText | null {
  const row = database.prepare('SELECT text FROM policy_text WHERE sha256 = ?').get(sha256) as
    { text: string } | undefined;
  return row === undefined ? null : (JSON.parse(row.text) as PolicyText);
}
