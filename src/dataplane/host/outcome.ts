/** What simulated enforcement does to a packet. Packets of flows without a decision are forwarded. */
export const Outcome = { FORWARDED: 0, DELAYED: 1, DROPPED: 2 } as const;
export type Outcome = (typeof Outcome)[keyof typeof Outcome];
export const OUTCOME_NAMES = ['forwarded', 'delayed', 'dropped'] as const;
