/** Texts of the calendar: what dates will change. */
import { number as count } from '../../../../core/count-text.ts';

const many = (value: number, one: string, more: string): string => `${count(value)} ${value === 1 ? one : more}`;
const listed = (parts: readonly string[]): string =>
  parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)!}`;

export const calendar = {
  title: 'What dates will change',
  nothing: (until: string): string => `No date changes anything before ${until}.`,
  more: 'There are more dates, which are not listed.',
  basis: (time: string): string => `Tried on the flows of the hour before ${time}.`,
  expire: (value: number): string => many(value, 'registration expires', 'registrations expire'),
  begin: (value: number): string => many(value, 'registration begins', 'registrations begin'),
  ruleBegins: (name: string): string => `rule ${name} begins`,
  ruleEnds: (name: string): string => `rule ${name} ends`,
  moreRules: (value: number): string => `${count(value)} more rules begin or end`,
  sentence: (parts: readonly string[]): string => {
    const text = listed(parts);
    return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
  },
  lost: (value: string): string => `${value} registrations are lost.`,
  newlyHit: (clients: string): string => `${clients} clients would newly be hit`,
  noneHit: 'No client would newly be hit',
  registered: (clients: string): string => `${clients} of them with a registration`,
  deregistered: (clients: string): string => `${clients} of them lose their registration`,
  noLongerHit: (clients: string): string => `${clients} would no longer be hit`,
  states: {
    ahead: 'Takes effect by itself',
    'needs-confirmation': 'Needs a confirmation',
    confirmed: 'Confirmed',
    held: 'Held',
  } as Record<string, string>,
  held: 'Its time has come. The decisions before it stand until an operator confirms it.',
  confirm: 'Confirm this date…',
  later: (dates: string): string => `${dates} later dates`,
  confirmLater: 'An operator can confirm it from a day before it on.',
};
