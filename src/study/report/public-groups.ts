/**
 * Groups of clients as a public report shows them: rounded to 5, and below 5 as "<5". What a small group has is added
 * to the first group that is shown by its number, so that no subtraction reveals it: every number that is shown would
 * be the same, whether the small group has 1, 2, 3 or 4 clients. Where the first group is too small for that, nothing
 * is shown.
 */
import { SMALLEST_GROUP } from './figure-text.ts';

export interface Group {
  readonly label: string;
  /** Distinct clients, and their flows: a client has at least one. */
  readonly clients: number;
  readonly flows: number;
}

export interface PublicGroup {
  readonly label: string;
  /** Rounded; null for a group below 5. */
  readonly shown: { readonly clients: number; readonly flows: number } | null;
  /** The numbers of the groups below 5 are added to it. */
  readonly includesSmall: boolean;
}

const LARGEST_SMALL = SMALLEST_GROUP - 1;

/** The groups in their order; null if they may not be shown. */
export function publicGroups(groups: readonly Group[]): PublicGroup[] | null {
  const small = groups.filter(({ clients }) => clients > 0 && clients < SMALLEST_GROUP);
  const first = groups.find(({ clients }) => clients >= SMALLEST_GROUP);
  const clients = sum([first, ...small].map((group) => group?.clients ?? 0));
  const flows = sum([first, ...small].map((group) => group?.flows ?? 0));
  // The first group is one of 5 or more, however the clients are shared out between it and the small ones.
  if (small.length > 0 && (first === undefined || clients < SMALLEST_GROUP + LARGEST_SMALL * small.length)) return null;
  return groups.map((group) => {
    const { label } = group;
    if (small.includes(group)) return { label, shown: null, includesSmall: false };
    const isFirst = group === first;
    const numbers = isFirst ? { clients, flows } : group;
    const shown = { clients: rounded(numbers.clients), flows: rounded(numbers.flows) };
    return { label, shown, includesSmall: isFirst && small.length > 0 };
  });
}

/** To the nearest multiple of 5. */
export function rounded(value: number): number {
  return SMALLEST_GROUP * Math.round(value / SMALLEST_GROUP);
}

/** A number as a public report shows it. */
export function publicText(value: number): string {
  if (value > 0 && value < SMALLEST_GROUP) return '<5';
  return rounded(value).toLocaleString('en-US');
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
