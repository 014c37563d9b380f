/** What an approved change would take from a registration in force: two people revoke, and one does not. */
import type { ScopeName } from '../../registry/scope.ts';

export interface Period {
  readonly validFrom: string;
  /** Empty for no end. */
  readonly validUntil: string;
}

interface Scoped {
  readonly scope: ScopeName;
}

/** From the widest on. */
const SCOPES: readonly ScopeName[] = ['', 'source', 'pair'];
export const INSTEAD = 'to take it away, propose to revoke the registration';

/**
 * Null where an approved change leaves its holder all that is in force, unless the holder asked for less. A holder
 * names addresses and the period; the reviewer decides on the period and the scope.
 */
export function changeRefusal(
  before: Scoped & Pick<Period, 'validUntil'>,
  asked: Scoped & Pick<Period, 'validUntil'>,
  { validUntil }: Pick<Period, 'validUntil'>,
): string | null {
  if (isEarlier(validUntil, before.validUntil) && isEarlier(validUntil, asked.validUntil))
    return (
      `the registration is in force ${before.validUntil === '' ? 'without an end' : `until ${before.validUntil}`}, ` +
      `and its holder has not asked for an earlier end: ${INSTEAD}`
    );
  if (SCOPES.indexOf(asked.scope) > SCOPES.indexOf(before.scope))
    return `the registration covers more flows now, which its holder has not given up: ${INSTEAD}`;
  return null;
}

/** Empty means never. */
function isEarlier(day: string, other: string): boolean {
  return day !== '' && (other === '' || day < other);
}
