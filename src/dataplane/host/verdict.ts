/** The answer of a fingerprint. */
export const Verdict = { RULED_OUT: 0, UNDECIDED: 1, SUSPECTED: 2, CONFIRMED: 3 } as const;
export type Verdict = (typeof Verdict)[keyof typeof Verdict];
