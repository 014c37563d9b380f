import { describe, expect, it } from 'vitest';
import { type Actor, actionRefusal, type Standing } from '../../src/desk/model/permission.ts';
import { ACTOR_ROLES, type ActorRole } from '../../src/desk/model/role.ts';
import { STATE_NAMES, type State } from '../../src/desk/model/state.ts';
import { ACTION_NAMES, stateAfter } from '../../src/desk/model/transition.ts';

/** Written from the contract, apart from the program's table: role, state, and each action with the state after it. */
const EXPECTED = `
applicant draft      submit>submitted
applicant submitted  abandon>withdrawn
applicant isp        abandon>withdrawn
applicant review     abandon>withdrawn
applicant question   answer>review abandon>withdrawn
applicant approved   amend>approved renew>approved ask-withdrawal>approved keep-registration>approved appeal>appeal
applicant refused    appeal>appeal
applicant expired    renew>expired appeal>appeal
applicant revoked    appeal>appeal
isp       isp        confirm>review object>question
isp       approved   confirm-withdrawal>approved
reviewer  submitted  take-up>review approve>approved refuse>refused
reviewer  isp        take-over>review ask>question
reviewer  review     ask>question approve>approved refuse>refused
reviewer  question   refuse>refused
reviewer  approved   confirm-withdrawal>approved propose-revocation>approved drop-revocation>approved revoke>revoked
reviewer  appeal     answer-appeal>review reopen>review mend>approved
clock     submitted  forward>isp take-up>review
clock     approved   withdraw>withdrawn expire>expired
`;

const expected = new Map(
  EXPECTED.trim()
    .split('\n')
    .flatMap((line) => {
      const [role, state, ...actions] = line.split(/\s+/);
      return actions.map((one) => {
        const [action, to] = one.split('>');
        return [`${role!} ${state!} ${action!}`, to!] as const;
      });
    }),
);

function actor(role: ActorRole, name = 'anna'): Actor {
  return { role, name, isps: role === 'isp' ? ['north'] : [] };
}

/** The circumstances in which as much as possible is allowed in a state. */
function standings(state: State): Standing[] {
  const plain = {
    state,
    before: 'review',
    isp: 'north',
    proposedBy: null,
    decidedBy: null,
    isWithdrawing: false,
    isChange: false,
  } as const;
  return [
    plain,
    { ...plain, before: 'approved' },
    { ...plain, proposedBy: 'boris' },
    { ...plain, isWithdrawing: true },
  ];
}

describe('an action', () => {
  const cases = ACTOR_ROLES.flatMap((role) =>
    STATE_NAMES.flatMap((state) => ACTION_NAMES.map((action) => [role, state, action] as const)),
  );

  it.each(cases)(
    'of %s in state %s: %s is allowed where the contract has it, and nowhere else',
    (role, state, action) => {
      const isPossible = standings(state).some((one) => actionRefusal(action, actor(role), one) === null);
      const to = expected.get(`${role} ${state} ${action}`);
      expect(isPossible).toBe(to !== undefined);
      if (to !== undefined) expect(stateAfter(action, state, 'review')).toBe(to);
    },
  );

  it('is in the expected table once for each that the program has', () => {
    const named = new Set([...expected.keys()].map((key) => key.split(' ')[2]));
    expect([...named].sort()).toEqual([...ACTION_NAMES].sort());
  });

  const base: Standing = {
    state: 'approved',
    before: 'review',
    isp: 'north',
    proposedBy: 'anna',
    decidedBy: 'anna',
    isWithdrawing: false,
    isChange: false,
  };

  it('that needs two people is refused to the first of them', () => {
    expect(actionRefusal('revoke', actor('reviewer', 'anna'), base)?.status).toBe(403);
    expect(actionRefusal('revoke', actor('reviewer', 'boris'), base)).toBeNull();
    const appeal: Standing = { ...base, state: 'appeal', before: 'refused' };
    expect(actionRefusal('reopen', actor('reviewer', 'anna'), appeal)?.status).toBe(403);
    expect(actionRefusal('reopen', actor('reviewer', 'boris'), appeal)).toBeNull();
    expect(actionRefusal('answer-appeal', actor('reviewer', 'anna'), appeal)?.status).toBe(403);
  });

  it('of another ISP is answered as if the application did not exist', () => {
    const foreign: Standing = { ...base, state: 'isp', isp: 'south' };
    for (const action of ACTION_NAMES) expect(actionRefusal(action, actor('isp'), foreign)?.status).toBe(404);
  });
});
