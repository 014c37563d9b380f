/**
 * Every change of an application: the action, the roles that may take it, the states in which it is possible, and the
 * state that it leads to. This table is the only place that says so: pages, routes and tests read it.
 */
import type { ActorRole } from './role.ts';
import type { State } from './state.ts';

/**
 * `before`: the state from which the application came into the present one. `same`: the state stays, and the change is
 * recorded.
 */
export type Target = State | 'before' | 'same';

export interface Transition {
  readonly roles: readonly ActorRole[];
  readonly from: readonly State[];
  readonly to: Target;
  /** It changes what the registry says, so it counts for the limit of one person's changes. */
  readonly changesRegistry?: boolean;
  /** Another person must have proposed it. */
  readonly needsProposal?: boolean;
  /** A reason from the list of the action must be given. */
  readonly needsReason?: boolean;
  /** A text must be given. */
  readonly needsText?: boolean;
}

/** States of an application that has not been decided. */
const OPEN = ['submitted', 'isp', 'review', 'question'] as const satisfies readonly State[];
const IN_REVIEW = ['submitted', 'review'] as const satisfies readonly State[];

const TABLE = {
  submit: { roles: ['applicant'], from: ['draft'], to: 'submitted' },
  // The ISP has an account here; or has none, and the reviewer asks it.
  forward: { roles: ['clock'], from: ['submitted'], to: 'isp' },
  'take-up': { roles: ['clock', 'reviewer'], from: ['submitted'], to: 'review' },
  confirm: { roles: ['isp'], from: ['isp'], to: 'review' },
  object: { roles: ['isp'], from: ['isp'], to: 'question', needsText: true },
  // The ISP does not answer.
  'take-over': { roles: ['reviewer'], from: ['isp'], to: 'review', needsText: true },
  ask: { roles: ['reviewer'], from: ['review', 'isp'], to: 'question', needsText: true },
  answer: { roles: ['applicant'], from: ['question'], to: 'before', needsText: true },
  approve: { roles: ['reviewer'], from: IN_REVIEW, to: 'approved', changesRegistry: true },
  refuse: { roles: ['reviewer'], from: [...IN_REVIEW, 'question'], to: 'refused', needsReason: true },
  abandon: { roles: ['applicant'], from: OPEN, to: 'withdrawn' },
  // A new application that is linked to this one.
  amend: { roles: ['applicant'], from: ['approved'], to: 'same' },
  renew: { roles: ['applicant'], from: ['approved', 'expired'], to: 'same' },
  // A leaked link must not cut a company off: 72 hours and the ISP's confirmation, whichever is later.
  'ask-withdrawal': { roles: ['applicant'], from: ['approved'], to: 'same' },
  'keep-registration': { roles: ['applicant'], from: ['approved'], to: 'same' },
  'confirm-withdrawal': { roles: ['isp', 'reviewer'], from: ['approved'], to: 'same', changesRegistry: true },
  withdraw: { roles: ['clock'], from: ['approved'], to: 'withdrawn', changesRegistry: true },
  expire: { roles: ['clock'], from: ['approved'], to: 'expired' },
  'propose-revocation': { roles: ['reviewer'], from: ['approved'], to: 'same', needsReason: true },
  'drop-revocation': { roles: ['reviewer'], from: ['approved'], to: 'same', needsProposal: true },
  revoke: {
    roles: ['reviewer'],
    from: ['approved'],
    to: 'revoked',
    changesRegistry: true,
    needsProposal: true,
  },
  appeal: { roles: ['applicant'], from: ['approved', 'refused', 'expired', 'revoked'], to: 'appeal', needsText: true },
  'answer-appeal': { roles: ['reviewer'], from: ['appeal'], to: 'before', needsText: true },
  // The decision was a mistake: it is reviewed again.
  reopen: { roles: ['reviewer'], from: ['appeal'], to: 'review', needsText: true },
  // The registration has a mistake, and is in force: it is mended at once.
  mend: { roles: ['reviewer'], from: ['appeal'], to: 'approved', changesRegistry: true, needsText: true },
} as const satisfies Readonly<Record<string, Transition>>;

export type Action = keyof typeof TABLE;

export const TRANSITIONS: Readonly<Record<Action, Transition>> = TABLE;
export const ACTION_NAMES = Object.keys(TABLE) as readonly Action[];

/** What an action is called on buttons. */
export const ACTION_TITLES: Readonly<Record<Action, string>> = {
  submit: 'Send the application',
  forward: 'Sent to the ISP',
  'take-up': 'Take up for review',
  confirm: 'Confirm the addresses',
  object: 'Say what is wrong',
  'take-over': 'Review without the ISP',
  ask: 'Ask the applicant',
  answer: 'Answer',
  approve: 'Approve',
  refuse: 'Refuse',
  abandon: 'Withdraw the application',
  amend: 'Change the registration',
  renew: 'Renew',
  'ask-withdrawal': 'Give the registration up',
  'keep-registration': 'Keep the registration after all',
  'confirm-withdrawal': 'Confirm that it is given up',
  withdraw: 'Given up',
  expire: 'Expired',
  'propose-revocation': 'Propose to revoke',
  'drop-revocation': 'Drop the proposal',
  revoke: 'Revoke',
  appeal: 'Appeal',
  'answer-appeal': 'Answer: the decision stays',
  reopen: 'Review again',
  mend: 'Mend the registration',
};

/** The state after an action. `before`: the state before the present one; null where it has none. */
export function stateAfter(action: Action, state: State, before: State | null): State {
  const { to } = TRANSITIONS[action];
  if (to === 'same') return state;
  return to === 'before' ? (before ?? 'review') : to;
}
