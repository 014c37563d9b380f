/** Which rules each sensor uses, and since when: from what changed at them, the latest first. */
import type { ChangeList } from '../../../history/query/change-list.ts';

export interface RulesInUse {
  readonly mode: string;
  readonly policy: string;
  /** ms since 1970; restarts with the same rules count. */
  readonly sinceMs: number;
}

type Change = ChangeList['changes'][number];

interface Fields {
  readonly mode?: string;
  readonly policy?: { readonly name?: string; readonly sha256?: string };
  readonly reload?: { readonly mode?: string };
}

/** Changes that say which rules are in use. */
export const RULES_KINDS = ['start', 'reload'];

/** By `isp/site`. A sensor of which no such change is known is left out. */
export function rulesInUse(changes: readonly Change[]): ReadonlyMap<string, RulesInUse> {
  const found = new Map<string, RulesInUse & { readonly key: string; readonly isOver: boolean }>();
  for (const { isp, site, kind, fields, time_ms: sinceMs } of changes) {
    if (!RULES_KINDS.includes(kind)) continue;
    const { mode: started = '', policy, reload } = fields as Fields;
    if (policy?.name === undefined) continue;
    const mode = reload?.mode ?? started;
    const key = `${mode} ${policy.sha256 ?? ''}`;
    const name = `${isp}/${site}`;
    const later = found.get(name);
    if (later === undefined) found.set(name, { mode, policy: policy.name, sinceMs, key, isOver: false });
    else if (!later.isOver) found.set(name, later.key === key ? { ...later, sinceMs } : { ...later, isOver: true });
  }
  return found;
}
