/** What a mend would take from a registration in force: two people revoke, and one does not. */
import { rangeOf } from '../../registry/address-range.ts';
import { PrefixParser } from '../../registry/prefix.ts';
import { INSTEAD } from '../model/change-loss.ts';
import type { Statement } from '../store/application.ts';
import { registeredPrefixes } from '../store/registry-rows.ts';

/** Null where a registration that is mended keeps all addresses that it has. */
export function mendRefusal(before: readonly string[], after: Statement): string | null {
  const kept = registeredPrefixes(after).map(({ prefix }) => rangeIn(prefix));
  const lost = before.filter((prefix) => !isCovered(rangeIn(prefix), kept));
  return lost.length === 0
    ? null
    : `${lost.join(', ')} would no longer be registered: the holder changes the registration to give addresses up; ` +
        INSTEAD;
}

interface Range {
  readonly first: bigint;
  readonly last: bigint;
}

function rangeIn(prefix: string): Range {
  const parser = new PrefixParser();
  if (!parser.parse(prefix)) throw new Error(`${prefix}: ${parser.message}`);
  return rangeOf(parser);
}

/** One range, or several that lie side by side, hold all of it. */
function isCovered({ first, last }: Range, ranges: readonly Range[]): boolean {
  let next = first;
  for (const range of ranges.toSorted((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))) {
    if (range.first > next) break;
    if (range.last >= next) next = range.last + 1n;
    if (next > last) return true;
  }
  return false;
}
