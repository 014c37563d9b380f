/**
 * A limit that a change of rules exceeds, in words: for events, logs and commands, and in the catalogue of the console,
 * whose pages get the numbers. Groups of fewer than five clients are not distinguished.
 */
import { clientsInWords } from '../core/small-group.ts';

export const EXCEEDED_LIMITS = ['registrations', 'registered', 'deregistered', 'breaker'] as const;

export interface ExcessNumbers {
  readonly limit: (typeof EXCEEDED_LIMITS)[number];
  /** Registrations for the first limit, else clients. */
  readonly seen: number;
  readonly allowed: number;
  /** The number that it is a part of; null where the limit is not about a part. */
  readonly of: number | null;
  /** The stage of flows that a limit of the breaker counts; null for any, and for other limits. */
  readonly stage: string | null;
  /** The window of a limit of the breaker, seconds; null for other limits. */
  readonly window: number | null;
}

export function excessWords({ limit, seen, allowed, of, stage, window }: ExcessNumbers): string {
  return `${WORDS[limit](seen, of ?? 0, stage ?? 'VPN', window ?? 0)}, ${allowed} may be`;
}

const WORDS: Readonly<
  Record<ExcessNumbers['limit'], (seen: number, of: number, stage: string, window: number) => string>
> = {
  registrations: (seen, of) => `${seen} of ${of} registrations in force would be lost`,
  registered: (seen) => `${clientsInWords(seen)} clients with a registration would be hit`,
  deregistered: (seen) => `${clientsInWords(seen)} clients would lose their registration and be hit`,
  breaker: (seen, of, stage, window) =>
    `${clientsInWords(seen)} of ${clientsInWords(of)} clients with ${stage} flows ` +
    `in the last ${window} s would newly be hit`,
};
