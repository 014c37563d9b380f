/** Changes in words: what changed, with its figures, and who did it. */
import type { ChangeList } from '../../../../history/query/change-list.ts';
import type { ExceededLimit } from '../../../../policy/exceeded-limit-schema.ts';
import { tripCause } from '../../format/limit-name.ts';
import { reasonIn } from '../../format/refusal-words.ts';
import { zonedTime } from '../../format/time-format.ts';
import { text } from '../../text/catalogue.ts';
import { lengthWords } from './incident-words.ts';

export type ShownChange = ChangeList['changes'][number];

const words = text.incidents.changeWords;
const MS_PER_SECOND = 1000;
const MANY_MEANINGS: ReadonlySet<string> = new Set(['shadow', 'calendar', 'action', 'breaker', 'source']);

/** Fields as daemons write them: a part may be missing in those of another version. */
interface Fields {
  readonly mode?: string;
  readonly source?: string;
  readonly after?: string;
  readonly unwatched_seconds?: number;
  readonly asked?: boolean;
  readonly policy?: { readonly name?: string; readonly sha256?: string };
  readonly reload?: {
    readonly result: string;
    readonly mode?: string;
    readonly change?: { readonly confirmed?: boolean } & Limits;
  };
  readonly breaker?: {
    readonly state: string;
    readonly cause?: string;
    readonly limit?: string | null;
    readonly rule?: string | null;
  };
  readonly harm?: { readonly reason?: string };
  readonly calendar?: { readonly state: string; readonly from?: string } & Limits;
  readonly shadow?: { readonly state: string; readonly policy?: { readonly name?: string } };
  readonly action?: {
    readonly what: string;
    readonly result?: string;
    readonly who?: Who;
    readonly reason?: string;
    readonly title?: string;
  };
  readonly state?: string;
  readonly problem?: string;
  readonly code?: string;
  readonly values?: readonly string[];
  readonly new?: number;
  readonly rule?: string;
}

/** Limits that a change exceeds: as numbers, and in events of earlier versions as sentences alone. */
interface Limits {
  readonly reasons?: readonly string[];
  readonly exceeded?: readonly ExceededLimit[];
}

interface Who {
  readonly via: string;
  readonly uid?: number;
  readonly signal?: string;
  readonly account?: string;
}

export function changeName({ kind }: ShownChange): string {
  return text.incidents.changes[kind] ?? kind;
}

/** The name, and what happened where a name has many meanings. */
export function changeTitle(change: ShownChange, zone: string): string {
  const name = changeName(change);
  const [what] = MANY_MEANINGS.has(change.kind) ? parts(change.kind, change.fields, zone) : [];
  return what === undefined || what === '' ? name : words.titled(name, what);
}

/** In the zone; rules that decide whatever is read have no time of their own. */
export function changeTime({ time_ms: ms }: ShownChange, zone: string): string {
  return ms === 0 ? words.always : zonedTime(ms, zone);
}

export function changeDetails({ kind, fields }: ShownChange, zone: string): string {
  return parts(kind, fields as Fields, zone)
    .filter((part) => part !== undefined && part !== '')
    .join('; ');
}

/** The operator of an action; empty for any other change. */
export function changedBy({ fields }: ShownChange): string {
  const who = (fields as Fields).action?.who;
  if (who === undefined) return '';
  if (who.account !== undefined) return text.incidents.byAccount(who.account);
  if (who.uid !== undefined) return text.incidents.byUid(who.uid);
  return text.incidents.bySignal(who.signal ?? who.via);
}

function parts(kind: string, fields: Fields, zone: string): readonly (string | undefined)[] {
  const { reload, breaker, calendar, shadow, action } = fields;
  switch (kind) {
    case 'start':
      return [words.started(fields.source ?? '', modeName(fields.mode)), policyWords(fields), unwatched(fields)];
    case 'stop':
      return [words.stopped(fields.asked === true)];
    case 'reload':
      return [
        words.results[reload?.result ?? ''] ?? reload?.result,
        reload?.change?.confirmed === true ? words.confirmed : undefined,
        policyWords(fields),
        ...limitWords(reload?.change),
      ];
    case 'breaker':
      if (breaker?.state === 'reset') return [words.reset];
      return [words.tripped(tripCause(breaker?.cause ?? '', breaker?.limit ?? null)), breaker?.rule ?? undefined];
    case 'harm':
      return [fields.harm?.reason];
    case 'calendar':
      return [
        words.calendar[calendar?.state ?? ''] ?? calendar?.state,
        calendar?.from === undefined ? undefined : words.from(zonedTime(Date.parse(calendar.from), zone)),
        ...limitWords(calendar),
      ];
    case 'shadow':
      return [words.shadow[shadow?.state ?? ''] ?? shadow?.state, shadow?.policy?.name];
    case 'action':
      return [
        words.actions[action?.what ?? ''] ?? action?.what,
        action?.title,
        action?.reason,
        action?.result === undefined ? undefined : words.result(action.result),
      ];
    case 'source':
      return [fields.state === 'back' ? words.back : words.silent(reasonIn(fields) ?? '')];
    case 'hit':
      return [words.hits(fields.new ?? 0, fields.rule ?? '')];
    default:
      return [reasonIn(fields) ?? undefined];
  }
}

function limitWords({ reasons = [], exceeded }: Limits = {}): readonly string[] {
  return exceeded?.map(text.change.reason) ?? reasons;
}

function modeName(mode: string | undefined): string {
  return (text.terms.modes[mode ?? ''] ?? mode ?? '').toLowerCase();
}

function policyWords({ policy }: Fields): string | undefined {
  return policy?.name === undefined ? undefined : words.policy(policy.name, policy.sha256 ?? '');
}

function unwatched({ unwatched_seconds: seconds = 0, after = '' }: Fields): string | undefined {
  return seconds === 0 ? undefined : words.unwatched(lengthWords(seconds * MS_PER_SECOND), words.after[after] ?? after);
}
