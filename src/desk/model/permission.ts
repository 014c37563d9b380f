/**
 * Whether an actor may take an action on an application. Everything that is refused is refused here, with the status of
 * HTTP and a sentence for the reader.
 */
import { isSamePerson } from './person.ts';
import type { ActorRole } from './role.ts';
import type { State } from './state.ts';
import { type Action, ACTION_TITLES, TRANSITIONS } from './transition.ts';

/** The one who acts. */
export interface Actor {
  readonly role: ActorRole;
  /** The account; for an applicant `applicant`, for the desk itself `clock`. */
  readonly name: string;
  /** The internet providers that an account of role `isp` acts for; empty for others. */
  readonly isps: readonly string[];
}

export const CLOCK: Actor = { role: 'clock', name: 'clock', isps: [] };
export const APPLICANT: Actor = { role: 'applicant', name: 'applicant', isps: [] };

/** What the rules must know of an application. */
export interface Standing {
  readonly state: State;
  /** The state before the present one. */
  readonly before: State | null;
  readonly isp: string;
  /** The account that has proposed to revoke it; null without a proposal. */
  readonly proposedBy: string | null;
  /** The account that refused or revoked it, or null: an appeal is not decided by the same person. */
  readonly decidedBy: string | null;
  /** The applicant has asked to give it up. */
  readonly isWithdrawing: boolean;
  /** It changes or renews a registration, which has an application of its own. */
  readonly isChange: boolean;
}

export interface Refused {
  readonly status: 403 | 404 | 409;
  readonly problem: string;
}

/** May the actor see the application at all? Staff except the ISPs see all; an ISP sees its own. */
export function maySee({ role, isps }: Actor, isp: string): boolean {
  if (role === 'isp') return isps.includes(isp);
  return role !== 'public';
}

/** Null where the action is allowed. */
export function actionRefusal(action: Action, actor: Actor, application: Standing): Refused | null {
  const { roles, from, needsProposal = false } = TRANSITIONS[action];
  // What another ISP has does not exist for this one.
  if (!maySee(actor, application.isp)) return { status: 404, problem: 'there is no such application here' };
  if (!roles.includes(actor.role))
    return { status: 403, problem: `your role may not do this: ${ACTION_TITLES[action]}` };
  if (!from.includes(application.state))
    return { status: 409, problem: `${ACTION_TITLES[action]}: not possible in the present state` };
  // What it asked is a part of its registration now, and only that has rows in the registry.
  if (application.isChange && application.state === 'approved')
    return { status: 409, problem: 'this change is a part of its registration now: act on the registration' };
  if (needsProposal && application.proposedBy === null)
    return { status: 409, problem: 'no reviewer has proposed to revoke this registration' };
  return personRefusal(action, actor, application);
}

/** What two different people must do. */
function personRefusal(action: Action, { name }: Actor, application: Standing): Refused | null {
  const { proposedBy, decidedBy, before, isWithdrawing } = application;
  switch (action) {
    case 'revoke':
      return isSamePerson(proposedBy, name)
        ? { status: 403, problem: 'another reviewer must confirm what you proposed' }
        : null;
    case 'propose-revocation':
      return proposedBy === null ? null : { status: 409, problem: 'it is proposed already' };
    case 'answer-appeal':
    case 'reopen':
      if (isSamePerson(decidedBy, name))
        return { status: 403, problem: 'another reviewer must look at an appeal against your decision' };
      return action === 'reopen' && before === 'approved'
        ? { status: 409, problem: 'the registration is in force: mend it, or answer' }
        : null;
    case 'mend':
      return before === 'approved' ? null : { status: 409, problem: 'it is not in force: review it again' };
    case 'ask-withdrawal':
      return isWithdrawing ? { status: 409, problem: 'it is being given up already' } : null;
    case 'keep-registration':
    case 'confirm-withdrawal':
    case 'withdraw':
      return isWithdrawing ? null : { status: 409, problem: 'the applicant has not asked to give it up' };
    default:
      return null;
  }
}

/** The actions that the actor may take now, in the order of the table. */
export function allowedActions(actor: Actor, application: Standing): readonly Action[] {
  return (Object.keys(TRANSITIONS) as Action[]).filter((action) => actionRefusal(action, actor, application) === null);
}
