/** A registration as callers of the registry see it: its index, its fields, and whether it is in force. */

import type { ScopeName } from './scope.ts';

/** The index that means no registration: the result of `covers` where none is in force. */
export const NO_REGISTRATION = -1;

/** The validity of a registration at a packet time for a protocol: in force, or why it is not. */
export const Validity = { IN_FORCE: 0, NOT_YET_VALID: 1, EXPIRED: 2, OTHER_PROTOCOL: 3 } as const;
export type Validity = (typeof Validity)[keyof typeof Validity];

export const VALIDITY_NAMES = ['in-force', 'not-yet-valid', 'expired', 'other-protocol'] as const;

/** One registration as texts and numbers, for people and events. Times are µs since 1970; null where open. */
export interface Registration {
  readonly index: number;
  readonly line: number;
  readonly prefix: string;
  readonly holder: string;
  readonly sector: string;
  /** Empty for any. */
  readonly protocols: readonly string[];
  readonly validFromUs: number | null;
  readonly validUntilUs: number | null;
  readonly reference: string;
  /** At which end of a flow it counts (scope.ts); empty for either. */
  readonly scope: ScopeName;
}

/** A registration that covers an address, and its validity. */
export interface Coverage {
  readonly index: number;
  readonly validity: Validity;
}
