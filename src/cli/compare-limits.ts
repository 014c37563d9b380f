/** The limits of `sluice compare`: a change that exceeds one makes the command fail. */
import { number } from '../core/count-text.ts';
import type { PairComparison } from '../study/compare/pair-comparison.ts';

export interface HitLimits {
  readonly failOnChange?: boolean;
  readonly maxRegisteredHits?: number;
  readonly maxClientsHit?: number;
  /** Fraction, 0 to 1, of the clients with a finding. */
  readonly maxShareHit?: number;
}

export function hasLimits({ failOnChange, maxRegisteredHits, maxClientsHit, maxShareHit }: HitLimits): boolean {
  return failOnChange === true || [maxRegisteredHits, maxClientsHit, maxShareHit].some((limit) => limit !== undefined);
}

/** A sentence for each limit that is exceeded. `policy`: the name of the policy that is compared with the first. */
export function exceededLimits(pair: PairComparison, policy: string, limits: HitLimits): string[] {
  const { hits, registeredClients, changed } = pair;
  const texts: string[] = [];
  const check = (flag: string, limit: number | undefined, value: number, text: string): void => {
    if (limit !== undefined && value > limit) texts.push(`${flag}: policy ${policy} ${text}`);
  };
  check(
    `--max-registered-hits ${limits.maxRegisteredHits}`,
    limits.maxRegisteredHits,
    registeredClients,
    `would newly hit ${number(registeredClients)} registered clients`,
  );
  check(
    `--max-clients-hit ${limits.maxClientsHit}`,
    limits.maxClientsHit,
    hits.newlyHit,
    `would newly hit ${number(hits.newlyHit)} clients`,
  );
  const share = hits.count === 0 ? 0 : hits.newlyHit / hits.count;
  check(
    `--max-share-hit ${percent(limits.maxShareHit ?? 0)}`,
    limits.maxShareHit,
    share,
    `would newly hit ${percent(share)} of ${number(hits.count)} clients`,
  );
  check('--fail-on-change', limits.failOnChange === true ? 0 : undefined, changed, `changes ${number(changed)} flows`);
  return texts;
}

function percent(fraction: number): string {
  return `${Number((fraction * 100).toFixed(4))} %`;
}
